"""Start, watch, kill and freeze the processes that the fork server makes."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240.0
"""After this a process is stuck, also on a machine that is busy with something else."""


class ChaosError(Exception):
    """The harness itself went wrong, or a process ended as none of its tests wanted."""


class Child:
    """One process.

    Attributes:
        log: The file with what it wrote.
        facts: What it told when it was ready.
        pid: The operating system's number; 0 before it is born.
    """

    def __init__(self, log: Path) -> None:
        self.log = log
        self.facts: Mapping[str, Any] = {}
        self.pid = 0
        self._code: int | None = None
        self._started = asyncio.Event()
        self._ready = asyncio.Event()
        self._stopped = asyncio.Event()
        self._ended = asyncio.Event()

    def take(self, news: dict[str, Any]) -> None:
        """Take note of a line of the fork server."""
        match news["event"]:
            case "started":
                self.pid = news["pid"]
                self._started.set()
            case "ready":
                self.facts = news
                self._ready.set()
            case "stopped":
                self._stopped.set()
            case "ended":
                self._code = news["code"]
                for event in (self._ready, self._stopped, self._ended):
                    event.set()

    async def ready(self) -> None:
        """Wait until it is at work, or has ended before that."""
        await self._ready.wait()

    async def ended(self, seconds: float) -> int | None:
        """Wait for its end and return the exit code; ``None`` if it takes longer.

        For a signal that is minus its number.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        return self._code

    async def stopped(self, seconds: float) -> bool:
        """Wait until it is frozen; ``False`` if it ended instead, or too much time passed."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopped.wait()
        return self._stopped.is_set() and not self._ended.is_set()

    async def signal(self, number: signal.Signals) -> None:
        """Send a signal to it, unless it has ended."""
        await self._started.wait()
        if not self._ended.is_set():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def kill(self) -> int:
        """End it with SIGKILL; return how it ended, which may have been before."""
        await self.signal(signal.SIGKILL)
        await self._ended.wait()
        return self._code if self._code is not None else 1

    def tail(self) -> str:
        """Return the end of its log."""
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-15:])


class ForkServer:
    """The other end of :mod:`bench.chaos.forkserver`; an async context manager.

    Args:
        folder: For logs, data and temporary files; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        self._children: dict[int, Child] = {}
        self._open = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "bench.chaos.forkserver"),
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,  # an interrupt is for us; we end the others
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise ChaosError("the fork server has no pipes")
        self._input = self._process.stdin
        self._reader = asyncio.create_task(self._read(self._process.stdout))
        opened = asyncio.create_task(self._open.wait())
        await asyncio.wait([opened, self._reader], return_when=asyncio.FIRST_COMPLETED)
        if not opened.done():
            opened.cancel()
            raise ChaosError("the fork server did not start")
        return self

    async def __aexit__(self, *_: object) -> None:
        self._input.close()
        await self._process.wait()
        await self._reader

    async def _read(self, output: asyncio.StreamReader) -> None:
        while line := await output.readline():
            news = json.loads(line)
            if news["event"] == "open":
                self._open.set()
            else:
                self._children[news["id"]].take(news)

    def start(self, kind: str, name: str, **wish: Any) -> Child:  # noqa: ANN401 - any JSON
        """Have a process born; it is called ``name`` in the folder of logs."""
        number = next(self._numbers)
        child = self._children[number] = Child(self.folder / f"{name}.log")
        temporary = self.folder / "temporary"
        temporary.mkdir(parents=True, exist_ok=True)
        wish |= {"id": number, "kind": kind, "log": str(child.log), "temporary": str(temporary)}
        self._input.write(json.dumps(wish).encode() + b"\n")
        return child
