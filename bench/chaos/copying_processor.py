"""A processor that copies where the bot's own decodes: the chaos is about jobs, not about clips."""

from __future__ import annotations

import asyncio
import shutil
from typing import TYPE_CHECKING

from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.processing import SourceFile
    from bot.requests.clip_plan import Plan


class CopyingProcessor(MediaProcessor):
    """Takes no time worth mentioning, so that kills hit the engine and not an encoder."""

    def __init__(self) -> None:
        super().__init__(ProcessPool())

    async def prepare(self, source: Path, target: Path, plan: Plan) -> Path:
        """Copy the clip."""
        return shutil.copyfile(source, target)

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
        self, source: SourceFile, output: Path, target: Path, *, max_bytes: int
    ) -> None:
        """Copy the output."""
        shutil.copyfile(output, target)

    async def compare(
        self, source: SourceFile, output: Path, target: Path, *, max_bytes: int
    ) -> None:
        """Copy the output."""
        shutil.copyfile(output, target)

    async def picture(self, source: SourceFile, output: Path, target: Path) -> None:
        """Write something of a picture's size."""
        await asyncio.to_thread(target.write_bytes, bytes(20_000))

    async def poster(self, output: Path, target: Path) -> None:
        """Write something of a picture's size."""
        await asyncio.to_thread(target.write_bytes, bytes(20_000))
