"""What people see of a job under way, as components: the record and the status."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.jobs import CancelReason, Delay, Job, JobState
from bot.requests.text_safety import quote
from bot.texts import clip as clip_texts
from bot.texts import common as texts
from bot.texts.common import mention
from cogs.common.cards import STATE_COLOURS, card, mark
from cogs.common.media import picture_of
from cogs.delivery.answers import source_items
from cogs.restyle.cancel import CancelButton

if TYPE_CHECKING:
    from bot.engine.ports import Progress

_NOT_YET: Final = frozenset({JobState.HELD, JobState.QUEUED})
"""Nothing is spent yet, so it can be cancelled for nothing."""
_CANCELLABLE: Final = _NOT_YET | {JobState.SUBMITTING, JobState.RUNNING}
"""Of these people can say that they do not want it any more."""


def _cancel_row(job: Job) -> list[ui.Item[Any]]:
    return [ui.ActionRow(CancelButton(job.id))] if _can_cancel(job) else []


def _can_cancel(job: Job) -> bool:
    """Tell whether there is something to cancel; what that costs is said before it is done.

    In an old database nobody knows whether it was finished before.
    """
    return job.state in _CANCELLABLE and job.quarantined_at is None


def _delay(job: Job, progress: Progress) -> Delay | None:
    return progress.delay if job.quarantined_at is None else Delay.QUARANTINED


def _known_before(job: Job) -> str:
    is_part = job.restyled_seconds < job.source_seconds - 0.1
    return "-# " + texts.before_spending(
        model=job.model,
        price=job.price_micros,
        revised=job.revised_micros,
        part=(job.part_start, job.restyled_seconds) if is_part else None,
    )


@dataclass(frozen=True, slots=True)
class CardState:
    """What a card shows, comparable: an edit that would change nothing is not sent."""

    colour: int
    lines: tuple[str, ...]
    can_cancel: bool


def _words(job: Job, progress: Progress, fraction: float | None) -> str:
    """Return where the job stands, in a few words."""
    found = None
    if job.state in _NOT_YET and not _is_past(job, progress):
        found = clip_texts.waiting(_delay(job, progress), progress.position, progress.starts_at)
    return found or texts.ended_words(job) or texts.phase_words(job.state, progress.phase, fraction)


def _detail(job: Job, progress: Progress) -> str | None:
    """Return the line under it."""
    found = None
    if job.state in _NOT_YET and not _is_past(job, progress):
        found = clip_texts.waiting_detail(
            _delay(job, progress),
            progress.position,
            comes_after_others=progress.comes_after_others,
            is_start_known=progress.starts_at is not None,
        )
    return found or texts.status_detail(
        job,
        phase=progress.phase,
        typical_seconds=progress.typical_seconds,
        overdue=progress.overdue,
    )


def _is_past(job: Job, progress: Progress) -> bool:
    """Tell whether the job has been prepared meanwhile."""
    return progress.delay is Delay.PREPARING and job.prepared_at is not None


def status_state(job: Job, progress: Progress) -> CardState:
    """Return what the status message says."""
    lines = [f"**{_words(job, progress, progress.fraction)}**"]
    detail = _detail(job, progress)
    if detail is not None:
        lines.append(detail)
    return CardState(STATE_COLOURS[job.state].value, tuple(lines), _can_cancel(job))


def status_card(job: Job, progress: Progress, *, clip: str | None = None) -> ui.LayoutView:
    """Return the status message; ``clip`` is the name of the clip that it keeps, if it does."""
    state = status_state(job, progress)
    view = card(
        discord.Colour(state.colour), state.lines, *_cancel_row(job), id_=mark(job.id, "status")
    )
    return _with_clip(view, job, clip)


def _with_clip(view: ui.LayoutView, job: Job, clip: str | None) -> ui.LayoutView:
    if clip is not None:
        for item in source_items(job, clip=clip, prepared=job.plan is not None):
            view.add_item(item)
    return view


def record_state(job: Job, progress: Progress, *, alone: bool, quoted: bool = True) -> CardState:
    """Return what the record says.

    Args:
        job: The job.
        progress: How far it is.
        alone: Whether there is no status message, so that the record stands for it as well.
        quoted: Whether the prompt may be shown; a server's AutoMod may block it. Before everybody
            it is not shown anyway until whoever has to allow the request has done so.
    """
    is_restored = job.cancel_reason is CancelReason.RESTORED
    title_state = JobState.DONE if is_restored else job.state
    lines = [texts.record_title(title_state, mention(job.user_id))]
    if job.state is JobState.HELD:
        lines = [texts.held_title(job)]
    is_shown = job.hold is None and not job.is_taken_down and not job.is_denied
    if quoted and is_shown and job.prompt:  # which may have been deleted since
        lines.append(quote(job.shown_prompt))
        lines += texts.edited(job)
    words = f"**{_words(job, progress, progress.fraction)}**"
    lines.append(words if job.thread_id is None else f"{words} · <#{job.thread_id}>")
    if job.state in _NOT_YET | {JobState.SUBMITTING, JobState.RUNNING, JobState.WITHHELD}:
        if alone and (detail := _detail(job, progress)):
            lines.append(detail)
        lines.append(_known_before(job))
    can_cancel = alone and _can_cancel(job)
    return CardState(STATE_COLOURS[job.state].value, tuple(lines), can_cancel)


def record_card(
    job: Job,
    progress: Progress,
    *,
    alone: bool,
    quoted: bool = True,
    pictured: bool = False,
    outcome_url: str | None = None,
) -> ui.LayoutView:
    """Return the record.

    Args:
        job: As for :func:`record_state`, as the next.
        progress: Likewise.
        alone: Likewise.
        quoted: Likewise.
        pictured: Whether the message has its picture, or gets it with this.
        outcome_url: Leads to the answer, or to the message that says why there is none.
    """
    state = record_state(job, progress, alone=alone, quoted=quoted)
    items: list[ui.Item[Any]] = _cancel_row(job) if state.can_cancel else []
    if outcome_url is not None:
        is_done = job.state is JobState.DONE or job.answer_message_id is not None
        label = "Watch" if is_done else "Details"
        items.append(ui.ActionRow(ui.Button(label=label, url=outcome_url)))
    picture = picture_of(job) if pictured else None
    return card(discord.Colour(state.colour), state.lines, *items, picture=picture)


def final_status_card(job: Job, *, clip: str | None = None) -> ui.LayoutView:
    """Return the status message of a job that is over; the outcome stands below it."""
    view = card(
        STATE_COLOURS[job.state],
        [f"**{texts.ended_words(job) or texts.phase_words(job.state)}**"],
        id_=mark(job.id, "status"),
    )
    return _with_clip(view, job, clip)
