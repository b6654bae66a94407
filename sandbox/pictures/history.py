"""A few weeks of an invented server, put into the store as if they had happened."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import create_engine, insert

from bot.cometapi.models import estimate, model_rules
from bot.domain.jobs import SAFETY_FAILURES, CancelReason, Charge, FailureReason, JobState, NewJob
from bot.domain.quotas import LedgerStatus, Scope, day_of
from bot.storage.rows import row_from
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

DAYS: Final = 27
"""How far back it goes; today is left to the scenes."""

_MODEL: Final = "gen4_aleph"
_MIB: Final = 1024 * 1024
_DISCORD_EPOCH: Final = datetime(2015, 1, 1, tzinfo=UTC)

_PROMPTS: Final = (
    "a rainy night in Tokyo, neon signs, film grain",
    "a loose watercolour on rough paper",
    "a pencil sketch in an old notebook",
    "a 1940s film noir, black and white",
    "claymation with visible fingerprints",
    "the cover of a pulp science fiction novel",
    "a stained glass window in morning light",
    "a horror poster, blood on the walls",
    "autumn, golden hour, falling leaves",
    "a zombie film on worn VHS tape",
)
_LENGTHS: Final = (2.0, 3.0, 4.0, 5.0, 5.0, 8.0, 12.5, 20.0)
_ENDS: Final[tuple[tuple[JobState, int, dict[str, Any]], ...]] = (
    (JobState.DONE, 26, {}),
    (JobState.FAILED, 2, {"failure": FailureReason.SAFETY_SOURCE}),
    (JobState.FAILED, 1, {"failure": FailureReason.SAFETY_PROMPT}),
    (JobState.FAILED, 2, {"failure": FailureReason.PROVIDER_TROUBLE}),
    (JobState.CANCELLED, 2, {"cancel_reason": CancelReason.REQUESTER}),
)
"""State, how often of all, and what else is known of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the weeks happened.

    Attributes:
        guild_id: The server.
        channel_ids: Where people restyle, the busiest first.
        user_ids: Who does, the busiest first.
        role_ids: The roles of those who have some.
    """

    guild_id: int
    channel_ids: Sequence[int]
    user_ids: Sequence[int]
    role_ids: Mapping[int, frozenset[int]]


def write_history(database: Path, place: Place, now: datetime) -> int:
    """Write the weeks before ``now`` into an open SQLite database; return how many jobs they have.

    The same on every run, but for the days and the ids.
    """
    engine = create_engine(f"sqlite:///{database}")
    try:
        with engine.begin() as connection:
            rows = list(_weeks(place, now))
            connection.execute(insert(jobs), [job for job, _ in rows])
            connection.execute(insert(ledger), [entry for _, entries in rows for entry in entries])
            return len(rows)
    finally:
        engine.dispose()


def _weeks(place: Place, now: datetime) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    dice = random.Random(11)  # noqa: S311 - an invention, not a secret
    for days_ago in range(DAYS, 0, -1):
        day = now - timedelta(days=days_ago)
        busy = 1 if day.weekday() < 4 else 4  # weekends begin on Friday
        for number in range(dice.randint(0, 1) + dice.randint(0, busy)):
            moment = day.replace(hour=12 + number, minute=dice.randint(0, 59))
            yield _job(place, moment, dice)


def _job(
    place: Place, moment: datetime, dice: random.Random
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    [user_id] = dice.choices(place.user_ids, weights=range(len(place.user_ids) + 2, 2, -1))
    [channel_id] = dice.choices(place.channel_ids, weights=range(len(place.channel_ids), 0, -1))
    [(state, _, known)] = dice.choices(_ENDS, weights=[share for _, share, _ in _ENDS])
    seconds = dice.choice(_LENGTHS)
    price = estimate(model_rules(_MODEL), seconds)
    charged = state is JobState.DONE or known.get("failure") in SAFETY_FAILURES
    new = NewJob(
        id=_snowflake(moment, dice),
        guild_id=place.guild_id,
        channel_id=channel_id,
        record_message_id=_snowflake(moment, dice),
        user_id=user_id,
        can_open_thread=True,
        source_url="https://cdn.discordapp.com/attachments/1/2/clip.mp4",
        source_filename="clip.mp4",
        source_content_type="video/mp4",
        source_bytes=round(seconds * dice.uniform(0.4, 3.0) * _MIB),
        source_seconds=seconds,
        source_width=1280,
        source_height=720,
        reference_url=None,
        model=_MODEL,
        prompt=dice.choice(_PROMPTS),
        seed=None,
        ratio=None,
        public_figure_threshold="auto",
        price_micros=price,
        role_ids=place.role_ids.get(user_id, frozenset()),
        is_age_restricted=False,
    )
    after = moment + timedelta(seconds=90)
    job = row_from(new) | {
        "state": state,
        "created_at": moment,
        "updated_at": after,
        "finished_at": after,
        "told_at": after,
        "task_id": f"task-{new.id}" if charged else None,
        "failure": None,
        "cancel_reason": None,
        "charge": Charge.YES if charged else Charge.NO,
        **known,
    }
    return job, [
        {
            "job_id": new.id,
            "scope": scope,
            "scope_id": scope_id,
            "guild_id": place.guild_id if scope is not Scope.BOT else 0,
            "day": day_of(moment),
            "jobs": 1,
            "micros": price or 0,
            "standing": LedgerStatus.COMMITTED if charged else LedgerStatus.RELEASED,
        }
        for scope, scope_id in (
            (Scope.BOT, 0),
            (Scope.SERVER, place.guild_id),
            (Scope.CHANNEL, channel_id),
            (Scope.MEMBER, user_id),
        )
    ]


def _snowflake(moment: datetime, dice: random.Random) -> int:
    """Return an id as Discord would give it at that moment."""
    milliseconds = int((moment - _DISCORD_EPOCH).total_seconds() * 1000)
    return (milliseconds << 22) + dice.randrange(1 << 22)
