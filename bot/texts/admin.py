"""What server managers read in ``/restyle-admin``; the owner's part is in ``owner.py``.

Mentions come in as ids and are written here; people's own words are made harmless here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import Delay, JobState
from bot.requests.text_safety import cut, harmless, one_line
from bot.texts import clip as clip_texts
from bot.texts.commands import plainly
from bot.texts.common import counted, mention, phase_words, relative
from bot.texts.usage import clips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.domain.jobs import Job
    from bot.domain.sanctions import Block, Pause, Strike
    from bot.texts.commands import CommandNaming

SHOWN_JOBS: Final = 15
"""In one list; a message has room for 4,000 characters."""
_SHOWN_PEOPLE: Final = 25
_PROMPT_CHARACTERS: Final = 60
_LABEL_CHARACTERS: Final = 100
"""What Discord takes as the label of an option.

Source: https://docs.discord.com/developers/components/reference#string-select
"""

CANCEL_PLACEHOLDER: Final = "Cancel a clip…"
REFRESH_LABEL: Final = "Refresh"
LIFT_PLACEHOLDER: Final = "Lift strikes…"

_WAITING: Final = frozenset({JobState.HELD, JobState.QUEUED})


def _why(note: str | None) -> str:
    return f': "{harmless(note)}"' if note else "."


def _group(guild_id: int) -> str:
    """Return whose commands see to a server's things, or to all."""
    return "restyle-owner" if guild_id == GLOBAL_GUILD_ID else "restyle-admin"


def _waiting_and_under_way(counts: Mapping[JobState, int]) -> tuple[int, int]:
    waiting = sum(count for state, count in counts.items() if state in _WAITING)
    return waiting, sum(counts.values()) - waiting


def in_dms(what: str) -> str:
    """Return the answer to a command of one server, used in direct messages."""
    return f"{what} is about one server. Use {plainly('restyle-admin')} there."


# Jobs


def jobs(found: Sequence[Job], counts: Mapping[JobState, int], *, everywhere: bool) -> list[str]:
    """Return the list of the clips that wait or are under way.

    Args:
        found: The first of them, as ``Overview.open_jobs`` gives them.
        counts: How many there are in each state.
        everywhere: Whether they are all servers'.
    """
    waiting, under_way = _waiting_and_under_way(counts)
    where = "on all servers" if everywhere else "on this server"
    lines = [f"**Clips {where}** · {waiting} waiting · {under_way} in progress"]
    if not found:
        return [*lines, "Nothing is waiting or in progress."]
    lines += [_job_line(number, job, quoted=everywhere) for number, job in enumerate(found, 1)]
    more = sum(counts.values()) - len(found)
    if more > 0:
        lines.append(f"and {more} more.")
    lines.append(
        "-# Clips that are waiting can be cancelled and cost nothing. What Runway already has is "
        "paid for; you can stop waiting for it, and then its result is not posted."
    )
    return lines


def _job_line(number: int, job: Job, *, quoted: bool) -> str:
    """Return a line of the list.

    A thread is named after the prompt, so that is quoted only where there is none, or where the
    reader may not see the thread.
    """
    line = (
        f"{number}. {_standing(job)} · {mention(job.user_id)} in "
        f"<#{job.place_id}>, {relative(job.created_at)}"
    )
    if quoted or job.thread_id is None:
        line += f" · {harmless(cut(one_line(job.prompt), _PROMPT_CHARACTERS))}"
    return line


def _standing(job: Job) -> str:
    """Return where a job stands, or that it waits for the bot's owner, in a few words."""
    if job.quarantined_at is not None and job.state in _WAITING:
        return clip_texts.DELAYS[Delay.QUARANTINED]
    return phase_words(job.state, job.phase)


def job_label(number: int, job: Job) -> str:
    """Return how a menu calls the job that the list shows under ``number``."""
    words = f"{number} · {_standing(job)} · {one_line(job.prompt)}"
    return cut(words, _LABEL_CHARACTERS)


def cancelled(job: Job) -> str:
    """Return the answer after a clip was cancelled."""
    if job.quarantined_at is not None:
        return (
            f"Cancelled the clip by {mention(job.user_id)}. It was in quarantine and may have been "
            "paid for before, so its cost still counts. They have been told."
        )
    return f"Cancelled the clip by {mention(job.user_id)}. Nothing was spent. They have been told."


DROP_LABEL: Final = "Stop"
KEEP_LABEL: Final = "Keep waiting"


def drop_question(job: Job) -> list[str]:
    """Return what is asked before a clip is given up that the provider works on."""
    return [
        f"Runway already has the clip by {mention(job.user_id)}: "
        f"{harmless(cut(one_line(job.prompt), _PROMPT_CHARACTERS))}",
        "The money is spent either way, and its result will not be posted. Stop waiting for it?",
    ]


def dropped(job: Job) -> str:
    """Return the answer after a clip was given up that the provider works on."""
    return (
        f"Stopped waiting for the clip by {mention(job.user_id)}. Its result will not be posted, "
        "and its cost still counts. They have been told."
    )


def not_cancelled(state: JobState | None) -> str:
    """Return why a clip was not cancelled."""
    match state:
        case None:
            return "There is no such clip here."
        case JobState.CANCELLED:
            return "It is already cancelled."
        case JobState.DONE | JobState.FAILED:
            return "It is already over."
        case JobState.WITHHELD:
            return "It is finished and waiting for review. Deny it there."
        case JobState.UNCERTAIN:
            return "Nobody knows whether CometAPI took it. The bot's owner can settle that."
        case JobState.DELIVERING:
            return "It is finished and about to be posted. Delete it in its thread."
        case _:
            return "It is on its way to Runway right now. Try again in a moment."


# Blocks


