"""Start, watch and end processes of this project."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from tests.process.forks import FORKS, ROOT, Forked, whole

if TYPE_CHECKING:
    import signal
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path


class Program:
    """A running Python process; what it writes is kept as :attr:`output`."""

    def __init__(self, process: asyncio.subprocess.Process | Forked) -> None:
        self._process = process
        self.output = ""
        self._news = asyncio.Event()
        self._reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self._process.stdout is not None
        while data := await self._process.stdout.readline():
            self.output += data.decode(errors="replace")
            self._news.set()
        self._news.set()

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """The exit code; ``None`` while it runs."""
        return self._process.returncode

    async def says(self, text: str, *, seconds: float = 60) -> None:
        """Wait until ``text`` was written.

        Raises:
            AssertionError: It ended or the time passed without.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while text not in self.output and not self._reader.done():
                    self._news.clear()
                    await self._news.wait()
        assert text in self.output, f"never said {text!r}:\n{self.output}"

    async def ends(self, *, seconds: float = 60) -> int:
        """Wait for its end and return the exit code.

        Raises:
            AssertionError: It did not end in time.
        """
        try:
            async with asyncio.timeout(seconds):
                code = await self._process.wait()
                await self._reader
        except TimeoutError:
            raise AssertionError(f"still running after {seconds} s:\n{self.output}") from None
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal."""
        self._process.send_signal(number)

    async def kill(self) -> None:
        """End it with SIGKILL and wait for that."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        await self._reader


@asynccontextmanager
async def program(
    *arguments: str, environment: Mapping[str, str], folder: Path = ROOT, fresh: bool = False
) -> AsyncIterator[Program]:
    """Start ``python <arguments>`` with only this environment; kill it at the end.

    It comes from the fork server, with the imports done, unless ``fresh``: then it does them
    itself, which takes most of the time of a start.
    """
    if fresh:
        process: asyncio.subprocess.Process | Forked = await asyncio.create_subprocess_exec(
            *(sys.executable, *arguments),
            cwd=folder,
            env=whole(environment),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
    else:
        process = await FORKS.start(arguments, environment=whole(environment), folder=folder)
    running = Program(process)
    try:
        yield running
    finally:
        await running.kill()
