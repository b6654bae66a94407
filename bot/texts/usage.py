"""What people read in ``/restyle-usage``: their own jobs and money, and a server's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.charts import Bar, Chart, Section
from bot.domain.money import MICROS_PER_DOLLAR, dollars
from bot.domain.quotas import Period, resets_at
from bot.domain.usage import SHOWN_DAYS, UsageOutcome
from bot.texts.commands import plainly
from bot.texts.common import counted, mention, relative
from bot.texts.quota import quota_left

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from bot.domain.quotas import CapUse
    from bot.domain.usage import Tally, Usage

MINE_LABEL: Final = "Yours"
SERVER_LABEL: Final = "This server's"
CSV_LABEL: Final = "Export as CSV"
STRIKES_LABEL: Final = "Strikes"
BACK_LABEL: Final = "This server's usage"

_MOST_DESCRIPTION: Final = 1024
"""Characters that Discord takes as a picture's description.

Source: https://docs.discord.com/developers/components/reference#media-gallery
"""

_HALF_CENT: Final = MICROS_PER_DOLLAR // 200

OUTCOMES: Final = {
    UsageOutcome.DELIVERED: "Delivered",
    UsageOutcome.UNDER_WAY: "In progress",
    UsageOutcome.REFUSED: "Refused (safety)",
    UsageOutcome.FAILED: "Failed",
    UsageOutcome.CANCELLED: "Cancelled",
    UsageOutcome.UNCERTAIN: "Uncertain",
}


def clips(count: int) -> str:
    """Return a number of clips."""
    return counted(count, "clip")


def tally(found: Tally) -> str:
    """Return clips and their money: ``3 clips · $2.25``."""
    return f"{clips(found.jobs)} · {_sum(found.micros)}"


def _sum(micros: int) -> str:
    """Return an amount; from a dollar on in whole cents, as fractions only make sums hard to read.

    Prices of single clips may have fractions (``bot.domain.money.dollars``).
    """
    if micros < MICROS_PER_DOLLAR:
        return dollars(micros)
    return dollars((micros + _HALF_CENT) // (2 * _HALF_CENT) * 2 * _HALF_CENT)


# One's own


def own(
    *,
    place: str | None,
    today: Tally,
    month: Tally,
    left: Sequence[CapUse],
    now: datetime,
    restyle: str,
) -> list[str]:
    """Return what a member used, and what they may still use.

    Args:
        place: The server's name, ready to be shown; ``None`` in direct messages.
        today: Since midnight, in UTC.
        month: Since the first of the month, in UTC.
        left: The caps that the next clip counts against.
        now: This moment.
        restyle: ``/restyle``, to be clicked where that is possible.
    """
    where = f"on {place}" if place is not None else "in direct messages"
    lines = [f"**Your clips {where}**"]
    if month.jobs == 0:
        lines.append(f"None this month. Start one with {restyle}.")
    else:
        lines += [f"Today: {tally(today)}", f"This month: {tally(month)}"]
    return lines + _left(left, now)


def not_now(refused: str) -> str:
    """Return why the next clip could not start here, from the words of that refusal."""
    lines = [line for line in refused.splitlines() if not line.startswith("Nothing was started")]
    return "\n".join(["**You cannot start a clip here now.**", *lines])


def _left(uses: Sequence[CapUse], now: datetime) -> list[str]:
    shown = [use for use in uses if use.cap.period is not Period.NOW]
    if not shown:
        return ["There is no limit on how many you can make."]
    lines = ["Left:"]
    for use in shown:
        again = resets_at(use.cap.period, now)
        fresh = f" · resets {relative(again)}" if again is not None else ""
        lines.append(f"- {quota_left(use)}{fresh}")
    return lines


def own_strikes(count: int, limit: int | None, days: int) -> str | None:
    """Return how many strikes a member has; ``None`` where they do not matter.

    Args:
        count: Those that count at present.
        limit: With how many one has to pause; ``None`` when the server does not count them.
        days: For how long each counts.
    """
    if limit is None or count == 0:
        return None
    period = "day" if days == 1 else f"{days} days"
    return (
        f"Strikes: {count} of {limit} within {period}. "
        "Each is a clip that Runway's safety check refused."
    )


# A server's


def server(usage: Usage, *, place: str, restyle: str) -> list[str]:
    """Return what a server used, around the picture; ``restyle`` names how to start."""
    lines = [f"**Clips on {place}, last {SHOWN_DAYS} days**"]
    if usage.total.jobs == 0:
        return [*lines, f"None yet. Start one with {restyle}."]
    total = tally(usage.total)
    if usage.reserved:
        total += f", of which {_sum(usage.reserved)} is set aside for clips that have not ended"
    lines.append(f"{total}.")
    lines += [
        f"{rank}. {mention(user_id)} · {tally(found)}"
        for rank, (user_id, found) in enumerate(usage.members, 1)
    ]
    if usage.more_members:
        others = "1 other member" if usage.more_members == 1 else f"{usage.more_members} others"
        lines.append(f"and {others}.")
    return lines


FOOTNOTE: Final = "-# Days begin at midnight UTC. Clips that cost nothing count as $0.00."


def _day(day: date) -> str:
    return f"{day.day} {day:%b}"


def chart(usage: Usage) -> Chart:
    """Return the picture of what a server used.

    Members are numbered as in the text beside it, where Discord shows their names.
    """
    most = max((found.micros for _, found in usage.days), default=0)
    days = tuple(
        Bar(_day(day) if number % 5 == 4 else "", found.micros)
        for number, (day, found) in enumerate(usage.days)
    )
    members = tuple(
        Bar(f"Member {rank}", found.micros, tally(found))
        for rank, (_, found) in enumerate(usage.members, 1)
    )
    outcomes = tuple(
        Bar(OUTCOMES[outcome], found.jobs, tally(found)) for outcome, found in usage.outcomes
    )
    return Chart(
        f"Last {SHOWN_DAYS} days",
        (
            Section("Money per day", days, upright=True, top=_sum(most)),
            Section("Money by member", members),
            Section("Clips by outcome", outcomes),
        ),
    )


def description(usage: Usage) -> str:
    """Return the picture in words, for those who do not see it."""
    busiest = max(usage.days, key=lambda entry: entry[1].micros, default=None)
    parts = [f"Bars of the last {SHOWN_DAYS} days: {tally(usage.total)}."]
    if busiest is not None and busiest[1].micros:
        parts.append(f"Most on {_day(busiest[0])}: {_sum(busiest[1].micros)}.")
    parts.append(
        "By member: "
        + ", ".join(f"{rank}: {tally(found)}" for rank, (_, found) in enumerate(usage.members, 1))
        + "."
    )
    parts.append(
        "By outcome: "
        + ", ".join(f"{OUTCOMES[one].lower()} {tally(found)}" for one, found in usage.outcomes)
        + "."
    )
    return " ".join(parts)[:_MOST_DESCRIPTION]


IN_DMS: Final = f"That is about one server. Use {plainly('restyle-usage')} there."
NO_PICTURE: Final = "-# The chart could not be drawn this time."


def exported(count: int) -> str:
    """Return what comes with the CSV file."""
    return (
        f"{clips(count)[0].upper()}{clips(count)[1:]} of the last {SHOWN_DAYS} days, one per line."
    )


NOTHING_TO_EXPORT: Final = (
    f"There were no clips in the last {SHOWN_DAYS} days, so there is nothing to export."
)
TOO_MUCH_TO_EXPORT: Final = "The file would be too large for Discord. Ask the bot's owner for it."
