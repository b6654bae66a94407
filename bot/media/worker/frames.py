"""The pictures of a part of a file, one after another, as they are to be shown.

In the child processes only. A moment is counted in seconds from the first picture of its file.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

import av
from av.filter import Graph

from bot.errors import MediaUnreadableError
from bot.media.worker.containers import HDR_TRANSFERS, mind_memory, open_video
from bot.media.worker.flaws import look_of
from bot.media.worker.layout import even
from bot.media.worker.orientation import orientation_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from av.filter.context import FilterContext
    from av.video.frame import VideoFrame

    from bot.media.worker.containers import OpenVideo

CLOCK: Final = Fraction(1, 90_000)
"""The time base of what is read: fine enough for every usual frame rate, and a variable one."""

_THREADS: Final = 2  # of a decoder; each holds frames, and memory is limited
_MAX_BROKEN_SHARE: Final = 0.1  # of the packets; players skip a bad one, so a few are forgiven
_FORGIVEN: Final = 5
_EARLY: Final = Fraction(1, 20)  # of a beat: containers round moments
_ROUNDED: Final = 2  # pixels
_UNSPECIFIED: Final = 2  # of transfers, as FFmpeg numbers them
_FULL_RANGE: Final = 2  # likewise, of ranges
_MATRICES: Final = {1: "bt709", 5: "bt601", 6: "bt601", 7: "smpte240m", 9: "bt2020"}


def seek_to(video: OpenVideo, seconds: float) -> Fraction:
    """Go to the last key frame up to a moment; return the first picture's time in the file."""
    stream = video.stream
    base = stream.time_base or CLOCK
    origin = (stream.start_time or 0) * base
    if seconds > 0:
        moment = origin + Fraction(seconds).limit_denominator(CLOCK.denominator)
        video.container.seek(round(moment / base), stream=stream)
    return origin


def read_pictures(
    path: str | Path, *, start: float = 0, seconds: float | None = None
) -> Iterator[VideoFrame]:
    """Decode a part of a file; moments are on ``CLOCK``, from the part's start on.

    What is still shown when the part begins is its first picture.

    Raises:
        MediaUnreadableError: It does not decode, or too much of it does not.
    """
    end = None if seconds is None else round(seconds / CLOCK)
    # A container without an index is searched, and may land past the part's begin, or past its own
    # end. Then there is nothing for it but to read from the beginning.
    for place in (start, 0.0):
        with open_video(path, threads=_THREADS) as video:
            origin = seek_to(video, place) + Fraction(start).limit_denominator(CLOCK.denominator)
            frames = _decode(video, origin)
            first = next(frames, None)
            if place <= 0 or (first is not None and (first.pts or 0) <= 0):
                yield from _part(chain([] if first is None else [first], frames), end)
                return


def _part(frames: Iterable[VideoFrame], end: int | None) -> Iterator[VideoFrame]:
    """Yield what is shown from moment 0 up to ``end``."""
    shown: VideoFrame | None = None  # the latest before the part; it lasts into it
    is_under_way = False
    for frame in frames:
        moment = frame.pts or 0
        if end is not None and moment >= end:
            break
        if moment <= 0:
            shown = frame
            continue
        if shown is not None and not is_under_way:
            shown.pts = 0
            yield shown
        is_under_way = True
        yield frame
    if not is_under_way:
        if shown is None:
            raise MediaUnreadableError("no picture in this part")
        shown.pts = 0
        yield shown


def _decode(video: OpenVideo, origin: Fraction) -> Iterator[VideoFrame]:
    """Yield the sound frames with their moments on our clock, whatever their file counted in."""
    stream = video.stream
    usual = round(1 / (stream.average_rate or stream.guessed_rate or 25) / CLOCK)
    shape = stream.codec_context.sample_aspect_ratio
    packets = broken = 0
    last: int | None = None
    for packet in video.container.demux(stream):
        packets += 1
        try:
            frames = stream.codec_context.decode(packet)
        except av.FFmpegError as exc:
            mind_memory(exc, stream.codec_context)
            broken += 1
            if broken > _FORGIVEN + packets * _MAX_BROKEN_SHARE:
                raise MediaUnreadableError(f"{broken} of {packets} packets") from None
            continue
        for frame in frames:
            if frame.is_corrupt:
                continue
            if frame.pts is not None and frame.time_base:
                moment = round((frame.pts * frame.time_base - origin) / CLOCK)
            else:  # AVI tells no moments
                moment = round(-origin / CLOCK) if last is None else last + usual
            last = moment
            frame.pts, frame.time_base = moment, CLOCK
            # What the container says of the pixels' shape holds until the pictures say otherwise.
            now = stream.codec_context.sample_aspect_ratio
            frame.opaque = Fraction((stream.sample_aspect_ratio if now == shape else now) or 1)
            yield frame


def cap_rate(frames: Iterable[VideoFrame], fps: float | None) -> Iterator[VideoFrame]:
    """Drop what comes faster than ``fps``; the rest is moved to the beats of that rate.

    Nothing is repeated: a slow or variable rate stays one. ``None`` keeps everything.
    """
    if fps is None:
        yield from frames
        return
    length = 1 / Fraction(fps).limit_denominator(1001) / CLOCK
    last = -1
    for frame in frames:
        beat = int((frame.pts or 0) / length + _EARLY)
        if beat > last:
            last = beat
            frame.pts = round(beat * length)
            yield frame


