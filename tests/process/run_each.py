"""Run several commands, each in a process of its own that has done the imports already.

The words of the commands come as JSON. For each it prints a line of JSON: exit status and output.
"""

from __future__ import annotations

import json
import os
import sys
import traceback

import alembic.command
import asyncpg
import sqlalchemy.dialects.postgresql.asyncpg

from bot.__main__ import main
from bot.cli.entry import main as _

__all__ = ["_", "alembic", "asyncpg", "sqlalchemy"]


def run(words: list[str]) -> tuple[int, str]:
    """Return the exit status of one command, and all that it wrote."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(reading)
        status = 1
        try:
            status = main(words)
        except BaseException:  # noqa: BLE001 - as Python itself would end the program
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8", errors="replace") as output:
        said = output.read()
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said


if __name__ == "__main__":
    for words in json.loads(sys.argv[1]):
        sys.stdout.write(json.dumps(run(words)) + "\n")
        sys.stdout.flush()
