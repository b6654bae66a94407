"""What the bot's owner reads in ``/restyle-owner``: uncertain clips, money, servers' limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.money import dollars
from bot.requests.text_safety import cut, harmless, one_line, quote
from bot.texts.common import SETTINGS, at, counted, duration, mention, relative
from bot.texts.money import money_facts
from bot.texts.usage import clips

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.domain.usage import GuildSpend

_SHOWN_GUILDS: Final = 20
_PROMPT_CHARACTERS: Final = 60

CHOOSE_PLACEHOLDER: Final = "Choose a clip to settle…"
TASK_PLACEHOLDER: Final = "Choose its task from the provider's list…"
BUTTONS: Final = {"attach": "Name its task…", "write-off": "Write off…", "back": "Back"}
FORMS: Final = {
    "attach": (
        "Name the provider's task",
        "Task id",
        "As CometAPI's list of tasks shows it. The clip continues from there.",
    ),
    "write-off": (
        "Write this clip off",
        "What the requester reads",
        "It ends for good, and its money is free for other clips again.",
    ),
}
"""Title, field and hint."""


# Uncertain jobs


def uncertain(found: Sequence[Job]) -> list[str]:
    """Return the list of the uncertain clips: nobody knows whether they were paid for."""
    lines = ["**Uncertain clips**"]
    if not found:
        return [*lines, "There are none: the provider has answered about every clip."]
    lines.append(
        "Their paid request was sent and its answer never came. The bot never sends one again. "
        "Look for each in the provider's list of tasks."
    )
    return lines + [
        f"{number}. {mention(job.user_id)}, sent {_sent(job)} · "
        f"{harmless(cut(one_line(job.prompt), _PROMPT_CHARACTERS))}"
        for number, job in enumerate(found, 1)
    ]


def _sent(job: Job) -> str:
    return at(job.submit_started_at or job.updated_at)


def job_label(number: int, job: Job) -> str:
    """Return how a menu calls the job that the list shows under ``number``."""
    return cut(f"{number} · {one_line(job.prompt)}", 100)


def task_label(submitted_at: datetime, model: str) -> str:
    """Return how a menu calls a task; menus show no moments of Discord's, hence UTC."""
    return cut(f"{submitted_at:%d %b %H:%M:%S} UTC · {model or 'no model named'}", 100)


def uncertain_one(job: Job, place: str) -> list[str]:
    """Return what helps to find a clip in the provider's list, and what can be done."""
    facts = [job.model, duration(job.restyled_seconds)]
    if job.seed is not None:
        facts.append(f"seed {job.seed}")
    facts += money_facts(job)
    if job.request_id is not None:
        facts.append(f"request `{job.request_id}`")
    return [
        f"**An uncertain clip by {mention(job.user_id)}** on {place}",
        f"Sent {_sent(job)} ({relative(job.submit_started_at or job.updated_at)})",
        quote(job.prompt),
        " · ".join(facts),
        "Does the provider have a task from that minute with that prompt? Name it, and the clip "
        "continues.\nIf not, write it off: the clip ends, and its money is free again.",
    ]


NO_LONGER_UNCERTAIN: Final = (
    "That clip is already settled: its answer came late, or somebody was faster."
)


def attached(job: Job) -> str:
    """Return the answer after a task was named."""
    return f"The clip by {mention(job.user_id)} continues. Its result will be posted in its thread."


TASK_TAKEN: Final = (
    "That task already belongs to another clip, so nothing was changed. Check the id."
)
TASK_MISSING: Final = (
    "The provider has no task with that id, so nothing was changed. Copy it from the list of tasks."
)
TASK_UNKNOWN_NOW: Final = (
    "The provider did not say whether it has that task, so nothing was changed. Try again in a "
    "minute."
)
TASK_ID_UNUSABLE: Final = "That is not a task id, which is one word of letters, digits and dashes."


def written_off(job: Job) -> str:
    """Return the answer after a clip was written off."""
    return f"Written off. {mention(job.user_id)} has been told, and the money is free again."


# Money and limits


def spend(
    today: Sequence[GuildSpend], month: Sequence[GuildSpend], names: Mapping[int, str]
) -> list[str]:
    """Return what all servers spent, the most costly of this month first."""
    lines = ["**Spent by all servers**", f"Today: {_sum(today)}", f"This month: {_sum(month)}"]
    lines += [f"- {_guild(one.guild_id, names)} · {_sum([one])}" for one in month[:_SHOWN_GUILDS]]
    if len(month) > _SHOWN_GUILDS:
        lines.append(f"and {counted(len(month) - _SHOWN_GUILDS, 'more server')}.")
    lines.append("-# Days and months are counted in UTC.")
    return lines


def _sum(found: Sequence[GuildSpend]) -> str:
    words = f"{clips(sum(one.jobs for one in found))} · {dollars(sum(o.committed for o in found))}"
    reserved = sum(one.reserved for one in found)
    return f"{words} · {dollars(reserved)} set aside" if reserved else words


def _guild(guild_id: int | None, names: Mapping[int, str]) -> str:
    if guild_id is None:
        return "Direct messages"
    return guild_name(guild_id, names.get(guild_id))


def guild_name(guild_id: int | None, name: str | None) -> str:
    """Return a server's name, or its id where the bot does not see it."""
    if guild_id is None:
        return "direct messages"
    return harmless(cut(name, 60)) if name else f"server {guild_id}"


LIMIT_TITLES: Final = {
    "jobs_per_day": "Clips a day",
    "micros_per_month": "Money a month",
    "member_jobs_per_day": "Each member's clips a day",
}


def limit_value(name: str, value: int | None) -> str:
    """Return a limit of a server; ``None`` is none."""
    if value is None:
        return "unlimited"
    return dollars(value) if name.startswith("micros") else clips(value)


def server_limits(place: str, values: Mapping[str, tuple[int | None, bool]]) -> list[str]:
    """Return the most that one server may use.

    Args:
        place: The server, ready to be shown.
        values: For each limit its value, and whether it is set for this server alone.
    """
    lines = [f"**The most that {place} may use**"]
    for name, (value, is_own) in values.items():
        source = (
            "set for this server" if is_own else "the same for all servers, from the environment"
        )
        lines.append(f"{LIMIT_TITLES[name]}: {limit_value(name, value)} · {source}")
    lines.append(f"-# Its managers can only set stricter ones ({SETTINGS}).")
    return lines


SERVER_UNKNOWN: Final = (
    "The bot is not on such a server. Choose one from the list that appears while you type."
)


def limit_unusable(typed: str) -> str:
    """Return the answer when what was typed is no limit."""
    return (
        f"“{harmless(cut(typed, 20))}” is not a limit. Type a number (of clips, or of dollars), "
        "`unlimited`, or `default` for the same as all servers."
    )


LIMIT_INCOMPLETE: Final = "Choose a limit and a value, or neither to see the current limits."
