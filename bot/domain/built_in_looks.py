"""The looks that come with the bot: what to change, the person's own words, what to keep.

Aleph does best with one instruction that begins with a verb, names few and visible things, and says
what stays. Nobody's name or work is in them: the provider's check refuses some, and they are not
ours to offer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.looks import Look

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEEP: Final = "Keep the people, their faces, every movement and the camera as they are."
_KEEP_SHAPES: Final = "Keep the framing and every movement, and let people stay recognisable."


def _look(name: str, words: str, keep: str = _KEEP) -> Look:
    return Look(name=name, words=f"{words} {{prompt}} {keep}")


BUILT_IN: Final[Mapping[str, Look]] = {
    "noir": _look(
        "Film noir",
        "Restyle the clip as a 1940s film noir in high-contrast black and white: hard light from "
        "one side, deep shadows, smoke and fine film grain.",
    ),
    "old-film": _look(
        "Old film",
        "Make the clip look like a silent film of the 1920s: sepia tones, soft focus, scratches, "
        "dust and a gentle flicker.",
    ),
    "camcorder": _look(
        "Camcorder tape",
        "Make the clip look like a worn VHS tape from a 1990s camcorder: smeared colours, scan "
        "lines, tracking noise along the bottom edge.",
    ),
    "golden-hour": _look(
        "Golden hour",
        "Relight the scene as in the last hour before sunset: warm golden light from low on one "
        "side, long soft shadows, a little haze.",
    ),
    "moonlight": _look(
        "Moonlight",
        "Turn the scene into a clear night under a full moon: deep blue shadows, silver edges, a "
        "little fog near the ground, dark sky.",
    ),
    "autumn": _look(
        "Autumn",
        "Move the scene into late autumn: red and amber leaves on every plant and on the ground, "
        "low sun, mist, damp surfaces.",
    ),
    "first-snow": _look(
        "First snow",
        "Bring deep winter to the scene: fresh snow on every surface, large flakes falling, frost "
        "on glass, cold pale light.",
    ),
    "neon-city": _look(
        "Neon city",
        "Turn the scene into a cyberpunk city after rain: wet reflecting ground, neon signs in "
        "magenta and cyan, glowing edges, dark sky.",
    ),
    "synthwave": _look(
        "Synthwave",
        "Restyle the scene as synthwave: a pink and purple sky with a large low sun, a glowing "
        "grid on the ground, chrome highlights.",
    ),
    "dream": _look(
        "Dream",
        "Turn the scene into an ethereal dream: soft haze, light that blooms, floating specks of "
        "dust, a touch of magic in the air.",
    ),
    "watercolour": _look(
        "Watercolour",
        "Repaint the clip as a loose watercolour: visible paper, soft washes that bleed into each "
        "other, white left at the edges, few thin lines.",
        _KEEP_SHAPES,
    ),
    "oil": _look(
        "Oil painting",
        "Repaint the clip as an oil painting on canvas: thick brush strokes that follow the "
        "shapes, rich colours, light from a window.",
        _KEEP_SHAPES,
    ),
    "sketch": _look(
        "Pencil sketch",
        "Redraw the clip as a pencil sketch on cream paper: graphite hatching, smudged shadows, "
        "unfinished edges, no colour.",
        _KEEP_SHAPES,
    ),
    "comic": _look(
        "Comic book",
        "Redraw the clip as a printed comic: bold ink outlines, flat bright colours, halftone dots "
        "in the shadows.",
        _KEEP_SHAPES,
    ),
    "anime": _look(
        "Anime",
        "Redraw the clip as hand-drawn anime: clean lines, cel shading in two tones, detailed "
        "skies, soft light on hair and eyes.",
        _KEEP_SHAPES,
    ),
    "pixels": _look(
        "Pixel game",
        "Rebuild the scene as a 16-bit video game: large square pixels, few colours, dithered "
        "shadows, no smooth edges.",
        _KEEP_SHAPES,
    ),
    "blueprint": _look(
        "Blueprint",
        "Redraw the clip as a technical blueprint: thin white lines on deep blue paper with a fine "
        "grid, outlines only, no shading.",
        _KEEP_SHAPES,
    ),
    "thermal": _look(
        "Thermal camera",
        "Show the scene through a thermal infrared camera: people and engines in white, orange and "
        "red, everything else in violet and blue.",
        _KEEP_SHAPES,
    ),
}
"""By the word that stands in their keys, which stays; in the order in which people see them."""
