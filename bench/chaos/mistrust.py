"""Cases in which what the bot goes by is wrong: an old database, a wrong clock, a lost answer."""

from __future__ import annotations

import asyncio
import random
import signal
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from bench.chaos.count import Counts
from bench.chaos.kills import Row
from bench.chaos.process_spec import ACCESS_TOKEN
from bench.chaos.processes import ChaosError
from bench.chaos.trouble import LOST_BY_PROVIDER, add, ids_of
from bench.chaos.world import open_world
from bot import __version__
from bot.cometapi.console import MOST_SKEW
from bot.engine.settling import OPEN
from bot.storage.backup import back_up, restore
from bot.storage.database import open_database
from bot.storage.store import open_store
from bot.storage.tables.job import jobs as jobs_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.chaos.databases import Base, Maker
    from bench.chaos.processes import ForkServer
    from bench.chaos.world import Made, World

QUIET_SECONDS = 1.0
"""So long a worker that must not pay for anything has time to do it."""
AGE = timedelta(hours=1)
"""So much older than real a backup counts as: old enough that threads are searched first."""
CLOCKS_OFF_SECONDS = (3660.0, -3660.0, 360.0, -360.0)
SETTLING_SPEED = 60.0
"""At this speed the list of tasks is looked at every second."""
SETTLING_LEASE_SECONDS = 60.0
NO_TASK_ANY_MORE = OPEN + MOST_SKEW + timedelta(seconds=30)
"""Once a request is so old, a list without a task of its means that there is none."""


async def _live_for(
    world: World,
    base: Base,
    seconds: float,
    jobs: Sequence[Made] = (),
    **more: Any,  # noqa: ANN401 - fields of ProcessSpec
) -> None:
    """Let a worker add jobs and live for some seconds, and stop it as an operator does."""
    child = world.start(world.spec(base, jobs, **more))
    await child.ready()
    await asyncio.sleep(seconds)
    await world.stop(child, signal.SIGTERM)


async def _unpaid(world: World, jobs: Sequence[Made], why: str) -> None:
    tasks = await world.tasks()
    if paid := [made.asked.number for made in jobs if made.asked.number in tasks]:
        raise ChaosError(f"jobs {paid} were paid for, {why}")


# (g) an old database


