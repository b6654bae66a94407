"""Restyle a clip: decode, filter, encode. Blocking; the work is done without Python's lock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import av

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from fractions import Fraction
    from pathlib import Path

    from av.filter.context import FilterContext

    from sandbox.looks import Look

_FILTER: Final = re.compile(r"((?:\[\w+\])*)(\w+)(?:=(.*?))?((?:\[\w+\])*)", re.DOTALL)
_TURNS: Final = {90: "transpose=cclock,", 180: "hflip,vflip,", 270: "transpose=clock,"}


class NotRestyledError(Exception):
    """The clip could not be restyled; the text says why."""


def restyle(
    source: Path,
    target: Path,
    *,
    look: Look,
    seed: int | None = None,
    max_seconds: float = 5,
    max_lines: int = 720,
    is_stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Write the beginning of ``source`` in another look as a silent MP4 (H.264, yuv420p).

    Size and frame rate stay as they are; a turned clip is turned upright.

    Args:
        source: Any video that FFmpeg reads.
        target: Where to; only a finished file ever lies there.
        look: Which look.
        seed: Moves grain and tint a little; ``None`` counts as 0.
        max_seconds: How much of the clip is used.
        max_lines: A larger clip is made smaller until its shorter side has so many pixels.
        is_stopping: Asked before every picture; ``True`` gives up.

    Raises:
        NotRestyledError: The clip is broken, or ``is_stopping`` said so.
    """
    unfinished = target.with_suffix(".part")
    try:
        with av.open(str(source)) as clip:
            frames = _filtered(
                clip,
                look=look,
                seed=seed or 0,
                max_seconds=max_seconds,
                max_lines=max_lines,
                is_stopping=is_stopping,
            )
            stream = clip.streams.video[0]
            _encode(frames, unfinished, rate=stream.average_rate or stream.guessed_rate)
    except (av.FFmpegError, IndexError) as exc:
        raise NotRestyledError(f"{source.name}: {exc}") from exc
    else:
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _filtered(
    clip: av.container.InputContainer,
    *,
    look: Look,
    seed: int,
    max_seconds: float,
    max_lines: int,
    is_stopping: Callable[[], bool],
) -> Iterator[av.VideoFrame]:
    stream = clip.streams.video[0]
    stream.thread_type = "AUTO"
    graph: av.filter.Graph | None = None
    first_pts = 0
    first_form: tuple[int, int, str] | None = None
    for frame in clip.decode(stream):
        if is_stopping():
            raise NotRestyledError("stopped")
        if frame.pts is None or frame.time_base is None:
            continue
        form = (frame.width, frame.height, frame.format.name)
        if graph is None:
            graph, first_pts, first_form = (
                _graph(stream, frame, look, seed, max_lines),
                frame.pts,
                form,
            )
        if float((frame.pts - first_pts) * frame.time_base) >= max_seconds or form != first_form:
            break
        frame.pts -= first_pts  # textures begin at 0, so the clip must
        graph.vpush(frame)
        yield from _pull(graph)
    if graph is not None:
        graph.vpush(None)
        yield from _pull(graph)


def _pull(graph: av.filter.Graph) -> Iterator[av.VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.BlockingIOError, av.EOFError):
            return


def _graph(
    stream: av.VideoStream, frame: av.VideoFrame, look: Look, seed: int, max_lines: int
) -> av.filter.Graph:
    turn = frame.rotation % 360
    width, height = frame.width, frame.height
    if (aspect := stream.sample_aspect_ratio) and aspect > 0:
        width = round(width * aspect)
    if turn in {90, 270}:
        width, height = height, width
    scale = min(1.0, max_lines / min(width, height))
    width, height = (max(2, int(side * scale) // 2 * 2) for side in (width, height))
    text = look.describe(width=width, height=height, seed=seed)
    # By way of yuv444p: libswscale's direct path from yuv420p to gbrp leaves the last columns
    # black when the width is no multiple of 8, and 480p is 854 wide.
    fitted = f"[in]{_TURNS.get(turn, '')}scale={width}:{height},setsar=1,format=yuv444p,"
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    sink = graph.add("buffersink")
    _link(graph, text.replace("[in]", fitted, 1), source, sink)
    graph.configure()
    return graph


def _split(text: str, separator: str) -> list[str]:
    return re.findall(rf"(?:[^{separator}']|'[^']*')+", text)


def _link(graph: av.filter.Graph, text: str, source: FilterContext, sink: FilterContext) -> None:
    """Build a graph from FFmpeg's notation, which PyAV cannot read itself."""
    ends: dict[str, tuple[FilterContext, int]] = {"in": (source, 0)}
    for chain in _split(text, ";"):
        previous: FilterContext | None = None
        for part in _split(chain, ","):
            match = _FILTER.fullmatch(part.strip())
            if match is None:
                raise ValueError(f"not a filter: {part!r}")
            inputs, name, arguments, outputs = match.groups()
            current = graph.add(name, arguments) if arguments else graph.add(name)
            if previous is not None:
                previous.link_to(current)
            for index, label in enumerate(re.findall(r"\w+", inputs)):
                end, output = ends.pop(label)
                end.link_to(current, output, index)
            for index, label in enumerate(re.findall(r"\w+", outputs)):
                ends[label] = (current, index)
            previous = current
    end, output = ends.pop("out")
    end.link_to(sink, output, 0)
    if ends:
        raise ValueError(f"links that lead nowhere: {sorted(ends)}")


def _encode(frames: Iterator[av.VideoFrame], path: Path, *, rate: Fraction | None) -> None:
    options = {"movflags": "+faststart"}
    with av.open(str(path), "w", format="mp4", options=options) as target:
        stream = None
        for frame in frames:
            if stream is None:
                stream = target.add_stream(
                    "libx264", rate=rate, options={"preset": "veryfast", "crf": "21"}
                )
                stream.width, stream.height = frame.width, frame.height
                stream.pix_fmt = "yuv420p"
                if frame.time_base is not None:
                    stream.codec_context.time_base = frame.time_base
            target.mux(stream.encode(frame))
        if stream is None:
            raise NotRestyledError("no pictures")
        target.mux(stream.encode())
