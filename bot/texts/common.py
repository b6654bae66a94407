"""Every sentence about a job that a user can read: functions from facts to text.

Short, one idea a line, no exclamation marks, no provider text. Mentions come in as ready strings
(``who``), moments as aware datetimes; times go out as Discord timestamps, so that they are right
in every zone and language. Refusals of a request are in ``refusal.py``, ends without a video in
``outcome.py``, settings in ``policy.py``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import CancelReason, Hold, JobState, Phase
from bot.domain.money import dollars
from bot.domain.units import MEBIBYTE
from bot.texts.commands import plainly

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Job

SETTINGS: Final = plainly("restyle-settings")
"""To members, who may not use it."""
NEUTRAL_NAME: Final = "Restyled clip"
"""A thread's name when the prompt cannot be one."""

POWERED_BY: Final = "[Powered by Runway](https://runwayml.com)"


def mention(user_id: int) -> str:
    """Return what shows as a user's name; it pings them where the message lets it."""
    return f"<@{user_id}>"


THE_MODERATORS: Final = "the moderators"


def moderator(user_id: int | None, job: Job) -> str:
    """Return a moderator as the people of ``job`` read of them: by name, or as one of several."""
    is_named = user_id is not None and job.name_moderators
    return mention(user_id) if user_id is not None and is_named else THE_MODERATORS


# Numbers and moments


def counted(number: float, noun: str) -> str:
    """Return a number with its noun, in the singular for one: ``1 clip``, ``1,200 clips``."""
    return f"{number:,.12g} {noun}" if number == 1 else f"{number:,.12g} {noun}s"


def size(size_bytes: float) -> str:
    """Return a size in MB as people read it; rounded up, so it never looks smaller than it is."""
    megabytes = math.ceil(size_bytes / MEBIBYTE * 10) / 10
    return f"{megabytes:.0f} MB" if megabytes == int(megabytes) else f"{megabytes:.1f} MB"


