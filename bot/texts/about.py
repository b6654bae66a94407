"""What people read about the bot itself, and its owner about a newer version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.texts.common import POWERED_BY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

COMMAND: Final = "See the bot's version, its model and its privacy policy"


def about(
    *,
    version: str,
    models: Sequence[str],
    since: datetime,
    latency_seconds: float | None,
    privacy_url: str | None,
    terms_url: str | None,
    newer: str | None,
    privacy: str,
) -> list[str]:
    """Return the lines about the bot.

    Args:
        version: Of the program.
        models: Those that are used, the preferred first.
        since: When the process started.
        latency_seconds: Of the connection to Discord; ``None`` while nobody knows.
        privacy_url: The operator's policy, as the application names it.
        terms_url: Their terms, likewise.
        newer: A newer version, for the owner alone.
        privacy: ``/restyle-privacy``, to be clicked where that is possible.
    """
    lines = [f"**Restyle {version}** restyles clips with {' or '.join(models)}."]
    running = f"Started <t:{int(since.timestamp())}:R>"
    if latency_seconds is None:
        lines.append(f"{running}.")
    else:
        lines.append(f"{running} · {latency_seconds * 1000:.0f} ms to Discord.")
    links = [("Privacy policy", privacy_url), ("Terms", terms_url)]
    found = [f"[{name}]({url})" for name, url in links if url]
    kept = f"{privacy} shows, exports and deletes what the bot keeps about you."
    lines.append(" · ".join(found) + f"\n{kept}" if found else kept)
    if newer is not None:
        lines.append(newer_version(newer, version))
    lines.append(f"-# {POWERED_BY}")
    return lines


def newer_version(newer: str, version: str) -> str:
    """Return what the owner is told once a newer version is out."""
    return f"Restyle {newer} is out; this is {version}. Read its UPGRADING.md before you update."
