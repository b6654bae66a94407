"""Fork server: has imported the bot once, and forks a Python whenever a test wants a process.

A fresh interpreter imports for a second or two; a fork takes milliseconds and shares nothing else.
Its standard input is a socket. Each message on it is a JSON object (arguments, environment, folder)
with two files: one for what the program writes, one that is told its number and how it ended. When
the socket closes, so does the server.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import runpy
import socket
import sys
import threading
from contextlib import suppress

import bot.cli
from bot.extensions import EXTENSIONS

LATE = (
    "aiosqlite",
    "alembic.command",
    "asyncpg",
    "bot.cli.entry",
    "bot.discord_checkup",
    "bot.start",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
)
"""What programs import when they come to need it, with what that needs."""
MOST_BYTES = 1 << 16


def next_program() -> tuple[list[str], str] | None:
    """Return in each new process what it is to run and where; in the server ``None`` at its end."""
    with socket.socket(fileno=0) as wishes:
        while True:
            data, files, _, _ = socket.recv_fds(wishes, MOST_BYTES, 2)
            if not data:
                return None
            if os.fork() == 0:
                break
            for file in files:
                os.close(file)
    wish, (output, news) = json.loads(data), files
    if (pid := os.fork()) != 0:
        keep(pid, output, news)
    os.close(news)
    for number, file in enumerate((os.open(os.devnull, os.O_RDONLY), output, output)):
        os.dup2(file, number)
    os.close(output)
    os.environ.clear()
    os.environ.update(wish["environment"])
    return wish["arguments"], wish["folder"]


def keep(pid: int, output: int, news: int) -> None:
    """Be a program's parent, and tell its number and its end."""
    os.close(output)
    os.write(news, b"%d\n" % pid)
    _, status = os.waitpid(pid, 0)
    os.write(news, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def run(arguments: list[str], folder: str) -> None:
    """Do what ``python <arguments>`` does."""
    os.chdir(folder)
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def leave(code: int) -> None:
    """End this process as Python does, but for taking all that was imported apart again."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    commands = [f"bot.cli.{module.name}" for module in pkgutil.iter_modules(bot.cli.__path__)]
    for name in (*LATE, *EXTENSIONS, *commands):
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    if (program := next_program()) is not None:
        try:
            run(*program)
        except SystemExit as exc:
            if isinstance(exc.code, int):
                leave(exc.code)
            raise
    else:
        with suppress(ChildProcessError):
            while True:
                os.wait()
        leave(0)