def duration(seconds: float) -> str:
    """Return a length of time: ``4.5 s``, ``40 s``, ``1 min 40 s``, ``1 h 5 min``."""
    if seconds < 10 and round(seconds, 1) != round(seconds):
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, rest = divmod(round(whole / 60), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def rough_duration(seconds: float) -> str:
    """Return a length of time as an estimate: to 5 s below two minutes, then to the minute."""
    if seconds < 120:
        return duration(max(5, round(seconds / 5) * 5))
    return duration(round(seconds / 60) * 60)


def percent(fraction: float) -> str:
    """Return a fraction of 0 to 1 as whole per cent, rounded down: 100% only when it is done."""
    return f"{int(max(0.0, min(1.0, fraction)) * 100 + 1e-6)}%"


def relative(moment: datetime) -> str:
    """Return ``moment`` as Discord shows it from now: *2 minutes ago*."""
    return f"<t:{int(moment.timestamp())}:R>"


def at(moment: datetime) -> str:
    """Return ``moment`` as date and time in the reader's zone."""
    return f"<t:{int(moment.timestamp())}:f>"


# Record and status


NOT_STARTED: Final = "Not started."


def held_name(who: str | None, moment: datetime) -> str:
    """Return the plain name of a request whose words are not shown yet; ``who`` may be unknown."""
    time = f"{moment:%I:%M %p} UTC".lstrip("0")
    return f"Clip by {who}, {time}" if who else f"Clip, {time}"


def held_title(job: Job) -> str:
    """Return the same where Discord shows names and the reader's time."""
    return f"Clip by {mention(job.user_id)}, <t:{int(job.created_at.timestamp())}:t>"


def record_title(state: JobState, who: str) -> str:
    """Return the record's first line."""
    match state:
        case JobState.DONE:
            return f"{who} restyled a clip"
        case JobState.FAILED | JobState.CANCELLED:
            return f"{who} wanted to restyle a clip"
        case _:
            return f"{who} is restyling a clip"


def phase_words(state: JobState, phase: Phase | None = None, fraction: float | None = None) -> str:
    """Return where a job stands, in a few words."""
    match state:
        case JobState.HELD:
            return "Waiting for approval"
        case JobState.QUEUED:
            return "Waiting to start"
        case JobState.SUBMITTING:
            return "Sending the clip to Runway"
        case JobState.RUNNING if phase is Phase.RUNNING:
            words = "Running"
            return words if fraction is None else f"{words} · {percent(fraction)}"
        case JobState.RUNNING:
            return "Waiting at Runway"
        case JobState.WITHHELD:
            return "Finished · a moderator checks it first"
        case JobState.DELIVERING:
            return "Finished · the clip is on its way"
        case JobState.DONE:
            return "Done"
        case JobState.FAILED:
            return "Failed"
        case JobState.CANCELLED:
            return "Cancelled"
        case JobState.UNCERTAIN:
            return "Uncertain"


def ended_words(job: Job) -> str | None:
    """Return what a job came to, where its state alone does not say it."""
    if job.cancel_reason is CancelReason.RESTORED:
        return FINISHED_BEFORE
    if job.deleted_at is not None:
        return "Deleted"
    if job.is_denied:
        return "Denied by the moderators"
    if job.state is JobState.CANCELLED and job.cancel_reason is CancelReason.CONSENT_REFUSED:
        return "Denied by the clip's author"
    return None


def edited(job: Job) -> list[str]:
    """Return the line that says whose wording the prompt is, if it is not the requester's."""
    by = moderator(job.edited_by, job)
    return [f"-# Prompt changed by {by}"] if job.edited_by is not None else []


def before_spending(
    *,
    model: str,
    price: int | None,
    part: tuple[float, float] | None,
    revised: int | None = None,
) -> str:
    """Return what is known before the bill is.

    Args:
        model: The provider's model.
        price: What the job will probably cost, in micro-dollars; ``None`` when nobody can say.
        part: Where the restyled part begins, and how long it is, in seconds; ``None`` is all.
        revised: The most that the provider says it will cost, where that is another amount.
    """
    parts = [model]
    if revised is not None:
        expected = f" instead of the {dollars(price)} expected" if price is not None else ""
        parts.append(f"up to {dollars(revised)} by Runway's own estimate{expected}")
    elif price is not None:
        parts.append(f"about {dollars(price)}")
    if part is not None and part[0] == 0:
        parts.append(f"the first {duration(part[1])} are restyled")
    elif part is not None:
        parts.append(f"{duration(part[1])} from {duration(part[0])} on are restyled")
    return " · ".join(parts)


def status_detail(
    job: Job, *, phase: Phase | None, typical_seconds: float | None, overdue: bool
) -> str | None:
    """Return the line under the phase: since when, and how long it usually takes."""
    match job.state:
        case JobState.HELD:
            return _held_detail(job)
        case JobState.WITHHELD if job.held_until is not None:
            return f"Without a decision it ends {relative(job.held_until)}"
        case JobState.QUEUED:
            return f"Asked for {relative(job.created_at)} · nothing is spent yet"
        case JobState.RUNNING if overdue:
            return f"{_since(job, phase)} · far longer than usual. The bot keeps checking."
        case JobState.RUNNING:
            parts = [_since(job, phase)]
            if typical_seconds is not None:
                usual = rough_duration(typical_seconds)
                parts.append(f"a clip this long usually takes about {usual}")
            elif phase is Phase.THROTTLED:
                parts.append("all its slots are taken; it starts by itself")
            return " · ".join(parts)
        case _:
            return None


def _since(job: Job, phase: Phase | None) -> str:
    """Return since when the provider has the clip, or works on it as far as anybody knows."""
    verb = "Started" if phase is Phase.RUNNING else "Sent"
    return f"{verb} {relative(job.submitted_at or job.created_at)}"


def _held_detail(job: Job) -> str:
    if job.hold is Hold.CONSENT and job.source_author_id is not None:
        whose = f"{mention(job.source_author_id)}, who posted the clip, decides"
    else:
        whose = "A moderator decides"
    until = f" · the request ends {relative(job.held_until)}" if job.held_until else ""
    return f"{whose}{until} · nothing is spent yet"


# The answer


def answer_title(who: str) -> str:
    """Return the answer's first line, which pings ``who``."""
    return f"{who} Here is your clip."


def answer_link(
    url: str | None,
    expires_at: datetime | None,
    *,
    attached: bool,
    smaller: bool = False,
    archived: bool = False,
) -> str:
    """Return the line with the output's link.

    Args:
        url: The link, ready for markdown; ``None`` when it cannot be shown.
        expires_at: When it stops working, about; ``None`` when nobody said.
        attached: Whether the video itself is in the message.
        smaller: Whether that one was made smaller to fit.
        archived: Whether the link is one of the operator's own archive, which lasts.
    """
    note = "Made smaller to fit here · " if smaller else ""
    if url is None:
        return f"{note}The original link cannot be shown here."
    until, save = "", ""
    if not archived:
        until = (
            f" · works until about {at(expires_at)}" if expires_at else " · works for about a day"
        )
        save = " Save it before the link ends."
    if attached:
        return f"{note}[Full quality]({url}){until}"
    return f"[Watch the clip]({url}){until}\nIt could not be posted here as a file.{save}"


def answer_facts(
    *, model: str, seconds: float, seed: int | None, cost: int | None, part: str | None = None
) -> str:
    """Return the line of facts.

    Args:
        model: The provider's model.
        seconds: How much of the clip it used.
        seed: As asked for.
        cost: As the provider reported it, in micro-dollars. When it did not, nothing is said: an
            estimate is for before.
        part: Which part of its clip that was, where it was not all of it.
    """
    parts = [model, duration(seconds) if part is None else part]
    if seed is not None:
        parts.append(f"seed {seed}")
    if cost is not None:
        parts.append(f"cost {dollars(cost)}")
    return " · ".join(parts)


def provenance(requester: str, *, author: str | None = None, clip: str | None = None) -> str:
    """Return whose clip it is, who asked, and that a machine made it.

    Args:
        requester: Who asked, as a mention.
        author: Who posted the clip, when that is somebody else, as a mention.
        clip: The link to their message, ready for markdown.
    """
    made = f"made with AI, {POWERED_BY}"
    message = f"[this message]({clip})" if clip is not None else None
    if author is None and message is None:
        return f"From a clip by {requester} · {made}"
    if author is None:  # an app's, which nobody can be asked about
        whose = f"From a clip in {message}"
    else:
        whose = f"From a clip by {author}" + (f" in {message}" if message is not None else "")
    return f"{whose} · asked for by {requester} · {made}"


def file_description(prompt: str) -> str:
    """Return the alternative text of the video."""
    return f"A clip restyled by AI: {prompt}"


ELSEWHERE: Final = "The place where you asked no longer takes this message, so it comes here."


# Answers to the Cancel button


FINISHED_BEFORE: Final = "Already finished"
"""Where a job stands whose row came back with an old database."""
CANCEL_QUARANTINED: Final = "Cancelled. Nobody knows whether it was paid for before the outage."
CANCEL_DONE: Final = "Cancelled. Nothing was spent."


def cancel_not_yours(who: str) -> str:
    """Return the answer to somebody who may not cancel."""
    return f"Only {who} and this server's moderators can cancel this."


def cancel_too_late(state: JobState, *, spent: bool = False) -> str:
    """Return why a job in ``state`` can no longer be cancelled, and what comes instead.

    ``spent`` is whether the provider had it.
    """
    match state:
        case JobState.CANCELLED:
            return "It is already cancelled." + ("" if spent else " Nothing was spent.")
        case JobState.DONE | JobState.FAILED:
            return "It is already over; the outcome is posted."
        case JobState.SUBMITTING:
            return "It is on its way to Runway right now. Press Cancel again in a moment."
        case JobState.UNCERTAIN:
            return "Runway may already have it, so it cannot be taken back."
        case _:
            return "Runway already has it; it is paid for, and the result will be posted here."


def clip_unknown(restyle: str) -> str:
    """Return what is said of a clip that is gone; ``restyle`` names the command for another."""
    return f"The bot no longer knows this clip. You can start a new one with {restyle}."


CANCEL_STORE_UNAVAILABLE: Final = (
    "The bot cannot reach its database right now. Try again in a minute."
)
UNKNOWN_CONTROL: Final = "This control no longer works. Run the command again to get a new one."
UNKNOWN_COMMAND: Final = (
    "This command has changed or is gone. Reload Discord (Ctrl+R) and choose it again."
)
NOT_ALLOWED: Final = "You cannot use this command here. The server's administrators decide who can."


def trouble(mark: str) -> str:
    """Return what a person reads when the program broke; ``mark`` is what the log calls it."""
    return f"Something broke in the bot. Give its owner the code `{mark}`: the log has the details."
