"""An output's pictures with its source's sound."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import av

from bot.errors import MediaNoSoundError, MediaUnfitError
from bot.media.worker.clip import look, write_fitting
from bot.media.worker.encoder import write_video
from bot.media.worker.sound_track import Sound
from bot.media.worker.tasks.probe import probe_video
from bot.media.worker.tracks import CopiedVideo

if TYPE_CHECKING:
    from collections.abc import Mapping

_COPIED: Final = frozenset({"h264", "hevc"})  # what all players expect in an MP4


def run(arguments: Mapping[str, Any]) -> None:
    """Make ``target`` from ``output`` and the sound of ``source`` from ``start_seconds`` on."""
    source, output = look(arguments["source"]), look(arguments["output"])
    target, max_bytes = arguments["target"], arguments["max_bytes"]
    start = arguments["start_seconds"]
    sound = Sound(source.path, start=start, seconds=output.seconds)
    if sound.is_empty():
        raise MediaNoSoundError(f"the source is silent from {start:.1f} s on")
    if output.codec in _COPIED:
        with suppress(MediaUnfitError, av.FFmpegError):
            write_video(target, [CopiedVideo(output.path), sound], max_bytes=max_bytes)
            probe_video(target)  # a copy may turn out not to decode
            return
    write_fitting(
        target,
        lambda size_step: output.pictures(
            size_step.width, size_step.height, max_fps=size_step.max_fps
        ),
        size=(output.width, output.height),
        fps=output.fps,
        seconds=output.seconds,
        is_bt709=output.is_bt709,
        max_bytes=max_bytes,
        sound=source,
        sound_start=start,
    )
