"""What is made of a job's videos and pictures, each in a process of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.units import MEBIBYTE
from bot.media.probe import MOMENT, probe_video
from bot.media.process_pool import WorkLimits
from bot.media.reference import convert_reference
from bot.requests.clip_plan import Mode

if TYPE_CHECKING:
    from pathlib import Path

    from bot.media.process_pool import ProcessPool
    from bot.requests.clip_plan import Plan
    from bot.requests.video_facts import VideoFacts

MAX_SHEET_BYTES: Final = 1_000_000
"""Of a before/after picture."""
MAX_POSTER_SIDE: Final = 1280
"""Pixels; Discord shows previews smaller than that."""

_DRAWING: Final = WorkLimits(wall_seconds=120, cpu_seconds=120, file_bytes=16 * MEBIBYTE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """A clip that was restyled, or a part of which was."""

    path: Path
    start_seconds: float
    """Where in the file the restyled part begins."""


class MediaProcessor:
    """Does the work on media that the steps of a job ask for, in the pool that it borrows.

    Every method may raise ``MediaUnreadableError`` (the file's fault), ``MediaProbeError`` (ours),
    ``MediaBusyError`` (too much is waiting) and ``MediaStorageError`` (the disk is full). At any
    error, and when it is cancelled, which ends its process at once, its target is not there.
    """

    def __init__(self, process_pool: ProcessPool) -> None:
        self._process_pool = process_pool

    async def prepare(self, source: Path, target: Path, plan: Plan) -> Path:
        """Write the part of a clip that ``plan`` names, in the way it says; return the file.

        That is ``target``, with the suffix of what it became: ``.mp4`` where it was encoded; a copy
        may be ``.mov`` or ``.webm``. It holds nothing but pictures and sound. A copy that comes out
        larger than foreseen, has broken pictures, or cannot be had is encoded after all. Of what
        was encoded a picture lies beside it, as ``MOMENT``.

        Raises:
            ValueError: The plan leaves the clip as it is.
            MediaUnfitError: Two attempts were too large.
        """
        if plan.mode is Mode.AS_IS:
            raise ValueError("nothing is to be prepared")
        arguments = {
            "source": source,
            "target": target,
            "plan": plan.to_json(),
            "moment": target.with_name(MOMENT),
        }
        answer = await self._process_pool.run(
            "prepare", arguments, limits=_encoding(plan.max_bytes)
        )
        made = target.with_suffix(f".{answer['form']}")
        return target.rename(made)  # noqa: ASYNC240 - a change in a directory takes no time

    async def examine(self, video: Path) -> VideoFacts:
        """Return what a plan for a clip is made from."""
        return await probe_video(video, process_pool=self._process_pool)

    async def convert_reference(self, source: Path, folder: Path) -> Path:
        """Write an upright copy of a picture into ``folder``, with the suffix of its format."""
        target = folder / "reference"
        form = await convert_reference(self._process_pool, source, target)
        return target.rename(target.with_suffix(".jpg" if form == "jpeg" else f".{form}"))

    async def fit(self, source: Path, target: Path, *, max_bytes: int) -> None:
        """Encode a video anew, as an MP4 of at most ``max_bytes``; its sound is kept.

        The bits per second follow from the limit. Where they would fall below what the picture
        needs, the picture becomes smaller instead.

        Raises:
            MediaUnfitError: Even a very small picture would not fit.
        """
        arguments = {"source": source, "target": target, "max_bytes": max_bytes}
        await self._process_pool.run("fit", arguments, limits=_encoding(max_bytes))

    async def has_sound(self, video: Path) -> bool:
        """Tell whether a video that was restyled has a sound track."""
        facts = await probe_video(video, process_pool=self._process_pool, is_known=True)
        return facts.has_audio

    async def add_sound(
        self, source: SourceFile, output: Path, target: Path, *, max_bytes: int
    ) -> None:
        """Write the output's pictures with the source's sound, as an MP4: models return silence.

        The pictures are copied, not encoded again, unless that would be too big or MP4 cannot hold
        them. Sound that the output may have is replaced.

        Raises:
            MediaNoSoundError: The source has no sound, or none in that part.
            MediaUnfitError: Even a very small picture would not fit ``max_bytes``.
        """
        await self._join("add_sound", source, output, target, max_bytes, _encoding(max_bytes))

    async def compare(
        self, source: SourceFile, output: Path, target: Path, *, max_bytes: int
    ) -> None:
        """Write an MP4 with the source on the left and the output on the right.

        Both are equally high and keep their proportions; pictures wider than 2:1 lie one above the
        other, the source on top. It ends with the shorter of the two, has the source's sound, and
        becomes smaller where ``max_bytes`` demand it.

        Raises:
            MediaUnfitError: Even a very small picture would not fit.
        """
        await self._join("side_by_side", source, output, target, max_bytes, _encoding(max_bytes))

    async def picture(self, source: SourceFile, output: Path, target: Path) -> None:
        """Draw three frames of an output below what the source showed then, as a PNG.

        They are the first, the middle and the last one. The sheet is up to 1200 pixels wide and
        has at most ``MAX_SHEET_BYTES``. The first one is also drawn alone, small, as ``MOMENT``
        beside ``target``.
        """
        await self._join("before_after", source, output, target, MAX_SHEET_BYTES, _DRAWING)

    async def poster(self, output: Path, target: Path) -> None:
        """Draw a video's first frame that is not black as a JPEG, for clients that do not play it.

        If its first seconds are dark, their brightest frame is taken. It is at most
        ``MAX_POSTER_SIDE`` pixels wide or high.
        """
        arguments = {"video": output, "target": target, "max_side": MAX_POSTER_SIDE}
        await self._process_pool.run("poster", arguments, limits=_DRAWING)

    async def _join(
        self,
        task: str,
        source: SourceFile,
        output: Path,
        target: Path,
        max_bytes: int,
        limits: WorkLimits,
    ) -> None:
        arguments = {
            "source": source.path,
            "output": output,
            "target": target,
            "start_seconds": source.start_seconds,
            "max_bytes": max_bytes,
            "moment": target.with_name(MOMENT),
        }
        await self._process_pool.run(task, arguments, limits=limits)


def _encoding(max_bytes: int) -> WorkLimits:
    """Return what a piece of work may use that writes a video of ``max_bytes``.

    A result of 30 s in 1080p takes about half a minute of processor time for each attempt. An
    attempt may miss its mark, and is then thrown away.
    """
    return WorkLimits(file_bytes=max_bytes * 2 + 32 * MEBIBYTE)