async def restores(
    forkserver: ForkServer, maker: Maker, *, rounds: int, jobs_each: int, seed: int
) -> Row:
    """Back up under way, let all jobs end, restore, and let the owner decide.

    The owner releases every other job, and says of the rest that they were finished.
    """
    rng = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    async with open_world(forkserver) as world:
        for _ in range(rounds):
            base, restored = await maker.fresh(), await maker.fresh()
            jobs = await world.make_jobs(jobs_each)
            await add(base, jobs[: jobs_each // 2])
            with TemporaryDirectory(prefix="restyle-chaos-backup-") as folder:
                file = Path(folder) / "backup.db"
                child = world.start(world.spec(base, jobs[jobs_each // 2 :], watched=ids_of(jobs)))
                await asyncio.sleep(rng.uniform(0.0, 1.0))
                await back_up(base.url, file, program=__version__)
                await world.end_well(child)
                await restore(file, restored.url)
            await _age(restored)
            there = {row.job_id for row in await restored.rows()}
            mine = [made for made in jobs if made.asked.job_id in there]
            await _live_for(world, restored, QUIET_SECONDS)  # under its eyes nothing is paid again
            await _decide(restored)
            await world.end_well(world.start(world.spec(restored, watched=ids_of(mine))))
        return Row(
            case="restored from a backup",
            database=maker.kind,
            rounds=rounds,
            kills=0,
            counts=await world.count(),
        )


async def _age(base: Base, by: timedelta = AGE) -> None:
    """Have everything happened so much earlier."""
    async with open_database(base.url) as database, database.transaction() as connection:
        for row in (await connection.execute(select(jobs_table))).mappings().all():
            moments = {
                name: row[name] - by
                for name in ("created_at", "submit_started_at")
                if row[name] is not None
            }
            older = update(jobs_table).where(jobs_table.c.id == row["id"])
            await connection.execute(older.values(**moments))


async def _decide(base: Base) -> None:
    async with open_store(base.url, worker_id="owner") as store:
        for number, job in enumerate(await store.quarantine.jobs(limit=1000)):
            if number % 2:
                await store.quarantine.settle(job.id, user_id=None)
            else:
                await store.quarantine.release([job.id], user_id=None)


# (h) a wrong clock


async def clock_steps(forkserver: ForkServer, maker: Maker, *, clocks: Sequence[float]) -> Row:
    """Let workers with wrong clocks take over what was paid for, and see that they pay nothing.

    Args:
        forkserver: Where processes come from.
        maker: Of the databases.
        clocks: By how many seconds a clock is ahead.

    Raises:
        ChaosError: A worker paid for something.
    """
    async with open_world(forkserver) as world:

        async def be_off(ahead: float) -> None:
            base = await maker.fresh()
            paid, waiting = await world.make_jobs(4), await world.make_jobs(2)
            spec = world.spec(base, paid)
            first = world.start(spec)
            await first.ready()
            await asyncio.sleep(0.3)
            await first.kill()
            await world.note_kill(base, spec.worker_id, first)
            already = set(await world.tasks())
            await _live_for(world, base, QUIET_SECONDS * 2, waiting, clock_ahead_seconds=ahead)
            unpaid = [one for one in [*paid, *waiting] if one.asked.number not in already]
            await _unpaid(world, unpaid, f"with a clock {ahead:+.0f} s off")
            stepping = await world.make_jobs(4)
            await _live_for(
                world,
                base,
                QUIET_SECONDS,
                stepping,
                clock_ahead_seconds=ahead,
                clock_steps_after_seconds=QUIET_SECONDS / 2,
            )
            every = [*paid, *waiting, *stepping]
            there = {row.job_id for row in await base.rows()}
            missing = [one for one in every if one.asked.job_id not in there]
            await world.end_well(world.start(world.spec(base, missing, watched=ids_of(every))))

        async with asyncio.TaskGroup() as group:
            for ahead in clocks:
                group.create_task(be_off(ahead))
        return Row(
            case="clock off by 61 or by 6 minutes",
            database=maker.kind,
            rounds=len(clocks),
            kills=world.kills,
            counts=await world.count(),
        )


# (i) a lost answer, and the list of tasks


async def lost_with_list(
    forkserver: ForkServer, maker: Maker, *, ways: Sequence[str], lost_at_once: int
) -> Row:
    """Lose answers where the list of tasks can be asked: nothing stays uncertain.

    Args:
        forkserver: Where processes come from.
        maker: Of the databases.
        ways: Of :data:`bench.chaos.trouble.LOST_BY_PROVIDER`, each for one job among others: the
            list settles it.
        lost_at_once: How many jobs lose their answers at once: the owner chooses from the list.

    Raises:
        ChaosError: A job was given another one's task.
    """
    cases = [_one_lost(forkserver, maker, way) for way in ways]
    cases += [_none_taken(forkserver, maker), _many_lost(forkserver, maker, lost_at_once)]
    counts = [await case for case in cases]
    return Row(
        case="provider's answer lost, list of tasks on",
        database=maker.kind,
        rounds=len(cases),
        kills=0,
        counts=sum(counts, Counts()),
    )


async def _settle(world: World, base: Base, jobs: Sequence[Made], speed: float = 1.0) -> None:
    spec = world.spec(
        base,
        jobs,
        watched=ids_of(world.jobs),
        clock_speed=max(speed, SETTLING_SPEED),
        lease_seconds=SETTLING_LEASE_SECONDS,
        access_token=ACCESS_TOKEN,
    )
    await world.end_well(world.start(spec))


async def _one_lost(forkserver: ForkServer, maker: Maker, way: str) -> Counts:
    markers, speed = LOST_BY_PROVIDER[way]
    async with open_world(forkserver) as world:
        base = await maker.fresh()
        jobs = [*await world.make_jobs(3), *await world.make_jobs(1, markers)]
        await _settle(world, base, jobs, speed)
        await _check_tasks(world, base)
        return await world.count()


async def _none_taken(forkserver: ForkServer, maker: Maker) -> Counts:
    async with open_world(forkserver) as world:
        base = await maker.fresh()
        jobs = await world.make_jobs(2, "[[create:500]]", may_fail=True)
        await world.end_well(world.start(world.spec(base, jobs, watched=ids_of(jobs))))
        await _age(base, NO_TASK_ANY_MORE)
        spec = world.spec(base, watched=ids_of(jobs), access_token=ACCESS_TOKEN)
        await world.end_well(world.start(spec))
        return await world.count()


async def _many_lost(forkserver: ForkServer, maker: Maker, lost_at_once: int) -> Counts:
    """Lose several answers within a minute: the list cannot tell whose each task is."""
    async with open_world(forkserver) as world:
        base = await maker.fresh()
        jobs = await world.make_jobs(lost_at_once, "[[create:close]]")
        spec = world.spec(base, jobs, watched=ids_of(jobs))
        await world.end_well(world.start(spec))
        # The list cannot tell, so that nobody is given a task that may be another's.
        await _live_for(world, base, QUIET_SECONDS, access_token=ACCESS_TOKEN)
        tasks = await world.tasks()
        async with open_store(base.url, worker_id="owner") as store:
            for made in jobs:
                (task_id,) = tasks[made.asked.number]
                await store.uncertain.attach(made.asked.job_id, task_id=task_id, user_id=None)
        await _settle(world, base, ())
        await _check_tasks(world, base)
        return await world.count()


async def _check_tasks(world: World, base: Base) -> None:
    tasks = await world.tasks()
    async with open_store(base.url, worker_id="looking") as store:
        for made in world.jobs:
            job = await store.get(made.asked.job_id)
            if job is None or [job.task_id] != tasks.get(made.asked.number):
                raise ChaosError(f"job {made.asked.job_id} was given another one's task")
