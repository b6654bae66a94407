"""What stands behind More under a result: its whole prompt, its facts, its links."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.money import dollars
from bot.requests.text_safety import cut, harmless, quote, quote_all
from bot.texts.clip import BEHIND_SPOILER, clock_time
from bot.texts.common import at, duration

if TYPE_CHECKING:
    from bot.domain.jobs import Job

FROM_DISCORD: Final = "As posted here"
FULL_QUALITY: Final = "Full quality"
NO_LINK: Final = (
    "This clip is not on Discord as a file, and its link has expired.\n"
    "Press Again under it to make it again."
)
_WORDS_GONE: Final = "Its prompt was deleted: it was too old, or somebody asked for it."
_MOST: Final = 1_200
"""Characters of a prompt with its signs made harmless; a message has room for 2,000."""


def menu(job: Job) -> str:
    """Return what stands over the menu."""
    return quote(job.shown_prompt) if job.prompt else _WORDS_GONE


def details(job: Job) -> str:
    """Return the whole prompt, and what the clip was made with, for whoever wants it again."""
    words = quote_all(job.prompt, room=_MOST) if job.prompt else _WORDS_GONE
    lines = [words]
    if job.prompt and job.look:
        lines.append(f"-# This server's house look is added: {harmless(cut(job.look, 200))}")
    start, seconds = job.part_start, job.restyled_seconds
    facts = [f"{clock_time(start)} to {clock_time(start + seconds)}, {duration(seconds)}"]
    if job.seed is not None:
        facts.append(f"seed {job.seed}")
    if job.ratio is not None:
        facts.append(f"shape {job.ratio}")
    if job.reference_url is not None:
        facts.append("with a reference image")
    facts.append(job.model)
    if job.bill_micros is not None:
        facts.append(f"cost {dollars(job.bill_micros)}")
    lines.append("-# " + " · ".join(facts))
    when = f"Asked for {at(job.created_at)}"
    if job.finished_at is not None:
        when += f" · made {at(job.finished_at)}"
    lines.append(f"-# {when}")
    lines.append(f"-# Clip {job.id}, if you ask somebody about it")
    return "\n".join(lines)


def links_title(job: Job) -> str:
    """Return the line over the links."""
    words = "Links that work now. Only you can see them."
    return f"{words}\n{BEHIND_SPOILER}" if job.spoiler else words


def link_line(label: str, url: str) -> str:
    """Return a link too long for a button."""
    return f"[{label}](<{url}>)"
