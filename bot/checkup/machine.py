"""Looks at this machine: versions, the data folder and its disk, and what reads clips."""

from __future__ import annotations

import asyncio
import errno
import importlib.metadata
import os
import platform
import shutil
import socket
import stat
import sys
import tempfile
from typing import TYPE_CHECKING, Any, Final

from bot import __version__
from bot.domain.units import MEBIBYTE
from bot.errors import MediaError
from bot.media.confinement import PROMISES, holds
from bot.media.process_pool import ProcessPool
from bot.system.status import STALE_SECONDS, read_status, status_path

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from bot.checkup.finding import CheckSection, Diagnosis
    from bot.settings import Settings

_LIBRARIES: Final = ("discord.py", "SQLAlchemy", "aiohttp", "av", "pillow")
_LOW_BYTES: Final = 512 * MEBIBYTE
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


async def versions(section: CheckSection) -> AsyncIterator[Diagnosis]:
    """Name the program, Python, the system, and the libraries that matter."""
    libraries = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _LIBRARIES)
    yield section.ok(
        f"Restyle {__version__}, Python {platform.python_version()} on {platform.system()} "
        f"{platform.release()}; {libraries}"
    )


class Machine:
    """The folder and the processes of one bot."""

    def __init__(self, settings: Settings, *, now: float) -> None:
        self._settings = settings
        self._now = now

    async def process(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Say whether a bot runs with this data folder, and what it says of itself."""
        path = status_path(self._settings.data_dir, self._settings.shards)
        try:
            facts = read_status(path)
        except (OSError, ValueError) as exc:
            yield section.broken(f"{path} cannot be read: {exc}", "Check its permissions.")
            return
        if facts is None:
            yield section.ok("no bot is running with this data folder")
            return
        silent = self._now - facts["written_at"]
        if silent > STALE_SECONDS:
            yield section.broken(
                f"process {facts['pid']} hangs or was killed: silent for {silent:.0f} s",
                "Restart the bot; no job is lost.",
            )
            return
        phase = facts["phase"]
        detail = f", {facts['waiting_for']}" if phase == "starting" else ""
        name = f"Restyle {facts['version']} is running as process {facts['pid']}"
        yield section.ok(f"{name}: {phase}{detail}")
        for one in facts["conditions"]:
            make = section.broken if one["grave"] else section.warning
            yield make(f"it reports: {one['kind']}", one["text"])

    async def disk(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Look at the data folder: may it be written, by whom else read, and how full is it."""
        folder = self._settings.data_dir
        if not folder.exists():
            yield section.ok(f"{folder} does not exist yet; the first start creates it")
            folder = _nearest(folder)
        elif not folder.is_dir():
            yield section.broken(f"{folder} is not a folder", "Name a folder in DATA_DIR.")
            return
        try:
            with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-"):
                pass
        except OSError as exc:
            yield section.broken(
                f"{folder} cannot be written: {exc.strerror}",
                "Make the user that the bot runs as its owner, or make room on its disk.",
            )
        free = shutil.disk_usage(folder).free
        text = f"{free / MEBIBYTE / 1024:.1f} GiB free on the disk of DATA_DIR"
        if free < _LOW_BYTES:
            yield section.broken(text, "Make room there: a full disk stops everything.")
        elif free < self._settings.scratch_bytes:
            yield section.warning(
                f"{text}, less than SCRATCH_MB={self._settings.scratch_mb:g} allows",
                "Lower SCRATCH_MB, or make room.",
            )
        else:
            yield section.ok(text)
        if sys.platform != "win32" and folder == self._settings.data_dir:
            mode = folder.stat().st_mode
            if mode & _OTHERS & ~(stat.S_IXGRP | stat.S_IXOTH):
                yield section.warning(
                    f"other users of this machine can read {folder}",
                    f"Run chmod 700 {folder}",
                )

    async def ports(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Look at the one address on which the bot may listen."""
        address = self._settings.metrics_address
        if not address:
            yield section.ok("none is open: METRICS_ADDRESS is not set")
            return
        host, port = self._settings.metrics_place
        facts = _status_of(self._settings)
        try:
            with socket.create_server(
                (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
            ):
                pass
        except OSError as exc:
            if exc.errno == errno.EADDRINUSE and facts is not None:
                yield section.ok(f"{address} is in use, and a bot is running here")
            else:
                yield section.broken(
                    f"the bot cannot listen on {address}: {exc.strerror or exc}",
                    "In METRICS_ADDRESS, name a free port on an address of this machine.",
                )
            return
        if facts is None:
            yield section.ok(f"{address} is free")
        else:
            yield section.warning(f"nothing is listening on {address}", "Restart the bot.")

    async def clips(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Look at what reads clips: the processes, what they are kept from, and the decoders."""
        pool = ProcessPool(processes=1)
        try:
            kept = await holds(pool)
        except MediaError as exc:
            yield section.broken(
                f"clips cannot be read: {exc}",
                "Reinstall the program (`pip install --no-deps --require-hashes -r "
                "requirements/run.txt`); in a container, allow it to start processes.",
            )
            return
        gaps = [PROMISES[name] for name, is_kept in kept.items() if not is_kept]
        if gaps:
            yield section.warning(
                f"nothing ensures that a process hijacked by a clip {'; '.join(gaps)}",
                "docs/media.md says what the system needs for that.",
            )
        else:
            yield section.ok("a process hijacked by a clip can reach nothing but that clip")
        missing = await asyncio.to_thread(_missing_decoders)
        if missing:
            yield section.warning(
                f"this FFmpeg cannot read {', '.join(missing)}", "Use PyAV's own wheel."
            )
        else:
            yield section.ok("every accepted kind of clip can be read")
        cores = os.cpu_count() or 1
        if self._settings.media_processes > cores:
            yield section.warning(
                f"MEDIA_PROCESSES={self._settings.media_processes}, but there are {cores} cores",
                f"Set MEDIA_PROCESSES={cores}.",
            )


def _status_of(settings: Settings) -> dict[str, Any] | None:
    try:
        return read_status(status_path(settings.data_dir, settings.shards))
    except (OSError, ValueError):
        return None


def _nearest(folder: Path) -> Path:
    """Return the folder in which a missing one would be made."""
    return next(parent for parent in folder.absolute().parents if parent.exists())


def _missing_decoders() -> list[str]:
    from av.codec import Codec
    from av.codec.codec import UnknownCodecError

    from bot.media.worker.codecs import VIDEO_DECODERS

    missing = []
    for name in sorted(VIDEO_DECODERS):
        try:
            Codec(name, "r")
        except UnknownCodecError:
            missing.append(name)
    return missing
