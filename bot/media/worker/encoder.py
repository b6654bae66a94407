"""The one loop that writes videos: tracks in, a file that every player takes out.

In the child processes only; tasks call it.
"""

from __future__ import annotations

import heapq
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import av

from bot.errors import MediaUnfitError
from bot.media.worker.sound_track import SOUND_BITS
from bot.media.worker.tracks import EncodedVideo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from av.packet import Packet
    from av.video.frame import VideoFrame

    from bot.media.worker.sound_track import Sound
    from bot.media.worker.tracks import Track

_ATTEMPTS: Final = 2
_INDEX_BYTES: Final = 8192  # what the container needs besides, at least
_INDEX_SHARE: Final = 0.02
_AGAIN: Final = 0.85  # of what the first attempt's excess suggests: the second is the last
_LEAST_BITS: Final = 40_000  # per second; with less, no picture is worth its name


def write_video(
    path: str | Path, tracks: Sequence[Track], *, form: str = "mp4", max_bytes: int | None = None
) -> None:
    """Write a file whose index lies in front, so that it plays while it loads; or leave none.

    It is of the ``form`` mp4, mov or webm, and says nothing of where its tracks came from.

    Raises:
        MediaUnfitError: It has more than ``max_bytes``.
    """
    path = Path(path)
    try:
        _write(path, tracks, form, max_bytes)
        if max_bytes is not None and path.stat().st_size > max_bytes:
            raise MediaUnfitError(f"{path.stat().st_size} bytes; {max_bytes} are allowed")  # noqa: TRY301 - one place tidies up
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _write(path: Path, tracks: Sequence[Track], form: str, max_bytes: int | None) -> None:
    written = 0
    options = {"fflags": "+bitexact"} | ({} if form == "webm" else {"movflags": "+faststart"})
    with av.open(str(path), "w", format=form, options=options) as output:
        for track in tracks:
            track.add_to(output)
        for packet in heapq.merge(*(track.packets() for track in tracks), key=_when):
            written += packet.size
            if max_bytes is not None and written > max_bytes:
                raise MediaUnfitError(f"more than {max_bytes} bytes after {_when(packet):.1f} s")
            output.mux_one(packet)


def _when(packet: Packet[Any]) -> float:
    moment = packet.dts if packet.dts is not None else packet.pts
    return float((moment or 0) * (packet.time_base or 0))


def bits_for(max_bytes: int, seconds: float, *, sound_bits: int = 0) -> float:
    """Return how many bits a second of picture may have, at most, so that a file fits."""
    room = max_bytes * (1 - _INDEX_SHARE) - _INDEX_BYTES
    # The encoder may run a second ahead of its rate (see EncodedVideo).
    return (room * 8 - sound_bits * seconds) / (max(seconds, 0.1) + 1)


def encode_to_fit(
    path: str | Path,
    pictures: Callable[[], Iterable[VideoFrame]],
    *,
    width: int,
    height: int,
    fps: float,
    seconds: float,
    max_bytes: int,
    sound: Callable[[], Sound | None] = lambda: None,
    sound_bits: int = SOUND_BITS,
    quality: float = 20,
    is_bt709: bool = False,
) -> None:
    """Encode pictures, and sound, into at most so many bytes: two attempts, no more.

    What does not need all the bytes gets fewer: the quality is capped as well.
    ``pictures`` and ``sound`` begin to read anew for each attempt; the rest is as in
    ``EncodedVideo``, and ``sound_bits`` are those of a second of the sound as written.

    Raises:
        MediaUnfitError: Both attempts were too large.
    """
    bits = bits_for(max_bytes, seconds, sound_bits=sound_bits)
    for _ in range(_ATTEMPTS):
        if bits < _LEAST_BITS:
            raise MediaUnfitError(f"{max_bytes} bytes are too few for {seconds:.1f} s")
        video = EncodedVideo(
            pictures(), width=width, height=height, fps=fps, max_bits=bits, quality=quality,
            seconds=seconds, is_bt709=is_bt709,
        )  # fmt: skip
        heard = sound()
        tracks: list[Track] = [video] if heard is None else [video, heard]
        write_video(path, tracks)
        size = Path(path).stat().st_size
        if size <= max_bytes:
            return
        bits *= max_bytes / size * _AGAIN
    Path(path).unlink(missing_ok=True)
    raise MediaUnfitError(f"{size} bytes at the second attempt; {max_bytes} are allowed")