def blocked(block: Block, command: CommandNaming, *, is_new: bool) -> str:
    """Return the answer after a block; ``command`` names the one that ends their clips."""
    where = "anywhere" if block.guild_id == GLOBAL_GUILD_ID else "on this server"
    if is_new:
        jobs_command = command(f"{_group(block.guild_id)} jobs")
        return (
            f"{mention(block.user_id)} can no longer restyle clips {where}{_why(block.note)}\n"
            f"What they already asked for continues; {jobs_command} cancels it."
        )
    return (
        f"{mention(block.user_id)} was already blocked {relative(block.blocked_at)} "
        f"by {mention(block.blocked_by)}{_why(block.note)}"
    )


def unblocked(user_id: int, block: Block | None) -> str:
    """Return the answer after a block was taken back; ``None``: there was none."""
    if block is None:
        return f"{mention(user_id)} was not blocked."
    return f"{mention(user_id)} can restyle clips again."


OWN_BLOCK: Final = "Nobody can unblock themselves. Ask another manager of the server."


def blocks(found: Sequence[Block], *, everywhere: bool) -> str:
    """Return the list of those who are blocked."""
    where = "everywhere" if everywhere else "on this server"
    if not found:
        return f"Nobody is blocked {where}."
    lines = [
        f"- {mention(one.user_id)} · {relative(one.blocked_at)} by {mention(one.blocked_by)}"
        f"{_why(one.note)}"
        for one in found[:_SHOWN_PEOPLE]
    ]
    return _fitting([f"**Blocked {where}**", *lines])


def _fitting(lines: Sequence[str], characters: int = 1900) -> str:
    """Return as many lines as fit into a message, and say if some are missing."""
    kept: list[str] = []
    for line in lines:
        if sum(map(len, kept)) + len(kept) + len(line) > characters:
            return "\n".join([*kept, "and more."])
        kept.append(line)
    return "\n".join(kept)


# Pauses


def paused(
    pause: Pause, counts: Mapping[JobState, int], command: CommandNaming, *, is_new: bool
) -> str:
    """Return the answer after a pause: what it stops, what goes on, and what ends it."""
    everywhere = pause.guild_id == GLOBAL_GUILD_ID
    where = "everywhere" if everywhere else "on this server"
    if is_new:
        first = f"Restyling is now paused {where}{_why(pause.note)}"
    else:
        first = (
            f"Restyling was already paused {where} {relative(pause.paused_at)} "
            f"by {mention(pause.paused_by)}{_why(pause.note)}"
        )
    waiting, under_way = _waiting_and_under_way(counts)
    lines = [first]
    if waiting:
        lines.append(f"{clips(waiting)} {_verb(waiting, 'waits', 'wait')} until you resume.")
    if under_way:
        go = _verb(under_way, "is", "are")
        lines.append(f"{clips(under_way)} {go} already at Runway and will still be delivered.")
    resume = f"{_group(pause.guild_id)} {'resume-all' if everywhere else 'resume'}"
    lines.append(f"{command(resume)} lets clips start again.")
    return "\n".join(lines)


def _verb(count: int, one: str, many: str) -> str:
    return one if count == 1 else many


def resumed(guild_id: int, pause: Pause | None, everything: Pause | None) -> str:
    """Return the answer after a pause was ended.

    Args:
        guild_id: Whose pause; ``GLOBAL_GUILD_ID`` is the whole bot's.
        pause: The pause that ended; ``None`` if there was none.
        everything: A pause of the whole bot that still holds.
    """
    where = "everywhere" if guild_id == GLOBAL_GUILD_ID else "on this server"
    first = f"Restyling was not paused {where}."
    if pause is not None:
        began = relative(pause.paused_at)
        first = f"Restyling is no longer paused {where}. The pause began {began}."
    if everything is not None:
        by = f"the bot's owner paused everything {relative(everything.paused_at)}"
        return f"{first}\nNothing starts yet, though: {by}{_why(everything.note)}"
    return first


# Strikes


def strikes(
    found: Sequence[Strike], user_id: int | None, *, limit: int | None, settings: str
) -> list[str]:
    """Return the list of strikes that count or counted, newest first.

    Args:
        found: The strikes.
        user_id: Whose; ``None`` is all members'.
        limit: With how many one has to pause; ``None`` when the server does not count them.
        settings: ``/restyle-settings``, to be clicked where that is possible.
    """
    whose = f" of {mention(user_id)}" if user_id else ""
    lines = [f"**Strikes{whose}**"]
    lines.append(
        f"After {limit}, a member has to pause ({settings}, Strikes)."
        if limit is not None
        else f"They have no effect: this server does not count them ({settings}, Strikes)."
    )
    if not found:
        return [*lines, "There are none."]
    lines += [
        f"{number}. {mention(one.user_id)} · {relative(one.struck_at)} · {_checked(one)}"
        for number, one in enumerate(found, 1)
    ]
    return lines


def _checked(strike: Strike) -> str:
    part = {
        "safety_prompt": "the prompt",
        "safety_source": "the clip",
        "safety_reference": "the reference image",
        "safety_output": "the result",
    }.get(strike.failure, "the request")
    return f"Runway's safety check refused {part}"


def strike_label(number: int, strike: Strike) -> str:
    """Return how a menu calls the strike that the list shows under ``number``."""
    return f"{number} · {strike.struck_at:%d %b %H:%M} UTC · {_checked(strike)}"[:_LABEL_CHARACTERS]


def lifted(found: Sequence[Strike]) -> str:
    """Return the answer after strikes were lifted."""
    if not found:
        return "Somebody has already lifted that."
    whose = ", ".join(mention(user_id) for user_id in dict.fromkeys(one.user_id for one in found))
    count = counted(len(found), "strike")
    return f"Lifted {count} of {whose}."
