"""The plain ``ffmpeg`` command line, told to do what a plan says."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.media.worker.encoder import bits_for
from bot.media.worker.sound_track import SOUND_BITS
from bot.media.worker.tracks import THREADS
from bot.requests.clip_plan import Mode, Plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# How people bring HDR to ordinary screens with a command line.
_TONE_MAP: Final = (
    "zscale=transfer=linear:npl=203,format=gbrpf32le,zscale=primaries=bt709,tonemap=hable,"
    "zscale=transfer=bt709:matrix=bt709:range=limited"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one piece of work took."""

    wall_seconds: float
    cpu_seconds: float
    """Of all processes and threads together."""
    size_bytes: int


def command(ffmpeg: str, source: Path, target: Path, plan: Plan) -> list[str]:
    """Return the command line that makes of ``source`` what the plan says."""
    words = [
        *(ffmpeg, "-hide_banner", "-loglevel", "error", "-nostdin", "-y"),
        *("-threads", str(THREADS), "-ss", f"{plan.start_seconds:g}"),
        *("-i", str(source), "-t", f"{plan.seconds:g}"),
    ]
    if plan.mode is Mode.COPY:
        words += ["-c", "copy"]
    else:
        rate = f"{bits_for(plan.max_bytes, plan.seconds, sound_bits=SOUND_BITS):.0f}"
        words += [
            *("-vf", ",".join(_filters(plan)), "-c:v", "libx264", "-preset", "veryfast"),
            *("-crf", "20", "-maxrate", rate, "-bufsize", rate, "-threads", str(THREADS)),
            *("-c:a", "aac", "-b:a", str(SOUND_BITS), "-ar", "48000"),
        ]
    return [*words, "-movflags", "+faststart", str(target)]


def _filters(plan: Plan) -> list[str]:
    rate = [f"fps={plan.fps:g}"] if plan.fps is not None else []
    tone_map = [_TONE_MAP] if plan.tone_map else []
    scale = f"scale={plan.width}:{plan.height}:flags=bicubic"
    return [*rate, scale, *tone_map, "setsar=1", "format=yuv420p"]


async def run(words: Sequence[str], target: Path) -> Cost:
    """Run a command as politely as our own processes, and tell what it took.

    Raises:
        RuntimeError: It failed.
    """
    return await asyncio.to_thread(_run, words, target)


def _run(words: Sequence[str], target: Path) -> Cost:
    begun = time.perf_counter()
    child = os.posix_spawnp("nice", ["nice", "-n", "10", *words], os.environ)
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - begun
    if status != 0:
        raise RuntimeError(f"{' '.join(words)}: {os.waitstatus_to_exitcode(status)}")
    return Cost(
        wall_seconds=wall,
        cpu_seconds=used.ru_utime + used.ru_stime,
        size_bytes=target.stat().st_size,
    )
