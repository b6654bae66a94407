"""Life: what one worker process is told when it starts."""

from __future__ import annotations

import dataclasses
import enum
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.domain.quotas import QuotaSubject, Scope

if TYPE_CHECKING:
    from bot.domain.jobs import NewJob

LEASE_SECONDS = float(os.environ.get("CHAOS_LEASE_SECONDS", "1"))
"""Much shorter than the bot's own, so that takeovers fit into a test. Where a machine is busy with
something else, workers that live are late with one so short, and never get on."""

ACCESS_TOKEN = "local.console.token"  # noqa: S105 - of the stand-in's console
"""With it the stand-in shows its list of tasks."""


def holders_of(new: NewJob) -> tuple[QuotaSubject, ...]:
    """Return whom a job counts for, so that there is a ledger to be walked."""
    guild_id = new.guild_id or 0
    return (
        QuotaSubject(scope=Scope.BOT, scope_id=0, guild_id=0),
        QuotaSubject(scope=Scope.SERVER, scope_id=guild_id, guild_id=guild_id),
        QuotaSubject(scope=Scope.MEMBER, scope_id=new.user_id, guild_id=guild_id),
    )


class When(enum.StrEnum):
    """Where in a call it happens."""

    BEFORE = "before"
    WITHIN = "within"  # the call is under way
    AFTER = "after"  # it has succeeded; nobody has seen the result yet


class What(enum.StrEnum):
    """What happens to the process."""

    KILL = "kill"
    FREEZE = "freeze"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """The end (or the freezing) of a process at a named point.

    Attributes:
        point: As in :mod:`bench.chaos.points`.
        when: Where in the call.
        what: What happens.
        nth: At which call of this name; 1 is the first.
    """

    point: str
    when: When
    what: What = What.KILL
    nth: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """One process.

    Attributes:
        worker_id: By which its rows are known; new for every process.
        database_url: As ``open_store`` takes it.
        folder: Its data folder.
        discord_api: Where the local Discord's REST lies.
        discord_token: The bot's token.
        provider_url: Where the stand-in's API lies.
        jobs: Fields of the jobs it adds, one after the other, as ``/restyle`` does.
        watched: It ends by itself once all of these jobs are settled; without any it goes on.
        fault: Where it is killed or frozen; ``None`` leaves that to others.
        lease_seconds: Of its lease.
        clock_speed: How much faster than real the engine's waits pass; leases stay real.
        discord_ahead_seconds: By how much the clock of the Discord side is ahead, as if the
            process had been away for so long.
        clock_ahead_seconds: By how much the worker's clock is ahead of the real one.
        clock_steps_after_seconds: After so much of its life; before, the clock is right.
        access_token: The console's; with one the worker lives until the list of tasks has settled
            what was uncertain.
        is_careless: Break the first rule on purpose: send again what got no answer. This proves
            that the counting would notice.
    """

    worker_id: str
    database_url: str
    folder: str
    discord_api: str
    discord_token: str
    provider_url: str
    jobs: tuple[dict[str, Any], ...] = ()
    watched: tuple[int, ...] = ()
    fault: Fault | None = None
    lease_seconds: float = LEASE_SECONDS
    clock_speed: float = 1.0
    discord_ahead_seconds: float = 0.0
    clock_ahead_seconds: float = 0.0
    clock_steps_after_seconds: float = 0.0
    access_token: str = ""
    is_careless: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ProcessSpec:
        """Read what :meth:`to_json` wrote."""
        fault = data.pop("fault")
        if fault is not None:
            fault = Fault(
                point=fault["point"],
                when=When(fault["when"]),
                what=What(fault["what"]),
                nth=fault["nth"],
            )
        return cls(
            **data
            | {"jobs": tuple(data["jobs"]), "watched": tuple(data["watched"]), "fault": fault}
        )
