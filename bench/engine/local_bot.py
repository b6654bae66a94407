"""The whole bot as a process that is led to a local Discord and a local provider."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bench.engine.rig import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping

    from tests.fakes import DiscordServer

_ROOT: Final = Path(__file__).parents[2]
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES: Final = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class LocalBot:
    """A running bot, seen from outside."""

    pid: int
    ready_seconds: float
    """From its start until every server was told to it and its commands were known."""

    def cpu_seconds(self) -> float:
        """Return what it used until now, with its children that have ended."""
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        return sum(map(int, stat.rpartition(")")[2].split()[11:15])) / _TICKS

    def resident_bytes(self) -> int:
        """Return its memory that is in RAM, without its children's."""
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * _PAGE_BYTES


@asynccontextmanager
async def local_bot(
    server: DiscordServer,
    *,
    cores: Collection[int],
    base_url: str,
    folder: Path,
    more: Mapping[str, str] | None = None,
) -> AsyncIterator[LocalBot]:
    """Start the bot and yield it once it is ready and its commands are known; kill it at the end.

    Args:
        server: The Discord that it connects to.
        cores: Which it may use; empty means any.
        base_url: The provider's address.
        folder: Its data folder.
        more: Further settings.

    Raises:
        RuntimeError: It ended before it was ready.
    """
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(_ROOT),
        "LOCAL_DISCORD_API": server.api_url,
        "LOCAL_DISCORD_GATEWAY": server.gateway_url,
        "DISCORD_TOKEN": server.token,
        "COMETAPI_KEY": KEY,
        "COMETAPI_BASE_URL": base_url,
        "DATA_DIR": str(folder),
        "LOG_LEVEL": "WARNING",
        **(more or {}),
    }
    begun = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(_ROOT / "tests" / "process" / "run_bot.py")),
        cwd=folder,
        env=environment,
        preexec_fn=(lambda: os.sched_setaffinity(0, cores)) if cores else None,
    )
    try:
        await server.until(
            lambda: process.returncode is not None or (server.gateway.ready and server.commands),
            seconds=120,
        )
        if process.returncode is not None:
            raise RuntimeError("the bot did not start")
        yield LocalBot(process.pid, time.perf_counter() - begun)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
