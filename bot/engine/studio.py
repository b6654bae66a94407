"""Studio: what the engine has done to videos and pictures, in processes of their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from bot.media.compare import side_by_side
from bot.media.fit import fit
from bot.media.pictures import before_after, poster
from bot.media.prepare import prepare
from bot.media.probe import probe_video
from bot.media.reference import convert_reference
from bot.media.sound import add_sound

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool
    from bot.requests.clip_plan import Plan


_SUFFIXES: Final = {"jpeg": ".jpg"}


class Studio(Protocol):
    """The work on media that the steps of a job ask for.

    Every method may raise ``MediaUnreadableError`` (the file's fault), ``MediaProbeError`` (ours),
    ``MediaBusyError`` (too much is waiting) and ``MediaStorageError`` (the disk is full). What is
    cancelled ends at once.
    """

    async def prepare(self, source: Path, target: Path, plan: Plan) -> None:
        """Write what the provider is to get of ``source``.

        Raises:
            MediaUnfitError: It cannot be made small enough.
        """
        ...

    async def convert_reference(self, source: Path, folder: Path) -> Path:
        """Write an upright copy of a picture into ``folder``, named by what it is."""
        ...

    async def fit(self, source: Path, target: Path, *, max_bytes: int) -> None:
        """Write a copy with at most ``max_bytes``.

        Raises:
            MediaUnfitError: It would not be worth looking at.
        """
        ...

    async def has_sound(self, video: Path) -> bool:
        """Tell whether a video has a sound track."""
        ...

    async def add_sound(
        self, source: Source, output: Path, target: Path, *, max_bytes: int
    ) -> None:
        """Write ``output`` with the sound of its source.

        Raises:
            MediaNoSoundError: The source has none.
            MediaUnfitError: It cannot be made small enough.
        """
        ...

    async def picture(self, source: Source, output: Path, target: Path) -> None:
        """Write a PNG with frames of both."""
        ...

    async def poster(self, output: Path, target: Path) -> None:
        """Write a JPEG with a frame of the output, for clients that do not play it."""
        ...

    async def compare(self, source: Source, output: Path, target: Path, *, max_bytes: int) -> None:
        """Write a video with both beside each other.

        Raises:
            MediaUnfitError: It cannot be made small enough.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A clip that was restyled, or a part of which was."""

    path: Path
    start_seconds: float
    """Where in the file the restyled part begins."""


class WorkshopStudio:
    """Does it in a workshop.

    Args:
        process_pool: Borrowed.
    """

    def __init__(self, process_pool: ProcessPool) -> None:
        self._process_pool = process_pool

    async def prepare(self, source: Path, target: Path, plan: Plan) -> None:
        """Write what the provider is to get."""
        await prepare(self._process_pool, source, target, plan)

    async def convert_reference(self, source: Path, folder: Path) -> Path:
        """Write an upright copy of a picture, named by what it is."""
        target = folder / "reference"
        facts = await convert_reference(self._process_pool, source, target)
        return target.rename(target.with_suffix(_SUFFIXES.get(facts.format, f".{facts.format}")))

    async def fit(self, source: Path, target: Path, *, max_bytes: int) -> None:
        """Write a copy with at most ``max_bytes``."""
        await fit(self._process_pool, source, target, max_bytes=max_bytes)

    async def has_sound(self, video: Path) -> bool:
        """Tell whether a video has a sound track."""
        return (await probe_video(video, process_pool=self._process_pool)).has_audio

    async def add_sound(
        self, source: Source, output: Path, target: Path, *, max_bytes: int
    ) -> None:
        """Write the output with the sound of its source."""
        await add_sound(
            self._process_pool,
            source=source.path,
            output=output,
            target=target,
            start_seconds=source.start_seconds,
            max_bytes=max_bytes,
        )

    async def picture(self, source: Source, output: Path, target: Path) -> None:
        """Write a PNG with frames of both."""
        await before_after(
            self._process_pool,
            source=source.path,
            output=output,
            target=target,
            start_seconds=source.start_seconds,
        )

    async def poster(self, output: Path, target: Path) -> None:
        """Write a JPEG with a frame of the output."""
        await poster(self._process_pool, video=output, target=target)

    async def compare(self, source: Source, output: Path, target: Path, *, max_bytes: int) -> None:
        """Write a video with both beside each other."""
        await side_by_side(
            self._process_pool,
            source=source.path,
            output=output,
            target=target,
            start_seconds=source.start_seconds,
            max_bytes=max_bytes,
        )
