"""What each Runway model takes: keys, lengths, sizes, ratios; ``bot.domain.money`` has the prices.

The only table of this kind; requests, checks and texts read it. Runway rejects a body with a key
that the model does not have, so the models cannot share one body.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.money import PRICES
from bot.domain.units import MEBIBYTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.money import Price

RATIOS: Final = (
    "1280:720",
    "720:1280",
    "1104:832",
    "960:960",
    "832:1104",
    "1584:672",
    "848:480",
    "640:480",
)
"""Every ``ratio`` that ``gen4_aleph`` ever took (runwayml SDK 3.9.0 to 4.18.0)."""

ASPECTS: Final = ("16:9", "9:16", "4:3", "3:4", "1:1", "3:2", "2:3", "21:9")
"""Every ``targetAspectRatio`` of ``aleph2`` (runwayml SDK from 5.1.0 on)."""

_ASPECT_OF: Final = {
    "1280:720": "16:9",
    "720:1280": "9:16",
    "1104:832": "4:3",
    "960:960": "1:1",
    "832:1104": "3:4",
    "1584:672": "21:9",
    "848:480": "16:9",
    "640:480": "4:3",
}

MAX_DATA_URI_BYTES: Final = 3_700_000
"""The largest file that may travel inside the request as a base64 data URI.

Runway's limit is 5 MB and counts the encoded text; this is 5,000,000 characters, the strictest
reading, decoded and with room for the prefix.

Source: https://github.com/runwayml/sdk-python, from 5.17.1 on
"""

_CONTENT_TYPES: Final = frozenset(
    {"video/mp4", "video/webm", "video/quicktime", "video/mov", "video/ogg"}
)
_CONTAINERS: Final = frozenset({"mp4", "mov", "webm", "ogg"})
_CODECS: Final = frozenset({"h264", "hevc", "av1", "vp8", "vp9", "prores", "theora"})
_PIXEL_FORMATS: Final = frozenset(
    # 4:2:0 of 8 or 10 bits, and what ProRes consists of
    {"yuv420p", "yuvj420p", "nv12", "yuv420p10le", "yuv422p10le"}
)


class ReferenceKey(enum.Enum):
    """How a model takes a style image."""

    REFERENCES = enum.auto()  # "references": [{"type": "image", "uri"}]
    KEYFRAMES = enum.auto()  # "keyframes": [{"uri", "seconds"}]
    NONE = enum.auto()  # not at all, as far as we know


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoModel:
    """What one video-to-video model takes. ``None`` means: no such rule is known."""

    name: str
    is_known: bool = True
    """Whether these are the model's own rules and not the cautious generic ones."""
    reference_key: ReferenceKey
    ratios: tuple[str, ...] = ()
    """What ``ratio_key`` may be; empty means that the key is never sent."""
    ratio_key: str = "ratio"
    default_ratio: str | None = None
    """Sent when none of ``ratios`` was asked for; ``None`` leaves the key out then."""
    ignores_ratio: bool = False
    """Whether it takes the key, and makes the clip's own shape of every one."""
    used_seconds: float | None = None
    """Only so much of the clip's start is restyled; a longer one is accepted all the same."""
    min_seconds: float | None = None
    max_seconds: float | None = None
    max_url_bytes: int = 32 * MEBIBYTE
    """The largest video that the provider fetches from a URL."""
    content_types: frozenset[str] = _CONTENT_TYPES
    """What the server that serves the clip may call it; names and contents do not count.

    Newer copies of the page add Matroska and 3GPP without saying under which type.
    Source: https://docs.dev.runwayml.com/assets/inputs
    """
    containers: frozenset[str] = _CONTAINERS
    """As ``VideoFacts`` names them; those that belong to ``content_types``."""
    codecs: frozenset[str] = _CODECS
    """As FFmpeg names them. Source: https://docs.dev.runwayml.com/assets/inputs"""
    pixel_formats: frozenset[str] = _PIXEL_FORMATS
    """As FFmpeg names them. Not documented: what cameras and phones write, without transparency."""
    max_fps: float | None = None
    max_long_side: int | None = None
    """Pixels, whichever way the video is turned."""
    max_short_side: int | None = None
    """Pixels, whichever way the video is turned."""

    @property
    def takes_seed(self) -> bool:
        """Whether a seed may be sent along; one that we do not know may refuse the key."""
        return self.is_known

    @property
    def takes_reference(self) -> bool:
        """Whether a style image may be sent along."""
        return self.reference_key is not ReferenceKey.NONE

    @property
    def offered_ratios(self) -> tuple[str, ...]:
        """The shapes that make a difference, so that people are asked for one."""
        return () if self.ignores_ratio else self.ratios

    def own_ratio(self, ratio: str | None) -> str | None:
        """Return how this model calls a shape that another one's name may stand for.

        What a server or a job of an earlier model chose goes on meaning the same; ``None`` where
        the model has no such shape.
        """
        if ratio is None or ratio in self.ratios:
            return ratio
        aspect = _ASPECT_OF.get(ratio, ratio)
        return next((own for own in self.ratios if _ASPECT_OF.get(own, own) == aspect), None)


_MODELS: Final = {
    model.name: model
    for model in (
        # https://github.com/runwayml/sdk-python, 3.9.0 to 4.18.0; gone from 5.0.0 on.
        VideoModel(
            name="gen4_aleph",
            reference_key=ReferenceKey.REFERENCES,
            # Ignored by Runway since 2026 (the output follows the input), and harmless; an older
            # check at the proxy may still demand it.
            ratios=RATIOS,
            default_ratio="1280:720",
            ignores_ratio=True,
            used_seconds=5,
            # Runway has raised its limit to 32 MB since; the proxies kept 16 for this model.
            # https://replicate.com/runwayml/gen4-aleph
            max_url_bytes=16 * MEBIBYTE,
        ),
        # https://github.com/runwayml/sdk-python, from 4.16.0 on; lengths and fps:
        # https://www.skills.sh/calesthio/generative-media-skills/runway-video
        VideoModel(
            name="aleph2",
            reference_key=ReferenceKey.KEYFRAMES,
            ratios=ASPECTS,
            ratio_key="targetAspectRatio",
            min_seconds=2,
            max_seconds=30,
            max_fps=30,
            max_long_side=1920,
            max_short_side=1080,
        ),
    )
}


def model_rules(name: str) -> VideoModel:
    """Return what the model ``name`` takes.

    A name that is not in the table gets cautious generic rules: the three keys that are sure
    (``model``, ``videoUri``, ``promptText``), for others have models refuse a request; Runway's
    general size limit. The models that take
    ``promptVideo`` instead (``seedance2``, ``hailuo3``, …) will be refused by the provider.
    """
    return _MODELS.get(name) or VideoModel(
        name=name, is_known=False, reference_key=ReferenceKey.NONE
    )


def estimate(model: VideoModel, seconds: float, prices: Mapping[str, Price] = PRICES) -> int | None:
    """Return what restyling ``seconds`` of a clip is expected to cost, in micro-dollars.

    A model that uses only the clip's start is paid for that alone. ``None`` means that nobody
    knows: the model has no price here.
    """
    price = prices.get(model.name)
    if price is None:
        return None
    return price.of(seconds if model.used_seconds is None else min(seconds, model.used_seconds))
