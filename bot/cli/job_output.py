"""How jobs look in a terminal, and as JSON."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot.cli.output import short, table
from bot.domain.jobs import JobState
from bot.domain.money import dollars
from bot.texts.money import money_facts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.domain.jobs import Job

MOST: Final = 10_000
_PROMPT: Final = 40
_HEAD: Final = ("JOB", "STATE", "CREATED", "SERVER", "MEMBER", "PRICE", "PROMPT")

ADVICE: Final = {
    JobState.UNCERTAIN: "Nobody knows whether CometAPI took it. Look for it in CometAPI's console: "
    "`jobs attach JOB TASK` if it is there, `jobs write-off JOB` if not.",
}
QUARANTINED: Final = (
    "In quarantine: the database may be an old one. `jobs release JOB` if it was not paid for yet, "
    "`jobs settle --restored JOB` if it was."
)


def state_of(job: Job) -> str:
    """Return the job's state, and whether it is in quarantine, in a word or two."""
    return f"{job.state} (quarantine)" if is_quarantined(job) else str(job.state)


def is_quarantined(job: Job) -> bool:
    """Tell whether the job waits for the bot's owner because the database may be an old one."""
    return job.quarantined_at is not None and job.state in {JobState.HELD, JobState.QUEUED}


def listed(found: Sequence[Job], *, limit: int, as_json: bool) -> str:
    """Return the jobs, one a line; ``found`` has one more than ``limit`` if there are more."""
    if as_json:
        return _json([_plain(job) for job in found[:limit]])
    if not found:
        return "No such jobs. With `--state`, finished jobs are found too."
    rows = [
        (
            str(job.id),
            state_of(job),
            f"{job.created_at:%Y-%m-%d %H:%M}Z",
            str(job.guild_id) if job.guild_id is not None else "direct messages",
            str(job.user_id),
            dollars(job.price_micros) if job.price_micros is not None else "?",
            short(job.prompt, _PROMPT),
        )
        for job in found[:limit]
    ]
    more = f"\n\nThere are more; `--limit` shows up to {MOST}." if len(found) > limit else ""
    return table(_HEAD, rows) + more


def shown(job: Job, money: Sequence[dict[str, Any]], *, as_json: bool) -> str:
    """Return everything about one job: what is known of it, its money, what can be done."""
    if as_json:
        return _json({**_plain(job), "money": money_facts(job), "ledger": money})
    known = [
        (name, _words(value))
        for name, value in dataclasses.asdict(job).items()
        if value is not None and name not in {"id", "state", "prompt"}
    ]
    head = [("job", str(job.id)), ("state", state_of(job)), ("prompt", short(job.prompt, 2000))]
    width = max(len(name) for name, _ in (*head, *known))
    lines = [f"{name:<{width}}  {value}" for name, value in (*head, *known)]
    if facts := money_facts(job):
        lines += ["", "What it costs; the first line counts:", *(f"  {fact}" for fact in facts)]
    if money:
        rows = [
            (
                str(row["scope"]),
                str(row["scope_id"]),
                row["day"],
                dollars(row["micros"]),
                str(row["standing"]),
            )
            for row in money
        ]
        lines += ["", table(("COUNTS FOR", "ID", "DAY", "MONEY", "STANDING"), rows)]
    advice = QUARANTINED if is_quarantined(job) else ADVICE.get(job.state)
    return "\n".join([*lines, *(["", advice] if advice else [])])


def _plain(job: Job) -> dict[str, Any]:
    """Return a job as JSON can hold it."""
    return {name: _as_json(value) for name, value in dataclasses.asdict(job).items()}


def _as_json(value: Any) -> Any:  # noqa: ANN401 - whatever a job holds
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    return value


def _words(value: Any) -> str:  # noqa: ANN401 - as above
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
    if isinstance(value, frozenset):
        return ", ".join(map(str, sorted(value))) or "-"
    return short(str(value), 2000)


def _json(value: Any) -> str:  # noqa: ANN401 - as above
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
