"""What a number of servers asks for, what each limit allows, and which of them binds first."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

from bench.scale import assumptions as a
from bench.scale.peak import HOUR, Peak, simulate_peak
from bot.engine.job_handle import StepKind
from bot.engine.progress import SHOWS_PER_SECOND
from bot.engine.scheduler import STEP_CAPS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.scale.assumptions import Tier


BUSIEST: Final = "Discord: open threads of the busiest server"
"""Grows with the size of one server, so it is no number of jobs of all of them."""


class Whose(enum.Enum):
    """Who sets a limit."""

    PROVIDER = "provider"
    DISCORD = "Discord"
    OURS = "ours"  # of one process with SQLite on one small machine


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit, and how much of it is used."""

    name: str
    whose: Whose
    demand: float
    capacity: float
    """In the same unit as ``demand``, above 0."""
    advice: str

    @property
    def used(self) -> float:
        """The share that is used; 1 and more is too much."""
        return self.demand / self.capacity


def binding(limits: Iterable[Limit]) -> Limit:
    """Return the limit that binds first: the fullest one; of equals the one named first."""
    return max(limits, key=lambda limit: limit.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What so many servers ask for; ``peak`` as if the provider never held anything back."""

    servers: int
    jobs_per_server: float
    peak: Peak

    @property
    def jobs_per_day(self) -> float:
        """Of all servers together."""
        return self.servers * self.jobs_per_server

    @property
    def jobs_per_second(self) -> float:
        """In the peak hour."""
        return self.jobs_per_day * a.PEAK_HOUR_SHARE / HOUR

    @property
    def dollars_per_month(self) -> float:
        """For the provider."""
        return self.jobs_per_day * a.DAYS_PER_MONTH * a.DOLLARS_PER_JOB

    @property
    def writes_per_job(self) -> float:
        """Commits: the fixed ones, and one for each progress shown."""
        return a.WRITES_PER_JOB + self.peak.shows_per_job

    @property
    def reads_per_job(self) -> float:
        """Transactions that only read."""
        return a.READS_PER_JOB + self.peak.shows_per_job

    @property
    def discord_calls_per_job(self) -> float:
        """Those that count against Discord's 50 a second."""
        return a.CALLS_PER_JOB + self.peak.edits_per_job

    @property
    def loop_seconds_per_job(self) -> float:
        """CPU of the process's one event loop; its share of the polls is ``poll_cores``."""
        return (
            a.DATABASE_CPU_SECONDS
            + self.peak.polls_per_job * a.POLL_CPU_SECONDS
            + (self.discord_calls_per_job + 2) * a.CALL_CPU_SECONDS
            + (a.SOURCE_BYTES + 2 * a.OUTPUT_BYTES) * a.TRANSFER_CPU_SECONDS_PER_BYTE
        )

    @property
    def poll_cores(self) -> float:
        """Cores that the polls of the peak hour take."""
        return self.peak.polls_per_second * a.POLL_CPU_SECONDS

    @property
    def memory_bytes(self) -> float:
        """Of one process that has every shard."""
        waiting = self.peak.waiting_most * a.WAITING_JOB_BYTES
        return a.BASE_MEMORY_BYTES + self.servers * a.GUILD_BYTES + waiting

    @property
    def rows_per_year(self) -> float:
        """Nothing is ever deleted, so they stay."""
        return self.jobs_per_day * a.DAYS_PER_YEAR

    @property
    def shards(self) -> int:
        """The fewest that Discord accepts."""
        return math.ceil(self.servers / a.GUILDS_PER_SHARD)

    @property
    def needs_verification(self) -> bool:
        """Whether Discord must have verified the application."""
        return self.servers > a.GUILDS_UNVERIFIED

    @property
    def busiest_server_jobs(self) -> float:
        """A day's jobs of the busiest server."""
        return busiest(self.servers) * self.jobs_per_server

    @property
    def processes(self) -> int:
        """How many it takes to keep each at ``HEADROOM`` at most."""
        used = binding(limit for limit in own_limits(self) if limit.name in PER_PROCESS).used
        return max(1, math.ceil(used / a.HEADROOM))


def load_of(servers: int, jobs_per_server: float) -> Load:
    """Return what ``servers`` servers ask for, with ``jobs_per_server`` jobs a day each.

    Raises:
        ValueError: One of them is not above 0.
    """
    per_hour = servers * jobs_per_server * a.PEAK_HOUR_SHARE
    return Load(servers=servers, jobs_per_server=jobs_per_server, peak=simulate_peak(per_hour))


def busiest(servers: int) -> float:
    """Return how many times the mean the busiest of so many servers has.

    Servers are put at the middles of equal slices of the log-normal distribution, then scaled so
    that their mean is right.
    """
    normal = NormalDist()
    rates = [
        math.exp(a.ACTIVITY_SIGMA * normal.inv_cdf((i + 0.5) / servers)) for i in range(servers)
    ]
    return rates[-1] * servers / sum(rates)


def provider_limits(load: Load, tier: Tier, keys: int = 1) -> list[Limit]:
    """Return the limits of ``keys`` accounts of one tier."""

    def limit(name: str, demand: float, capacity: float, advice: str) -> Limit:
        return Limit(
            name=name,
            whose=Whose.PROVIDER,
            demand=demand,
            capacity=capacity * keys,
            advice=advice,
        )

    more = (
        f"Raise the tier ({tier.number + 1} is next)."
        if tier.number < len(a.TIERS)
        else "Ask for a limit of your own, or run installations with keys of their own."
    )
    return [
        limit("provider: dollars a month", load.dollars_per_month, tier.dollars_per_month, more),
        limit("provider: videos a day", load.jobs_per_day, tier.per_day, more),
        limit(
            "provider: tasks at once",
            load.jobs_per_second * a.MEAN_SECONDS,
            tier.concurrent,
            more + " Until then jobs queue there.",
        ),
    ]


def needed_tier(load: Load) -> tuple[Tier, int]:
    """Return the lowest tier that carries ``load``, and how many accounts of it."""
    for tier in a.TIERS:
        if binding(provider_limits(load, tier)).used <= 1:
            return tier, 1
    highest = a.TIERS[-1]
    return highest, math.ceil(binding(provider_limits(load, highest)).used)


def discord_limits(load: Load) -> list[Limit]:
    """Return Discord's limits that grow with use; its gates (verification, shards) are apart."""
    return [
        Limit(
            name="Discord: calls a second",
            whose=Whose.DISCORD,
            demand=load.jobs_per_second * load.discord_calls_per_job,
            capacity=a.DISCORD_CALLS_PER_SECOND,
            advice="Ask Discord's support for more; until then calls wait, and answers are late.",
        ),
        Limit(
            name=BUSIEST,
            whose=Whose.DISCORD,
            demand=load.busiest_server_jobs,
            capacity=a.ACTIVE_THREADS_PER_GUILD,
            advice="Nothing: beyond it, answers come in the channel.",
        ),
    ]


PER_PROCESS: Final = frozenset(
    {"clips looked into", "event loop", "deliveries at once", "progress shown", "CPU", "memory"}
)
"""Limits that more processes (each with cores and memory of its own) raise."""

_PROCESSES: Final = "More processes on more machines, with PostgreSQL."


def own_limits(load: Load) -> list[Limit]:
    """Return the limits of one process with SQLite on one small machine."""
    rate = load.jobs_per_second
    received = sent = (a.SOURCE_BYTES + a.OUTPUT_BYTES) * 8  # what is fetched is posted again

    def limit(name: str, demand: float, capacity: float, advice: str = _PROCESSES) -> Limit:
        return Limit(name=name, whose=Whose.OURS, demand=demand, capacity=capacity, advice=advice)

    return [
        limit("CPU", rate * (load.loop_seconds_per_job + a.PROBE_SECONDS), a.CORES),
        limit("clips looked into", rate * a.PROBE_SECONDS, a.PROBES_AT_ONCE),
        limit("event loop", rate * load.loop_seconds_per_job, 1.0),
        limit("deliveries at once", rate * a.DELIVERY_SECONDS, STEP_CAPS[StepKind.DELIVER]),
        limit(
            "progress shown",
            rate * load.peak.shows_per_job,
            SHOWS_PER_SECOND,
            "Nothing: people see fewer steps of progress. More processes show more, out of the "
            "same 50 calls a second.",
        ),
        limit(
            "SQLite's commits",
            rate * load.writes_per_job,
            a.SQLITE_COMMITS_PER_SECOND,
            "PostgreSQL, or a faster disk.",
        ),
        limit("line, downwards", rate * received, a.LINK_BITS_PER_SECOND, "A faster line."),
        limit(
            "line, upwards",
            rate * sent,
            a.LINK_BITS_PER_SECOND,
            "A faster line, or answers with the link alone: a lower MAX_OUTPUT_MB.",
        ),
        limit(
            "memory",
            load.memory_bytes - a.BASE_MEMORY_BYTES,
            a.MEMORY_BYTES - a.BASE_MEMORY_BYTES,
        ),
        limit(
            "disk after a year",
            load.rows_per_year * a.SQLITE_BYTES_PER_JOB,
            a.DISK_BYTES,
            "A larger disk: rows of jobs stay, without their words.",
        ),
    ]