def show(
    frames: Iterable[VideoFrame], *, width: int, height: int, hdr: str
) -> Iterator[VideoFrame]:
    """Turn, deinterlace and scale pictures to one size, ``yuv420p``, square pixels.

    A picture of another shape is fitted between black bars: nothing is ever stretched.

    Args:
        frames: Pictures with moments on ``CLOCK``.
        width: As shown, so after turning; even.
        height: Likewise.
        hdr: One of ``HDR_TRANSFERS`` brings the pictures from it to the range of ordinary screens
            (BT.709), except those that say that they have another; empty leaves their brightness
            as it is.
    """
    graph: Graph | None = None
    shape: object = None
    look = first = None
    for frame in frames:
        aspect = frame.opaque if isinstance(frame.opaque, Fraction) else Fraction(1)
        frame.opaque = None
        key = (look_of(frame), aspect)
        if graph is None or key != shape:
            if graph is not None:
                graph.push(None)
                yield from drain(graph)
            first = first or _colours_of(frame)
            look = _Showing(width, height, _transfer_of(frame, hdr), aspect, first)
            graph, shape = _graph(frame, look), key
        graph.push(frame)
        yield from drain(graph)
    if graph is not None:
        graph.push(None)
        yield from drain(graph)


class _Showing(NamedTuple):
    """How a picture is to come out, and what its file says of it."""

    width: int
    height: int
    hdr: str
    aspect: Fraction
    """Width of a pixel over its height, before turning."""
    colours: tuple[int, int]
    """Of the first picture, as ``_colours_of`` tells them."""


def _colours_of(frame: VideoFrame) -> tuple[int, int]:
    return int(frame.colorspace), int(frame.color_range)


def _transfer_of(frame: VideoFrame, otherwise: str) -> str:
    if not otherwise or frame.color_trc == _UNSPECIFIED:
        return otherwise
    return HDR_TRANSFERS.get(int(frame.color_trc), "")


def _graph(frame: VideoFrame, look: _Showing) -> Graph:
    graph = Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=CLOCK
    )
    link(graph, source, [*_steps(frame, look), ("buffersink", None)])
    return graph


def link(graph: Graph, source: FilterContext, steps: Iterable[tuple[str, str | None]]) -> None:
    """Put filters (name, options) one behind the other, and make the graph ready for frames."""
    graph.link_nodes(source, *(graph.add(name, options) for name, options in steps)).configure()


def _steps(frame: VideoFrame, look: _Showing) -> list[tuple[str, str | None]]:
    """Return the filters that a picture needs, in order."""
    orientation = orientation_of(frame)
    todo: list[tuple[str, str | None]] = list(orientation.filters)
    if frame.interlaced_frame:
        todo.insert(0, ("bwdif", "mode=send_frame:deint=interlaced"))
    wide, high, aspect = frame.width, frame.height, look.aspect
    if orientation.lies_on_side:
        wide, high, aspect = high, wide, 1 / aspect
    width, height = _fit(wide * aspect, Fraction(high), look)
    if aspect == 1 and 0 <= wide - width <= 1 and 0 <= high - height <= 1:
        if (wide, high) != (width, height):
            todo.append(("crop", f"{width}:{height}:0:0"))
    else:
        todo.append(("scale", f"{width}:{height}:flags=bicubic"))
    if look.hdr:
        todo += [
            ("setparams", f"color_trc={look.hdr}:color_primaries=bt2020:colorspace=bt2020nc"),
            (
                "scale",
                "out_color_matrix=bt709:out_primaries=bt709:out_transfer=bt709:out_range=tv",
            ),
        ]
    elif _colours_of(frame) != look.colours:  # the encoder is told once which they are
        matrix, full = _MATRICES.get(look.colours[0], "auto"), look.colours[1] == _FULL_RANGE
        todo.append(("scale", f"out_color_matrix={matrix}:out_range={'pc' if full else 'tv'}"))
    todo += [("setsar", "1"), ("format", "yuv420p")]
    if (width, height) != (look.width, look.height):
        todo.append(("pad", f"{look.width}:{look.height}:-1:-1"))
    return todo


def _fit(wide: Fraction, high: Fraction, look: _Showing) -> tuple[int, int]:
    """Return how large a picture becomes: all of the size, or less where its shape is another."""
    share = min(look.width / wide, look.height / high)
    width, height = (min(even(float(side * share)), most) for side, most in (
        (wide, look.width), (high, look.height)))  # fmt: skip
    # Sizes are even, so that of a picture without bars may be off by a line or two.
    if look.width - width <= _ROUNDED and look.height - height <= _ROUNDED:
        return look.width, look.height
    return width, height


def drain(graph: Graph) -> Iterator[VideoFrame]:
    """Yield the pictures that are ready, with moments on ``CLOCK``."""
    while True:
        try:
            frame = graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return
        if frame.time_base is not None and frame.time_base != CLOCK:
            frame.pts, frame.time_base = round((frame.pts or 0) * frame.time_base / CLOCK), CLOCK
        yield frame
