"""Every number the simulation starts from, each with its reason.

*Measured* means: by ``python -m bench.scale.measure`` or by counting the calls of one job of the
whole bot between a local Discord and a local CometAPI. *Documented* means: by the provider or by
Discord. *Assumed* means: nobody knows before there are users; change it and run again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

# People. All assumed.

SIZES: Final = (1, 10, 100, 1_000, 10_000, 100_000)
JOBS_PER_SERVER_PER_DAY: Final = 1.0
"""Over all servers. A round number, so that other rates are easy to scale in one's head."""
ACTIVITY_SIGMA: Final = 2.0
"""Servers differ log-normally: the median one has a job a week, the busiest 1 % have 37 %."""
PEAK_HOUR_SHARE: Final = 0.10
"""Of a day's jobs. Even spread would be 0.042; one continent's evening is about a tenth."""
DAYS_PER_MONTH: Final = 30
DAYS_PER_YEAR: Final = 365

# The provider.

MEDIAN_SECONDS: Final = 90.0
SIGMA: Final = 0.35
"""Assumed: a task's duration from when the provider begins is log-normal. The polling rule was
designed against the same figures; nobody publishes real ones."""
MEAN_SECONDS: Final = MEDIAN_SECONDS * math.exp(SIGMA**2 / 2)

DOLLARS_PER_JOB: Final = 0.75
"""``gen4_aleph`` at Runway's list price: 5 s of 15 credits at $0.01. CometAPI bills per request,
at prices of its own. https://github.com/runwayml/skills"""


@dataclass(frozen=True, slots=True)
class Tier:
    """What Runway allows one account. Documented, for the first of its groups of models.

    Source: https://docs.dev.runwayml.com/usage/tiers
    """

    number: int
    concurrent: int
    per_day: int
    dollars_per_month: int


TIERS: Final = (
    Tier(1, 1, 50, 100),
    Tier(2, 3, 500, 500),
    Tier(3, 5, 1_000, 2_000),
    Tier(4, 10, 5_000, 20_000),
    Tier(5, 20, 25_000, 100_000),
)

# Discord.

DISCORD_CALLS_PER_SECOND: Final = 50.0
"""Documented, per bot and not per process; answers to interactions do not count.
https://docs.discord.com/developers/topics/rate-limits"""
CALLS_PER_JOB: Final = 5
"""Measured, besides progress: open the thread, post the status, which keeps the source, and the
answer, edit both cards one last time. (Two more answer the interaction; a clip that has to be
made first is posted by itself, which is one more.)"""
GUILDS_PER_SHARD: Final = 2_500
"""Documented, the most. https://docs.discord.com/developers/events/gateway#sharding"""
GUILDS_UNVERIFIED: Final = 100
"""Documented: to be in more, an application must be verified, which people do by hand."""
ACTIVE_THREADS_PER_GUILD: Final = 1_000
"""Reported, not promised. A thread archives itself a day after its last message."""

# One process. Its limits are read from the code where the code has names for them.

PROBES_AT_ONCE: Final = 2
"""``MEDIA_PROCESSES`` of ``bot/setting_groups/files.py``."""
PROBE_SECONDS: Final = 1.6
"""Measured: CPU of one core for a 7 MB clip, 5 s of 720p."""
DELIVERY_SECONDS: Final = 4.0
"""Assumed: download, upload and two edits, which Discord may make wait."""

DATABASE_CPU_SECONDS: Final = 0.047
"""Measured, on a busy machine: all transactions of one job with eight shows."""
POLL_CPU_SECONDS: Final = 0.000_25
"""Measured with the scheduler's prototype at 1,000 waiting jobs (0.24 ms; 0.14 ms at 10,000)."""
CALL_CPU_SECONDS: Final = 0.003
"""Assumed: one call to Discord through discord.py."""
TRANSFER_CPU_SECONDS_PER_BYTE: Final = 5e-9
"""Assumed: TLS and a file, 200 MB/s of one core."""

# The database. Measured with the real Store.

WRITES_PER_JOB: Final = 6
"""Commits besides progress: add, opened, SUBMITTING, RUNNING, DELIVERING, DONE."""
READS_PER_JOB: Final = 8
"""Transactions that only read, besides progress. Each show is one more read and one more write;
a poll that shows nothing new is neither."""
SQLITE_BYTES_PER_JOB: Final = 2_114
POSTGRES_BYTES_PER_JOB: Final = 1_851
"""As left by 15 updates; 1,556 after a VACUUM FULL."""
POSTGRES_WAL_BYTES_PER_JOB: Final = 7_656
SQLITE_COMMITS_PER_SECOND: Final = 110.0
"""Each waits for the disk. 110 with two busy cores shared by other work; 430 when idle."""

# The machine. Assumed: a small rented one.

CORES: Final = 2
MEMORY_BYTES: Final = 2e9
BASE_MEMORY_BYTES: Final = 150e6
GUILD_BYTES: Final = 30e3
"""discord.py keeps every guild with its channels, threads and roles."""
WAITING_JOB_BYTES: Final = 3 * 1024
"""The target of the scheduler; a ticket is less."""
LINK_BITS_PER_SECOND: Final = 100e6
DISK_BYTES: Final = 40e9
SOURCE_BYTES: Final = 6e6
"""Downloaded once, to look into it. Members without Nitro can attach 10 MB."""
OUTPUT_BYTES: Final = 5e6
"""Downloaded, and uploaded to Discord: 5 s of 720p. One over the server's limit is only linked."""
HEADROOM: Final = 0.7
"""A process should be this full at most: queues grow without bound towards 1."""
