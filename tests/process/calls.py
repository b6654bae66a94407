"""Calls of ``python -m bot COMMAND``, as an operator makes them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.process.processes import ROOT, program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ENVIRONMENT = {"DISCORD_TOKEN": "token-of-the-bot", "COMETAPI_KEY": "key-of-the-account"}


async def call(folder: Path, *words: str, ends_with: int = 0, **environment: str) -> str:
    """Run the command in ``folder`` to its end, and return what it wrote.

    Raises:
        AssertionError: It ended with another status than ``ends_with``, or with a traceback.
    """
    given = {**ENVIRONMENT, **environment}
    async with program("-m", "bot", *words, environment=given, folder=folder) as run:
        assert await run.ends() == ends_with, run.output
    assert "Traceback" not in run.output
    return run.output


async def call_each(
    folder: Path, *commands: Sequence[str], **environment: str
) -> list[tuple[int, str]]:
    """Run several commands one after the other; return each one's exit status and what it wrote.

    They share the imports, which take most of the time of a command, and nothing else.
    """
    runner = str(ROOT / "tests" / "process" / "run_each.py")
    given = {**ENVIRONMENT, **environment}
    async with program(runner, json.dumps(commands), environment=given, folder=folder) as run:
        assert await run.ends() == 0, run.output
    assert "Traceback" not in run.output
    return [(status, said) for status, said in map(json.loads, run.output.splitlines())]
