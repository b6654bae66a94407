"""One call of ``python -m bot COMMAND``, as an operator makes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.process.processes import program

if TYPE_CHECKING:
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
