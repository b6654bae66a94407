"""The pictures of the built-in looks that ``/restyle-looks`` shows: ``make samples``.

They are made of the demo's own clip by the local stand-in, so they cost nothing, show nobody, and
are only like what the provider makes; the bot says so beside them.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

import av

from bot.domain.built_in_looks import BUILT_IN
from bot.domain.looks import compose
from sandbox.looks import choose_look
from sandbox.restyle import restyle
from sandbox.sample import sample_clip

FOLDER: Final = Path(__file__).parents[1] / "cogs" / "looks" / "samples"
WIDTH: Final = 320
"""Pixels; people see them as thumbnails, and one at a time no wider than that."""
_MOMENTS: Final = (0.8, 3.0)
"""Seconds into the clip; the second where two looks are the same to the stand-in."""
_QUALITY: Final = 80


def write(folder: Path = FOLDER) -> int:
    """Write one picture for each built-in look; return how many bytes they are together."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        clip = Path(place) / "clip.mp4"
        sample_clip(clip)
        drawn: list[str] = []
        for name, look in BUILT_IN.items():
            made = Path(place) / f"{name}.mp4"
            found = choose_look(compose(look.words, ""))
            moment = _MOMENTS[drawn.count(found.name)]
            restyle(clip, made, look=found, seed=7, max_seconds=moment)
            drawn.append(found.name)
            _write_last(made, folder / f"{name}.jpg")
    return sum(path.stat().st_size for path in folder.glob("*.jpg"))


def _write_last(clip: Path, target: Path) -> None:
    with av.open(str(clip)) as opened:
        *_, last = opened.decode(video=0)
        picture = last.to_image()  # type: ignore[no-untyped-call] # PyAV has no types for it
    picture.thumbnail((WIDTH, WIDTH))
    picture.save(target, quality=_QUALITY, optimize=True)
