"""A studio that copies where the bot's own decodes: the chaos is about jobs, not about clips."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from bot.engine.studio import Source
    from bot.requests.clip_plan import Plan


class CopyingStudio:
    """Takes no time worth mentioning, so that kills hit the engine and not an encoder."""

    async def prepare(self, source: Path, target: Path, plan: Plan) -> None:
        """Copy the clip."""
        shutil.copyfile(source, target)

    async def convert_reference(self, source: Path, folder: Path) -> Path:
        """Copy the picture."""
        return shutil.copyfile(source, folder / "reference.png")

    async def fit(self, source: Path, target: Path, *, max_bytes: int) -> None:
        """Copy the video."""
        shutil.copyfile(source, target)

    async def has_sound(self, video: Path) -> bool:
        """Hear nothing."""
        return False

    async def add_sound(
        self, source: Source, output: Path, target: Path, *, max_bytes: int
    ) -> None:
        """Copy the output."""
        shutil.copyfile(output, target)

    async def picture(self, source: Source, output: Path, target: Path) -> None:
        """Write something of a picture's size."""
        await asyncio.to_thread(target.write_bytes, bytes(20_000))

    async def poster(self, output: Path, target: Path) -> None:
        """Write something of a picture's size."""
        await asyncio.to_thread(target.write_bytes, bytes(20_000))

    async def compare(self, source: Source, output: Path, target: Path, *, max_bytes: int) -> None:
        """Copy the output."""
        shutil.copyfile(output, target)
