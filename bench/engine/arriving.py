"""The clips that arrive, and what the provider makes of each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bench.media.arrival import repeat, times_for
from bench.media.clips import Source, make

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_ONCE_SECONDS: Final = 2.0  # so much is encoded, and repeated without encoding
_TONE_MAP: Final = (
    "setparams=color_trc=arib-std-b67:color_primaries=bt2020:colorspace=bt2020nc,"
    "scale=out_color_matrix=bt709:out_primaries=bt709:out_transfer=bt709:out_range=tv"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A kind of clip that people attach."""

    name: str
    source: Source
    seconds: float
    size: tuple[int, int] = (1920, 1080)
    """Of what is encoded, in pixels."""
    filters: str = ""
    """What the floor does to its pictures; empty where they go as they are."""
    among_twenty: int = 0
    """How many of twenty clips in a minute are of this kind."""


KINDS: Final = (
    Arriving(name="4 s of 1080p, ready", source=Source(name="ready"), seconds=4.0, among_twenty=17),
    Arriving(
        name="30 s of 4K HEVC in HDR, as a phone films",
        source=Source(
            name="phone",
            suffix=".mov",
            form="mov",
            codec="libx265",
            pix_fmt="yuv420p10le",
            width=3840,
            height=2160,
            is_hdr=True,
        ),
        seconds=30.0,
        filters=f"scale=1920:1080:flags=bicubic,{_TONE_MAP},setsar=1,format=yuv420p",
        among_twenty=1,
    ),
    Arriving(
        name="30 s of 1080p, 100 MB, as a screen is recorded",
        source=Source(name="screen", options={"crf": "-1", "b": "27M"}),
        seconds=30.0,
        filters="format=yuv420p",
        among_twenty=2,
    ),
)
_OUTPUT: Final = Source(name="output")


def quick_kinds() -> list[Arriving]:
    """Return kinds that are made and prepared in no time, for trying the machinery."""
    size = width, height = 160, 96
    ready = replace(KINDS[0], source=Source(name="ready", width=width, height=height))
    fast = Source(name="fast", fps=60, width=width, height=height)
    return [
        replace(ready, size=size, among_twenty=1),
        Arriving(
            name="60 fps", source=fast, seconds=4.0, size=size, filters="fps=30,format=yuv420p"
        ),
    ]


def make_all(kinds: Sequence[Arriving], folder: Path) -> tuple[list[Path], list[Path]]:
    """Make a clip and an output of each kind."""
    clips: list[Path] = []
    outputs: list[Path] = []
    for number, kind in enumerate(kinds):
        output = replace(_OUTPUT, width=kind.size[0], height=kind.size[1])
        for made, source in ((clips, kind.source), (outputs, output)):
            once = make(replace(source, seconds=_ONCE_SECONDS), folder, name="once")
            target = folder / f"{source.name}{number}{source.suffix}"
            made.append(repeat(once, target, times_for(kind.seconds), form=source.form))
            once.unlink()
    return clips, outputs
