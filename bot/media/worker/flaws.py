"""Whether all the pictures of a file decode, and are alike; in the child processes only."""

from __future__ import annotations

import enum
import time
from typing import TYPE_CHECKING, Final

import av

from bot.media.worker.containers import mind_memory, open_video
from bot.media.worker.orientation import orientation_of

if TYPE_CHECKING:
    from pathlib import Path

    from av.video.frame import VideoFrame

_STRICT: Final = {"err_detect": "+crccheck+bitstream+buffer+explode"}


class PictureFlaw(enum.StrEnum):
    """What speaks against sending a file's pictures as they are."""

    BROKEN = "broken"  # some do not decode
    CHANGING = "changing"  # size, shape, turn or colours are not the same throughout
    UNSEEN = "unseen"  # not all of them could be looked at in the time


def find_flaw(path: str | Path, *, cpu_seconds: float) -> PictureFlaw | None:
    """Decode every picture that a player shows; return what is wrong with them, if anything.

    Args:
        path: A file that was opened before, and so is a video.
        cpu_seconds: Of processor time, after which it is ``UNSEEN``.
    """
    deadline = time.process_time() + cpu_seconds
    shape: object = None
    frames = 0
    with open_video(path) as video:
        context = video.stream.codec_context
        context.options = {**context.options, **_STRICT}
        for packet in video.container.demux(video.stream):
            try:
                decoded = context.decode(packet)
            except av.FFmpegError as exc:
                mind_memory(exc, context)
                return PictureFlaw.BROKEN
            for frame in decoded:
                frames += 1
                if frame.is_corrupt:
                    return PictureFlaw.BROKEN
                look = look_of(frame), context.sample_aspect_ratio
                if shape is None:
                    shape = look
                elif look != shape:
                    return PictureFlaw.CHANGING
            if time.process_time() > deadline:
                return PictureFlaw.UNSEEN
    return None if frames else PictureFlaw.BROKEN


def look_of(frame: VideoFrame) -> tuple[object, ...]:
    """Return what has to be the same for two pictures to go through the same filters."""
    return (
        frame.width,
        frame.height,
        frame.format.name,
        orientation_of(frame)[:2],
        frame.colorspace,
        frame.color_trc,
        frame.color_range,
    )
