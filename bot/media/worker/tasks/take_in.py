"""Looking into a file and, where that is nearly all there is to do, packing it anew at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from bot.media.worker.clip import displayed
from bot.media.worker.tasks import poster, prepare, probe
from bot.requests.clip_plan import COPIED_CODECS, COPIED_CONTAINERS, Mode, Plan

if TYPE_CHECKING:
    from collections.abc import Mapping

_SEARCHED_SECONDS: Final = 1.0
_MOST_PIXELS: Final = 3840 * 2160


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``facts`` of the file at ``path``, and the ``form`` of a copy at ``target``.

    The copy has the pictures and the sound alone. It is made only of a file whose pictures were all
    looked at and of which a plan is likely to ask for just this; else ``form`` is ``None``. A small
    picture of what the clip shows at ``start`` is written to ``moment``, where that is cheap.
    """
    facts = probe.run({"path": arguments["path"]})
    form = None
    if _is_likely_copied(facts):
        form = prepare.copy(arguments["path"], arguments["target"], _plan(facts, arguments))
    if facts["flaw"] is None and _is_cheap(facts):
        with suppress(Exception):  # a courtesy, which refuses nobody's clip
            clip = displayed(arguments["path"], facts)
            moment = poster.find(
                clip, poster.MOMENT_SIDE, start=arguments["start"], seconds=_SEARCHED_SECONDS
            )
            poster.write(moment, arguments["moment"])
    return {"facts": facts, "form": form}


def _is_cheap(facts: Mapping[str, Any]) -> bool:
    """Tell whether a picture takes little: HDR needs filters of its own, large ones much memory."""
    return not facts["transfer"] and facts["width"] * facts["height"] <= _MOST_PIXELS


def _is_likely_copied(facts: Mapping[str, Any]) -> bool:
    """Tell whether nothing but what lies beside the pictures speaks against sending the file."""
    needs_more = ("is_bare", "is_trimmed", "rotation", "is_mirrored", "is_skewed", "transfer")
    return (
        facts["flaw"] is None
        and not any(facts[name] for name in needs_more)
        and facts["codec"] in COPIED_CODECS
        and facts["container"] in COPIED_CONTAINERS
    )


def _plan(facts: Mapping[str, Any], arguments: Mapping[str, Any]) -> Plan:
    """Return the plan for the whole clip, its pictures as they are."""
    return Plan(
        mode=Mode.COPY,
        start_seconds=0.0,
        seconds=round(facts["duration_seconds"], 3),
        width=facts["width"],
        height=facts["height"],
        fps=None,
        max_bytes=arguments["max_bytes"],
        tone_map=False,
        has_audio=facts["has_audio"],
        reasons=(),
    )
