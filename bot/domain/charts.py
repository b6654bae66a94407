"""A picture of numbers as data: sections of bars, drawn by ``bot.media.chart``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """One value."""

    label: str
    """At its foot; empty for none."""
    value: float
    """Not below 0."""
    text: str = ""
    """Beside it, in rows only."""


@dataclass(frozen=True, slots=True)
class Section:
    """Bars that are compared with each other."""

    title: str
    bars: tuple[Bar, ...]
    upright: bool = False
    """Columns side by side, rather than rows below each other."""
    top: str = ""
    """What the highest column stands for."""


@dataclass(frozen=True, slots=True)
class Chart:
    """A whole picture."""

    title: str
    sections: tuple[Section, ...]
