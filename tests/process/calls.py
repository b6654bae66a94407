"""Calls of ``python -m bot COMMAND``, as an operator makes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.process.processes import program

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ENVIRONMENT = {"DISCORD_TOKEN": "token-of-the-bot", "COMETAPI_KEY": "key-of-the-account"}


async def call(folder: Path, *words: str, ends_with: int = 0, **environment: str) -> str:
    """Run the command in ``folder`` to its end, and return what it wrote.

    Raises:
        AssertionError: It ended with another status than ``ends_with``, or with a traceback.
    """
    [(status, said)] = await call_each(folder, words, **environment)
    assert status == ends_with, said
    return said


async def call_each(
    folder: Path, *commands: Sequence[str], **environment: str
) -> list[tuple[int, str]]:
    """Run several commands one after the other; return each one's exit status and what it wrote."""
    given = {**ENVIRONMENT, **environment}
    found = []
    for words in commands:
        async with program("-m", "bot", *words, environment=given, folder=folder) as run:
            found.append((await run.ends(), run.output))
        assert "Traceback" not in run.output
    return found
