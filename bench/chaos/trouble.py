"""Cases in which something else goes wrong: freezes, the database, answers that get lost."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import TYPE_CHECKING

from bench.chaos.kills import (
    AHEAD_SECONDS,
    IN_FLIGHT,
    SHORT_WINDOW_SECONDS,
    Point,
    Row,
    clock_speed,
    in_parallel,
    make,
)
from bench.chaos.process_spec import LEASE_SECONDS, Fault, What, holders_of
from bench.chaos.processes import PATIENCE_SECONDS, ChaosError
from bench.chaos.world import open_world
from bot.domain.jobs import NewJob
from bot.storage.store import open_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.chaos.databases import Base, Maker, PostgresMaker, SqliteMaker
    from bench.chaos.processes import Child, ForkServer
    from bench.chaos.world import Made, World

FROZEN_SECONDS = 2.5 * LEASE_SECONDS
"""Past the lease, and long enough for the other process to take the jobs over and end them."""
SILENT_SECONDS = 0.4 * LEASE_SECONDS
"""How long PostgreSQL lets a frozen process hold locks here; until then nobody takes over. The
bot's own choice, 5 s, is a sixth of its lease, and twice as long as a freeze here."""
LONG_LEASE_SECONDS = 8.0
"""Longer than the database is ever away here, as the bot's own lease is longer than a restart."""
BUSY_SECONDS = 0.5
"""How long SQLite waits for a lock here; the bot's own choice is 5 s."""

LOST_BY_PROVIDER = {
    "closed": ("[[create:close]]", 1.0),
    "500": ("[[create:500-accepted]]", 1.0),
    "200 without id": ("[[create:empty]]", 1.0),
    "silence": ("[[create:hang]]", 120.0),
}
"""How the answer to an accepted request gets lost: the prompt, and how fast time has to pass."""

LOST_BY_DISCORD = {
    "thread": ("/channels/*/messages/*/threads", 0),
    "status": ("/channels/*/messages", 0),
    "source": ("/channels/*/messages", 1),
    "answer": ("/channels/*/messages", 2),
}
"""The calls whose answer gets lost: the path, and how many such calls come before it."""


def ids_of(jobs: Sequence[Made]) -> tuple[int, ...]:
    """Return the ids of jobs."""
    return tuple(made.asked.job_id for made in jobs)


async def _stop_gently(
    world: World, base: Base, children: Sequence[Child], jobs: Sequence[Made]
) -> None:
    """Stop workers as an operator does; what they leave behind is ended by one more."""
    for child in children:
        await world.stop(child, signal.SIGTERM)
    await world.end_well(world.start(world.spec(base, watched=ids_of(jobs))))


async def add(base: Base, jobs: Sequence[Made]) -> None:
    """Add jobs from a process that owns none, as ``/restyle`` does."""
    async with open_store(base.url, worker_id="adding") as store:
        for made in jobs:
            new = NewJob(**made.fields)
            await store.add(new, holders=holders_of(new))


# (c) frozen past the lease


async def freezes(
    forkserver: ForkServer, maker: Maker, points: Sequence[Point], *, parallel: int
) -> Row:
    """Freeze a worker at every point for longer than its lease, while another one lives.

    Raises:
        ChaosError: A point was never reached.
    """
    async with open_world(forkserver) as world:

        async def freeze_at(point: Point) -> None:
            base = await maker.fresh(busy_seconds=SILENT_SECONDS)
            jobs = await make(world, point.becomes, 2)
            common = {"watched": ids_of(jobs), "clock_speed": clock_speed(point.becomes)}
            fault = Fault(point=point.name, when=point.when, what=What.FREEZE)
            first = world.start(world.spec(base, jobs, fault=fault, **common))
            is_frozen = await first.stopped(PATIENCE_SECONDS)
            if not is_frozen:
                raise ChaosError(f"{point} was never reached on {maker.kind}:\n{first.tail()}")
            world.perhaps_unsent |= set(ids_of(jobs))
            second = world.start(world.spec(base, jobs, **common))
            await asyncio.sleep(FROZEN_SECONDS)
            await first.signal(signal.SIGCONT)
            await world.end_well(first)
            await world.end_well(second)
            # A late answer may have lifted a job after both of them had seen it told.
            await world.end_well(world.start(world.spec(base, (), **common)))

        await in_parallel(map(freeze_at, points), parallel)
        return Row(
            case="frozen past its lease at a named point",
            database=maker.kind,
            rounds=len(points),
            kills=0,
            counts=await world.count(),
        )


async def random_freezes(forkserver: ForkServer, maker: Maker, *, freezes: int, seed: int) -> Row:
    """Freeze one of two workers at random instants, for about its lease or far longer."""
    rng = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    async with open_world(forkserver) as world:
        base = await maker.fresh()
        jobs: list[Made] = []
        both = [world.start(world.spec(base)) for _ in range(2)]
        for child in both:
            await child.ready()
        for _ in range(freezes):
            new = await world.make_jobs(4)
            jobs += new
            world.perhaps_unsent |= set(ids_of(new))
            await add(base, new)
            await asyncio.sleep(rng.uniform(0.0, 0.8))
            frozen = rng.choice(both)
            await frozen.signal(signal.SIGSTOP)
            await asyncio.sleep(rng.uniform(0.8, 2.5) * LEASE_SECONDS)
            await frozen.signal(signal.SIGCONT)
        last = world.start(world.spec(base, watched=ids_of(jobs)))
        await world.end_well(last)
        await _stop_gently(world, base, both, jobs)
        return Row(
            case="frozen at random instants",
            database=maker.kind,
            rounds=freezes,
            kills=0,
            counts=await world.count(),
        )


# (d) the database


