"""What people read in ``/restyle-jobs``: their own clips, or a server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.jobs import FailureReason, JobState
from bot.domain.money import dollars
from bot.requests.text_safety import cut, harmless, one_line
from bot.texts import outcome as outcome_texts
from bot.texts.common import mention, phase_words, relative

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.texts.commands import CommandNaming

COMMAND: Final = "See your clips, those in progress first; moderators see the server's too"
WHOSE: Final = {"own": "Yours", "all": "This server's"}
GROUPS: Final = {
    "all": "All",
    "open": "In progress",
    "done": "Done",
    "failed": "Failed or uncertain",
    "cancelled": "Cancelled or denied",
}
"""By the words of ``bot.storage.job_list.StateGroup``."""
OPEN_PLACEHOLDER: Final = "Open a clip…"
SEARCH_LABEL: Final = "Search…"
EVERYTHING_LABEL: Final = "Show all"
NEWEST_LABEL: Final = "Newest"
OLDER_LABEL: Final = "Older"
BACK_LABEL: Final = "Back to the list"
GO_LABEL: Final = "Go to it"
SEARCH_TITLE: Final = "Search in prompts"
SEARCH_FIELD: Final = "Words"
SEARCH_HINT: Final = "Exactly as in the prompt, in the same order."
MAX_SEARCH: Final = 40
"""Characters; they are part of a button's id."""
NOT_THERE: Final = "You cannot see this clip here."
_LABEL: Final = 100
_IN_LIST: Final = 120
_WHOLE: Final = 1_500


def heading(
    whose: str, group: str, words: str, *, is_empty: bool, is_first: bool, command: CommandNaming
) -> str:
    """Return the first lines of a list; ``command`` names how to fill an empty one."""
    title = f"## Clips · {WHOSE[whose]}"
    narrowed = []
    if group != "all":
        narrowed.append(GROUPS[group])
    if words:
        narrowed.append(f"with “{harmless(words)}”")
    if narrowed:
        title += f"\n-# {' · '.join(narrowed)}"
    if not is_empty:
        return title
    if not is_first:
        return f"{title}\nNo more clips."
    if narrowed:
        return f"{title}\nNo clips match."
    if whose == "own":
        start = f"Type {command('restyle')}, attach a clip and say how it should look."
        return f"{title}\nNone yet. {start}"
    return f"{title}\nNobody has restyled a clip here yet."


def state_of(job: Job) -> str:
    """Return where a job stands, in a few words."""
    if job.deleted_at is not None:
        return "Deleted"
    return phase_words(job.state, job.phase, job.progress)


def in_list(job: Job, *, names_requester: bool, shows_words: bool) -> str:
    """Return a job among others."""
    who = f" · {mention(job.user_id)}" if names_requester else ""
    lines = [f"**{state_of(job)}** · {relative(job.created_at)}{who}"]
    lines.append(_quoted(job, _IN_LIST, shows_words=shows_words))
    return "\n".join(lines)


def label(job: Job, *, shows_words: bool) -> str:
    """Return a job's line in the menu, as plain text."""
    words = one_line(job.shown_prompt) if shows_words else ""
    return cut(f"{state_of(job)} · {words or 'prompt hidden'}", _LABEL)


def whole(
    job: Job, *, names_requester: bool, shows_words: bool, command: CommandNaming
) -> list[str]:
    """Return everything about one job; ``command`` names what may be done next."""
    who = f" · {mention(job.user_id)}" if names_requester else ""
    lines = [
        f"## {state_of(job)}",
        f"-# Asked for {relative(job.created_at)}{who}",
        _quoted(job, _WHOLE, shows_words=shows_words),
    ]
    if job.state is JobState.FAILED:
        reason = job.failure or FailureReason.PROVIDER_TROUBLE
        if job.charge is not None:
            lines += outcome_texts.failure(
                reason, job.charge, cost=job.bill_micros, command=command
            )
    facts = []
    if job.seed is not None:
        facts.append(f"seed {job.seed}")
    facts.append(job.model)
    if job.bill_micros is not None:
        facts.append(f"cost {dollars(job.bill_micros)}")
    elif job.price_micros is not None and job.finished_at is None:
        facts.append(f"about {dollars(job.price_micros)}")
    lines.append(f"-# {' · '.join(facts)}")
    return lines


def _quoted(job: Job, characters: int, *, shows_words: bool) -> str:
    if not shows_words:
        return "-# Its prompt is shown once it is approved."
    if not job.prompt:
        return "-# Its prompt was deleted."
    words = job.shown_prompt if characters < _WHOLE else job.prompt
    return f"> {harmless(cut(one_line(words), characters))}"


def picture_description() -> str:
    """Return the alternative text of a job's picture."""
    return "Moments of the original and of the restyled clip"
