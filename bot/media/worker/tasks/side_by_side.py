"""A source and its output in one video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from av.filter import Graph

from bot.errors import MediaUnreadableError
from bot.media.worker.clip import look, moment_of, write_fitting
from bot.media.worker.frame_times import grid, shown_at
from bot.media.worker.frames import CLOCK, drain, link
from bot.media.worker.layout import plan_pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from av.video.frame import VideoFrame

    from bot.media.worker.clip import DisplayedVideo
    from bot.media.worker.layout import Box, Pair
    from bot.media.worker.size_steps import SizeStep


def run(arguments: Mapping[str, Any]) -> None:
    """Make ``target`` from ``source``, from ``start_seconds`` on, and ``output``."""
    source, output = look(arguments["source"]), look(arguments["output"])
    start = arguments["start_seconds"]
    seconds = min(output.seconds, source.seconds - start)
    if seconds <= 0:
        raise MediaUnreadableError(f"{source.seconds:.1f} s long: over before {start:.1f} s")
    pair = plan_pair((source.width, source.height), (output.width, output.height))
    fps, count = grid(source_fps=source.fps, output_fps=output.fps, seconds=seconds)

    def pictures(size_step: SizeStep) -> Iterator[VideoFrame]:
        moments = [number / fps for number in range(count)]
        left = on_grid(source, pair.source, moments, start=start)
        right = on_grid(output, pair.output, moments, start=0)
        together = zip(left, right, strict=False)  # one ends early if it turns out to be broken
        return join(together, pair, size=(size_step.width, size_step.height), fps=fps)

    write_fitting(
        arguments["target"],
        pictures,
        size=(pair.width, pair.height),
        fps=fps,
        seconds=count / fps,
        is_bt709=source.is_bt709 and output.is_bt709,
        max_bytes=arguments["max_bytes"],
        sound=source,
        sound_start=start,
    )


def on_grid(
    clip: DisplayedVideo, box: Box, moments: list[float], *, start: float
) -> Iterator[VideoFrame]:
    """Yield what a clip shows at each moment, scaled to its place."""
    pictures = clip.pictures(
        box.width, box.height, start=start, seconds=moments[-1] + 1 / max(clip.fps, 1)
    )
    return shown_at(((moment_of(picture), picture) for picture in pictures), moments)


def join(
    together: Iterable[tuple[VideoFrame, VideoFrame]],
    pair: Pair,
    *,
    size: tuple[int, int],
    fps: float,
) -> Iterator[VideoFrame]:
    """Put each two pictures on one canvas of ``size``, ``fps`` of them a second."""
    graph = Graph()
    inputs = [
        graph.add_buffer(width=box.width, height=box.height, format="yuv420p", time_base=CLOCK)  # type: ignore[arg-type]  # it takes names as well
        for box in (pair.source, pair.output)
    ]
    is_row = pair.output.x > 0
    gap = f"{pair.output.x}:{pair.height}" if is_row else f"{pair.width}:{pair.output.y}"
    pad = graph.add("pad", f"{gap}:0:0:black")
    stack = graph.add("hstack" if is_row else "vstack")
    inputs[0].link_to(pad)
    pad.link_to(stack, 0, 0)
    inputs[1].link_to(stack, 0, 1)
    scale = f"{size[0]}:{size[1]}:flags=bicubic"
    steps = [("scale", scale), ("setsar", "1"), ("format", "yuv420p"), ("buffersink", None)]
    link(graph, stack, steps)
    for number, pictures in enumerate(together):
        for place, picture in zip(inputs, pictures, strict=True):
            picture.pts, picture.time_base = round(number / fps / CLOCK), CLOCK
            place.push(picture)
        yield from drain(graph)
    for place in inputs:
        place.push(None)
    yield from drain(graph)