async def postgres_restarts(
    forkserver: ForkServer,
    maker: PostgresMaker,
    *,
    restarts: int,
    seed: int,
    past_lease: bool = False,
) -> Row:
    """Stop PostgreSQL as a crash does, with jobs under way in two workers, and start it again.

    Args:
        forkserver: Where processes come from.
        maker: Of the databases.
        restarts: How often.
        seed: Of the random moments.
        past_lease: Let it be away for longer than the leases, so that whoever comes back first
            takes the other for dead.
    """
    lease_seconds = LEASE_SECONDS if past_lease else LONG_LEASE_SECONDS
    away = (1.5 * LEASE_SECONDS, 3 * LEASE_SECONDS) if past_lease else (0.0, 1.5)
    rng = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    async with open_world(forkserver) as world:
        base = await maker.fresh()
        jobs: list[Made] = []
        both = [world.start(world.spec(base, lease_seconds=lease_seconds)) for _ in range(2)]
        for child in both:
            await child.ready()
        for _ in range(restarts):
            new = await world.make_jobs(IN_FLIGHT)
            jobs += new
            await add(base, new)
            await asyncio.sleep(rng.uniform(0.0, 0.8))
            await maker.restart(rng.uniform(*away))
        if past_lease:
            world.perhaps_unsent |= set(ids_of(jobs))
        await world.end_well(world.start(world.spec(base, watched=ids_of(jobs))))
        await _stop_gently(world, base, both, jobs)
        return Row(
            case="database restarted" + (", away for longer than the leases" if past_lease else ""),
            database=maker.kind,
            rounds=restarts,
            kills=0,
            counts=await world.count(),
        )


async def sqlite_locks(forkserver: ForkServer, maker: SqliteMaker, *, locks: int, seed: int) -> Row:
    """Hold SQLite's write lock from outside for longer than the worker waits for it."""
    rng = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    async with open_world(forkserver) as world:

        async def lock_one() -> None:
            base = await maker.fresh(busy_seconds=BUSY_SECONDS)
            jobs = await world.make_jobs(IN_FLIGHT // 2)
            # A job that could not be added under the lock was refused, so it is asked for again.
            child = world.start(world.spec(base, jobs))
            await child.ready()
            await asyncio.sleep(rng.uniform(0.1, 0.6))
            async with base.locked():
                await asyncio.sleep(BUSY_SECONDS * 3)
            await asyncio.sleep(1.0)
            await world.stop(child, signal.SIGTERM)
            there = {row.job_id for row in await base.rows()}
            missing = [made for made in jobs if made.asked.job_id not in there]
            await world.end_well(world.start(world.spec(base, missing, watched=ids_of(jobs))))

        await in_parallel((lock_one() for _ in range(locks)), 3)
        return Row(
            case="database locked past its timeout",
            database=maker.kind,
            rounds=locks,
            kills=0,
            counts=await world.count(),
        )


# (e) the provider's answer


async def provider_silent(
    forkserver: ForkServer, maker: Maker, *, jobs_each: int, is_careless: bool = False
) -> Row:
    """Let the provider accept requests and lose its answers.

    Args:
        forkserver: Where processes come from.
        maker: Of the databases.
        jobs_each: How many jobs for each way to lose an answer.
        is_careless: Break the rule that nothing is sent again, to see the counting notice.
    """
    ways = LOST_BY_PROVIDER
    if is_careless:
        ways = {"closed": LOST_BY_PROVIDER["closed"]}
    async with open_world(forkserver) as world:

        async def lose(markers: str, speed: float) -> None:
            base = await maker.fresh()
            jobs = await world.make_jobs(jobs_each, markers, may_be_uncertain=True)
            spec = world.spec(
                base,
                jobs,
                watched=ids_of(jobs),
                clock_speed=speed,
                lease_seconds=LEASE_SECONDS if speed == 1 else 60.0,
                is_careless=is_careless,
            )
            await world.end_well(world.start(spec))

        await in_parallel((lose(*way) for way in ways.values()), len(ways))
        return Row(
            case="provider's answer lost after it accepted",
            database=maker.kind,
            rounds=len(ways),
            kills=0,
            counts=await world.count(),
        )


# (f) Discord's answer


async def discord_silent(
    forkserver: ForkServer, maker: Maker, *, jobs_each: int, nonce_window_over: bool
) -> Row:
    """Let Discord carry out calls and lose its answers, with and without the nonce's protection.

    With the window over, only lost connections are tried: on a 5xx discord.py repeats the call by
    itself within seconds, for which Discord's real window is long enough.
    """
    window = {"nonce_window_seconds": SHORT_WINDOW_SECONDS} if nonce_window_over else {}
    faults: list[list[object]] = [["lost_answer"]]
    if not nonce_window_over:
        faults += [["accepted_then", 500], ["accepted_then", 503]]
    async with open_world(forkserver, **window) as world:
        base = await maker.fresh()
        jobs = []
        for path, skip in LOST_BY_DISCORD.values():
            for fault in faults:
                for _ in range(jobs_each):
                    channel_id = await world.new_channel()
                    jobs.append(await world.make_job(channel_id=channel_id))
                    await world.fail_discord(
                        method="POST", path=path, fault=fault, channel_id=channel_id, skip=skip
                    )
        ahead = AHEAD_SECONDS if nonce_window_over else 0.0
        spec = world.spec(base, jobs, watched=ids_of(jobs), discord_ahead_seconds=ahead)
        await world.end_well(world.start(spec))
        case = "Discord's answer lost after it posted"
        if nonce_window_over:
            case += ", nonce window over"
        return Row(
            case=case,
            database=maker.kind,
            rounds=len(LOST_BY_DISCORD) * len(faults),
            kills=0,
            counts=await world.count(),
        )
