"""The picture in docs/benchmarks.md: two charts with logarithmic scales, as SVG by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bench.engine.run import Results

NAMES: Final = {
    "sdk": "runwayml SDK",
    "coroutines": "coroutine per job",
    "engine": "this engine",
    "bare": "bare protocol",
}
_COLOURS: Final = {
    "sdk": "#da373c",
    "coroutines": "#c27c0e",
    "engine": "#5865f2",
    "bare": "#80848e",
}
_WIDTH, _HEIGHT = 380, 250
_LEFT, _TOP = 62, 46


class _Chart:
    """One chart; moments of both axes are powers of ten."""

    def __init__(self, title: str, x_at: int, sizes: Sequence[int], values: list[float]) -> None:
        self._x_at = x_at
        self._sizes = sizes
        self._low = math.floor(math.log10(min(values)))
        self._high = max(math.ceil(math.log10(max(values))), self._low + 1)
        self.parts = [_text(x_at, 24, title, size=14, weight="bold")]
        for power in range(self._low, self._high + 1):
            y = self._y(10.0**power)
            right = x_at + _LEFT + _WIDTH
            self.parts.append(
                f'<line x1="{x_at + _LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" '
                'stroke="#c4c7cc" stroke-width="1"/>'
            )
            self.parts.append(
                _text(x_at + _LEFT - 8, y + 4, f"{10.0**power:,.{max(0, -power)}f}", anchor="end")
            )
        for size in sizes:
            self.parts.append(
                _text(self._x(size), _TOP + _HEIGHT + 20, f"{size:,} jobs", anchor="middle")
            )

    def _x(self, size: int) -> float:
        steps = len(self._sizes)
        return self._x_at + _LEFT + _WIDTH * (self._sizes.index(size) + 0.5) / steps

    def _y(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return _TOP + _HEIGHT * (1 - share)

    def add(self, colour: str, points: list[tuple[int, float]]) -> None:
        """Draw one client."""
        places = [(self._x(size), self._y(value)) for size, value in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
        self.parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in places
        ]


def _text(
    x: float, y: float, text: str, *, size: int = 12, anchor: str = "start", weight: str = "normal"
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="#313338">{text}</text>'
    )


def draw(results: Results) -> str:
    """Return the picture."""
    sizes = sorted(next(iter(results.waiting.values())))
    charts = []
    facts: list[tuple[str, Callable[[dict[str, float]], float]]] = [
        ("CPU per poll, in µs", lambda found: 1e6 * found["cpu_seconds"] / max(1, found["polls"])),
        ("Stall of the event loop, p99, in ms", lambda found: max(0.1, found["stall_p99_ms"])),
    ]
    for number, (title, value) in enumerate(facts):
        points = {
            client: [(size, value(found[size])) for size in sizes]
            for client, found in results.waiting.items()
        }
        everything = [v for line in points.values() for _, v in line]
        chart = _Chart(title, 16 + number * (_LEFT + _WIDTH + 30), sizes, everything)
        for client, line in points.items():
            chart.add(_COLOURS[client], line)
        charts += chart.parts
    width, height = 2 * (_LEFT + _WIDTH + 30) + 10, _TOP + _HEIGHT + 66
    legend = []
    for number, (client, name) in enumerate(NAMES.items()):
        x = 78 + number * 190
        legend.append(
            f'<rect x="{x}" y="{height - 28}" width="14" height="14" fill="{_COLOURS[client]}"/>'
        )
        legend.append(_text(x + 20, height - 16, name, size=13))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-family="system-ui, sans-serif">',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            *charts,
            *legend,
            "</svg>",
            "",
        ]
    )
