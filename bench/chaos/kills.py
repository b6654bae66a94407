"""Cases in which workers are killed: at every named point, and at random instants."""

from __future__ import annotations

import asyncio
import random
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.chaos.points import MARKERS
from bench.chaos.process_spec import LEASE_SECONDS, Fault, When
from bench.chaos.processes import PATIENCE_SECONDS, ChaosError
from bench.chaos.world import open_world

if TYPE_CHECKING:
    from collections.abc import Awaitable, Iterable, Sequence

    from bench.chaos.count import Counts
    from bench.chaos.databases import Base, Maker
    from bench.chaos.processes import ForkServer
    from bench.chaos.world import Made, World

FAST = 30.0
"""How much faster the engine's waits pass where a case is about one of its long ones."""
SHORT_WINDOW_SECONDS = 0.4
"""A Discord that forgets nonces so soon stands for an outage longer than the real window."""
AHEAD_SECONDS = 180.0
"""How far the clock of a worker is ahead that comes back after such an outage."""
IN_FLIGHT = 12
"""How many jobs are kept under way at once in a storm, per worker."""
NEW_JOBS = 3
"""How many a worker in a storm adds at most: the paid request is not to be all that it does."""
STORM_LEASE_SECONDS = 0.6 * LEASE_SECONDS
"""Shorter than most of its lives, so that the jobs of the dead are not left alone for long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A line of the table."""

    case: str
    database: str
    rounds: int
    kills: int
    counts: Counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A named point of a kind of job, and where in the call."""

    becomes: str
    name: str
    when: When


def clock_speed(becomes: str) -> float:
    """Return how fast the engine's waits have to pass for such a job."""
    return FAST if becomes == "refused" else 1.0  # resends wait for seconds


async def make(world: World, becomes: str, number: int) -> list[Made]:
    """Make jobs of which this becomes."""
    return await world.make_jobs(
        number,
        MARKERS[becomes],
        may_fail=becomes in {"failed", "refused"},
        may_be_uncertain=becomes == "unknown",
    )


async def in_parallel(rounds: Iterable[Awaitable[None]], limit: int) -> None:
    """Run all of them, so many at once."""
    gate = asyncio.Semaphore(limit)

    async def run(one: Awaitable[None]) -> None:
        async with gate:
            await one

    async with asyncio.TaskGroup() as group:
        for one in rounds:
            group.create_task(run(one))


# (a) killed at named points


async def boundaries(
    forkserver: ForkServer,
    maker: Maker,
    points: Sequence[Point],
    *,
    kills: int,
    parallel: int,
    nonce_window_over: bool = False,
) -> Row:
    """Kill the worker at every point, ``kills`` times in a row; the next one ends the jobs.

    Args:
        forkserver: Where processes come from.
        maker: Of the databases.
        points: Where.
        kills: How often in a row.
        parallel: How many rounds at once.
        nonce_window_over: Let the next worker come so late that Discord has forgotten nonces.

    Raises:
        ChaosError: A point was never reached, so that the round proves nothing.
    """
    window = {"nonce_window_seconds": SHORT_WINDOW_SECONDS} if nonce_window_over else {}
    async with open_world(forkserver, **window) as world:

        async def kill_at(point: Point) -> None:
            base = await maker.fresh()
            jobs = await make(world, point.becomes, 2)
            fault = Fault(point=point.name, when=point.when)
            killed = 0
            for number in range(kills + 1):
                is_last = number == kills
                spec = world.spec(
                    base,
                    jobs,
                    watched=tuple(made.asked.job_id for made in jobs),
                    fault=None if is_last else fault,
                    clock_speed=clock_speed(point.becomes),
                    discord_ahead_seconds=AHEAD_SECONDS if nonce_window_over and number else 0.0,
                )
                child = world.start(spec)
                if is_last:
                    await world.end_well(child)
                    break
                code = await child.ended(PATIENCE_SECONDS)
                if code == 0:  # the earlier kills left nothing that leads to this point
                    break
                if code != -signal.SIGKILL:
                    raise ChaosError(f"{point}: a worker ended with {code}:\n{child.tail()}")
                killed += 1
                await world.note_kill(base, spec.worker_id, child)
                if nonce_window_over:
                    await asyncio.sleep(SHORT_WINDOW_SECONDS * 1.5)
            if not killed:
                raise ChaosError(f"{point} was never reached on {maker.kind}")

        await in_parallel(map(kill_at, points), parallel)
        case = "killed at a named point"
        if nonce_window_over:
            case += ", back after the nonce window"
        return Row(
            case=case,
            database=maker.kind,
            rounds=len(points),
            kills=world.kills,
            counts=await world.count(),
        )


# (b) killed at random instants


class _Storm:
    def __init__(
        self, world: World, base: Base, *, kills: int, workers: int, rng: random.Random
    ) -> None:
        self._world = world
        self._base = base
        self._left = kills
        self._workers = workers
        self._rng = rng
        self._jobs: list[Made] = []

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(self._workers):
                group.create_task(self._keep_killing())
        ids = tuple(made.asked.job_id for made in self._jobs)
        there = {row.job_id for row in await self._base.rows()}
        missing = [made for made in self._jobs if made.asked.job_id not in there]
        last = [
            self._world.start(self._world.spec(self._base, missing, watched=ids))
            for _ in range(self._workers)
        ]
        for child in last:
            await self._world.end_well(child, 180)

    async def _keep_killing(self) -> None:
        while self._left > 0:
            self._left -= 1
            spec = self._world.spec(
                self._base, await self._next_jobs(), lease_seconds=STORM_LEASE_SECONDS
            )
            child = self._world.start(spec)
            if self._rng.random() < 0.8:
                await child.ready()
                await asyncio.sleep(self._rng.uniform(0.0, 1.4))
            else:  # perhaps still starting
                await asyncio.sleep(self._rng.uniform(0.0, 0.4))
            code = await child.kill()
            if code != -signal.SIGKILL:
                raise ChaosError(f"a worker ended with {code}:\n{child.tail()}")
            await self._world.note_kill(self._base, spec.worker_id, child)

    async def _next_jobs(self) -> list[Made]:
        """Return jobs to add: those whose adding was cut off, and new ones up to the limit."""
        rows = {row.job_id: row for row in await self._base.rows()} if self._jobs else {}
        under_way = sum(not row.is_told for row in rows.values())
        wanted = [made for made in self._jobs if made.asked.job_id not in rows]
        room = IN_FLIGHT * self._workers - under_way - len(wanted)
        new = await self._world.make_jobs(min(NEW_JOBS, max(0, room)))
        self._jobs += new
        return wanted + new


async def storm(forkserver: ForkServer, maker: Maker, *, kills: int, seed: int) -> Row:
    """Kill workers at random instants and start the next at once.

    On PostgreSQL three live at the same time on one database; on SQLite each of two has its own.
    """
    rng = random.Random(seed)  # noqa: S311 - to be repeatable, not secret
    shared = maker.kind == "postgresql"
    shares = [kills] if shared else [kills // 2, kills - kills // 2]
    async with open_world(forkserver) as world:
        async with asyncio.TaskGroup() as group:
            for share in shares:
                one = _Storm(
                    world, await maker.fresh(), kills=share, workers=3 if shared else 1, rng=rng
                )
                group.create_task(one.run())
        return Row(
            case="killed at random instants",
            database=maker.kind,
            rounds=1,
            kills=world.kills,
            counts=await world.count(),
        )
