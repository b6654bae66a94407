"""What the tasks that show finished videos share: a clip's shape, its pictures, and writing one.

In the child processes only.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from bot.errors import MediaUnfitError
from bot.media.worker.encoder import bits_for, encode_to_fit
from bot.media.worker.frames import CLOCK, cap_rate, read_pictures, show
from bot.media.worker.layout import even
from bot.media.worker.size_steps import find_size_steps, sound_bits
from bot.media.worker.sound_track import Sound
from bot.media.worker.tasks.probe import probe_video

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from pathlib import Path

    from av.video.frame import VideoFrame

    from bot.media.worker.size_steps import SizeStep

_MAX_SIZE_STEPS: Final = 3  # encoded in vain before we give up; the first nearly always fits


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayedVideo:
    """A video as it is shown: turned, with square pixels."""

    path: str
    codec: str
    width: int
    height: int
    fps: float
    seconds: float
    transfer: str
    """Of HDR; else empty."""
    is_bt709: bool
    """Whether its pictures, as they are read here, surely have the colours of HD television."""
    has_audio: bool

    def pictures(
        self,
        width: int,
        height: int,
        *,
        start: float = 0,
        seconds: float | None = None,
        max_fps: float | None = None,
    ) -> Generator[VideoFrame, None, None]:
        """Decode a part, scaled to an even size, for ordinary screens."""
        yield from show(
            cap_rate(read_pictures(self.path, start=start, seconds=seconds), max_fps),
            width=width,
            height=height,
            hdr=self.transfer,
        )

    def stills(self, width: int, height: int, moments: Iterable[float]) -> Iterator[VideoFrame]:
        """Decode what is shown at each moment, scaled; past the end that is the last frame."""
        # All through the same filters: preparing those for HDR takes seconds.
        return show(
            self._at(moments),
            width=width,
            height=height,
            hdr=self.transfer,
        )

    def _at(self, moments: Iterable[float]) -> Iterator[VideoFrame]:
        for number, moment in enumerate(moments):
            pictures = read_pictures(self.path, start=moment)
            for picture in islice(pictures, 1):
                picture.pts = round(number / CLOCK)
                yield picture


def moment_of(picture: VideoFrame) -> float:
    """Return when a picture begins, in seconds from the start of its part."""
    return float((picture.pts or 0) * CLOCK)


def look(path: str) -> DisplayedVideo:
    """Probe a video; raise ``MediaUnreadableError`` if it is none that can be decoded."""
    return displayed(path, probe_video(path))


def displayed(path: str, facts: Mapping[str, Any]) -> DisplayedVideo:
    """Return a video as it is shown, of which ``probe_video`` has told the facts."""
    return DisplayedVideo(
        path=path,
        codec=facts["codec"],
        width=even(facts["width"] * facts["pixel_aspect"]),
        height=even(facts["height"]),
        fps=facts["fps"],
        seconds=facts["duration_seconds"],
        transfer=facts["transfer"],
        is_bt709=bool(facts["transfer"]) or facts["primaries"] == "bt709",
        has_audio=facts["has_audio"],
    )


def write_fitting(
    target: str | Path,
    pictures: Callable[[SizeStep], Iterable[VideoFrame]],
    *,
    size: tuple[int, int],
    fps: float,
    seconds: float,
    is_bt709: bool,
    max_bytes: int,
    sound: DisplayedVideo | None,
    sound_start: float = 0,
) -> None:
    """Encode pictures, and the sound of a clip, into the largest picture that the bytes allow.

    ``pictures`` begins to read them anew, in the size that it is given.

    Raises:
        MediaUnfitError: Even a small picture does not fit.
    """
    audio_bits = sound_bits(max_bytes, seconds) if sound and sound.has_audio else 0

    def hear() -> Sound | None:
        if sound is None or not audio_bits:
            return None
        return Sound(sound.path, start=sound_start, seconds=seconds, bits=audio_bits, strict=True)

    bits = bits_for(max_bytes, seconds, sound_bits=audio_bits)
    for size_step in find_size_steps(*size, fps=fps, bits=bits)[:_MAX_SIZE_STEPS]:
        with suppress(MediaUnfitError):
            encode_to_fit(
                target,
                lambda size_step=size_step: pictures(size_step),  # type: ignore[misc]  # mypy: lambda defaults
                width=size_step.width,
                height=size_step.height,
                fps=size_step.max_fps or fps,
                seconds=seconds,
                max_bytes=max_bytes,
                sound=hear,
                sound_bits=audio_bits,
                is_bt709=is_bt709,
            )
            return
    raise MediaUnfitError(f"{seconds:.1f} s do not fit {max_bytes} bytes in any size")
