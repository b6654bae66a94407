"""Writing the part of a clip that goes to the provider."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import av

from bot.errors import MediaUnfitError, MediaUnreadableError, UnreadableReason
from bot.media.worker.clip import look
from bot.media.worker.containers import HDR_TRANSFERS, open_video
from bot.media.worker.encoder import encode_to_fit, write_video
from bot.media.worker.frames import cap_rate, read_pictures, show
from bot.media.worker.sound_track import SOUND_BITS, Sound, sound_of
from bot.media.worker.tasks import poster
from bot.media.worker.tasks.probe import probe_video
from bot.media.worker.tracks import CopiedVideo
from bot.requests.clip_plan import Mode, Plan, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from av.video.frame import VideoFrame

    from bot.media.worker.tracks import Track

_CUTS: Final = frozenset({Reason.TOO_LONG, Reason.CUT_ASKED})
_MISSING_SECONDS: Final = 0.6  # at the end of a copy; more was lost than a few frames


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Make ``target`` from ``source`` as ``plan`` says; answer its ``form``: mp4, mov or webm.

    What was encoded is small, so a picture of it is written to ``moment``.
    """
    source, target = arguments["source"], arguments["target"]
    plan = Plan.from_json(arguments["plan"])
    form = copy(source, target, plan) if plan.mode is Mode.COPY else None
    if form is None:
        _encode(source, target, plan)
        with suppress(Exception):  # a courtesy, without which the clip is none the worse
            poster.write(poster.find(look(target), poster.MOMENT_SIDE), arguments["moment"])
    return {"form": form or "mp4"}


def copy(source: str, target: str, plan: Plan) -> str | None:
    """Cut or pack without encoding, and return the form of what came out.

    ``None`` if that has a flaw, is too short, or shows that the copying did not work.
    """
    video = CopiedVideo(source, start=plan.start_seconds, seconds=plan.seconds)
    tracks: list[Track] = [video]
    if (sound := _sound(source, plan)) is not None:
        tracks.append(sound)
    try:
        form = video.form
        write_video(target, tracks, form=form, max_bytes=plan.max_bytes)
        facts = probe_video(target, look_seconds=math.inf)
        if facts["flaw"] or facts["duration_seconds"] < plan.seconds - _MISSING_SECONDS:
            return None
    except (MediaUnfitError, av.FFmpegError, MediaUnreadableError, ValueError):
        return None
    return form


def _encode(source: str, target: str, plan: Plan) -> None:
    with open_video(source) as video:
        rate = float(video.stream.average_rate or video.stream.guessed_rate or 25)
        transfer = video.stream.codec_context.color_trc
    fps = rate if plan.fps is None else min(rate, plan.fps)

    seen = [0]

    def pictures() -> Iterator[VideoFrame]:
        part = read_pictures(source, start=plan.start_seconds, seconds=plan.seconds)
        return show(
            _counted(cap_rate(part, plan.fps), seen),
            width=plan.width,
            height=plan.height,
            hdr=HDR_TRANSFERS.get(transfer, "smpte2084") if plan.tone_map else "",
        )

    encode_to_fit(
        target,
        pictures,
        width=plan.width,
        height=plan.height,
        fps=fps,
        seconds=plan.seconds,
        max_bytes=plan.max_bytes,
        sound=lambda: _sound(source, plan),
        sound_bits=_sound_bits(source) if plan.has_audio else 0,
        is_bt709=plan.tone_map,
    )
    if seen[0] == 1:  # the others come later
        raise MediaUnreadableError("a single picture", reason=UnreadableReason.STILL_IMAGE)


def _counted(pictures: Iterable[VideoFrame], seen: list[int]) -> Iterator[VideoFrame]:
    """Yield pictures, and leave their number in ``seen``."""
    seen[0] = 0
    for picture in pictures:
        seen[0] += 1
        yield picture


def _sound(source: str, plan: Plan) -> Sound | None:
    """Begin to read the sound of the part; of a whole clip, not a sample is lost."""
    if not plan.has_audio:
        return None
    return Sound(
        source,
        start=plan.start_seconds,
        seconds=plan.seconds,
        within_part=not _CUTS.isdisjoint(plan.reasons),
    )


def _sound_bits(source: str) -> int:
    """Return how many bits a second the sound will have, copied or encoded."""
    with open_video(source) as video:
        sound = sound_of(video)
        return max(SOUND_BITS, sound.bit_rate or 0) if sound is not None else 0
