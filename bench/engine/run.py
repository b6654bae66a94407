"""All measurements, one after the other, in one run."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.engine.durations import simple_policies
from bench.postgres import durable_postgres
from tests.process.forks import Forks

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterator, Sequence

CLIENTS: Final = ("engine", "coroutines", "sdk", "bare")
SATURATED: Final = ("engine", "client", "plain", "lean", "sdk", "bare")
ON_UVLOOP: Final = ("engine_uvloop", "plain_uvloop")
"""Measured as well where uvloop, which is no dependency, can be imported."""
MEDIANS: Final = (90, 360)
"""Of the tasks in the polling comparison, in seconds."""
_SEED: Final = 1
_ROOT: Final = Path(__file__).parents[2]
_MODULES: Final = os.pathsep.join(filter(None, (str(_ROOT), os.environ.get("PYTHONPATH"))))
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - only folders of their own in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    sizes: tuple[int, ...] = (100, 1_000, 10_000)
    gap_seconds: float = 5.0
    warm_seconds: float = 6.0
    watch_gaps: int = 1
    """How many gaps a client is watched for: every job is polled equally often in whole ones. The
    largest number of jobs is watched twice as long."""
    loops: tuple[str, ...] = SATURATED
    rounds: int = 3
    saturated_seconds: float = 2.0
    virtual_jobs: int = 20_000
    whole_jobs: int = 300
    real_jobs: int = 400
    stored_jobs: int = 10_000
    postgres: bool = True
    ack_seconds: float = 20.0
    ack_per_second: float = 50.0
    guilds: int = 50
    many_guilds: int = 2_500
    """0 leaves the start in many servers out."""
    with_busy_core: bool = True
    counted_jobs: int = 10
    task_seconds: float = 6.0
    minute_seconds: float = 60.0
    """In which twenty clips arrive."""
    is_hurried: bool = False
    """Everything at the same time, so that no figure means anything."""


QUICK: Final = Plan(
    sizes=(50,),
    gap_seconds=0.5,
    warm_seconds=0.6,
    loops=("engine", "sdk", "bare"),
    rounds=1,
    saturated_seconds=0.2,
    virtual_jobs=200,
    whole_jobs=10,
    real_jobs=0,
    stored_jobs=300,
    postgres=False,
    ack_seconds=0.5,
    ack_per_second=10.0,
    guilds=3,
    many_guilds=0,
    with_busy_core=False,
    counted_jobs=1,
    task_seconds=0.5,
    minute_seconds=0.0,
    is_hurried=True,
)


@dataclass(slots=True)
class Results:
    """Everything that was measured; plain values, so that it can be kept as JSON."""

    plan: dict[str, Any]
    waiting: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    saturated: dict[str, dict[str, Any]] = field(default_factory=dict)
    policies: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    """By the median of the tasks in seconds (a word, as JSON has it), then by policy."""
    whole: dict[str, Any] = field(default_factory=dict)
    resumed: dict[str, dict[str, Any]] = field(default_factory=dict)
    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By the database, or by what goes on beside it."""
    servers: list[dict[str, Any]] = field(default_factory=list)
    """A start of the bot each, in few servers and in many."""
    waits: dict[str, Any] = field(default_factory=dict)
    load_before: float = 0.0
    seconds: float = 0.0


@contextmanager
def _folder(*, in_memory: bool = False) -> Iterator[str]:
    place = _MEMORY if in_memory and _MEMORY.is_dir() else None
    path = tempfile.mkdtemp(prefix="restyle-bench-", dir=place)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


class Bench:
    """One run: the client's core, the server's core, and the answerer on the latter.

    In a hurry its measurements are forked, so that they need not import all anew.
    """

    def __init__(self, plan: Plan, *, port: int, cores: tuple[int, int], forks: Forks) -> None:
        self._plan = plan
        self.is_hurried = plan.is_hurried
        self._port = port
        self._forks = forks
        self._client_core, self._server_core = cores
        has_uvloop = find_spec("uvloop") is not None and not plan.is_hurried
        self._on_uvloop = ON_UVLOOP if has_uvloop else ()

    async def _child(self, name: str, *, core: int, **arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        with _folder(in_memory=name == "durations.virtual") as folder:
            words = ("-m", "bench.engine.child", str(core), name, json.dumps(arguments))
            environment = {**os.environ, "PYTHONPATH": _MODULES}
            if self.is_hurried:
                process = await self._forks.start(words, environment=environment, folder=folder)
            else:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, *words),
                    cwd=folder,
                    env=environment,
                    stdout=asyncio.subprocess.PIPE,
                )
            try:
                output = await process.stdout.read()
            except BaseException:
                process.kill()
                await process.wait()
                raise
            status = await process.wait()
        if status:
            raise RuntimeError(f"{name} ended with {status}:\n{output.decode()}")
        result: dict[str, Any] = json.loads(output.decode().splitlines()[-1])
        _say(f"{name} {arguments}: {result}")
        return result

    async def waiting(self, results: Results) -> None:
        """Let every client wait for every number of jobs."""
        plan = self._plan
        for jobs in plan.sizes:
            most = jobs == max(plan.sizes)
            gaps = plan.watch_gaps * (2 if most else 1)
            for client in CLIENTS + self._on_uvloop[:1] * most:
                results.waiting.setdefault(client, {})[jobs] = await self._child(
                    f"waiting.{client}",
                    core=self._client_core,
                    port=self._port,
                    jobs=jobs,
                    seconds=gaps * plan.gap_seconds,
                    warm_seconds=plan.warm_seconds,
                    gap_seconds=plan.gap_seconds,
                )

    async def saturated(self, results: Results) -> None:
        """Run the closed loops, in turns; the cheapest of all rounds counts for each."""
        for _ in range(self._plan.rounds):
            for client in self._plan.loops + self._on_uvloop:
                found = await self._child(
                    f"saturated.{client}",
                    core=self._client_core,
                    port=self._port,
                    seconds=self._plan.saturated_seconds,
                )
                best = results.saturated.get(client)
                if best is None or found["cpu_us"] < best["cpu_us"]:
                    results.saturated[client] = found

    async def virtual(self, results: Results) -> None:
        """Run the jobs of the polling comparison, with virtual time."""
        for median in MEDIANS:
            policies = results.policies.setdefault(str(median), {})
            policies |= simple_policies(jobs=self._plan.virtual_jobs, seed=_SEED, median=median)
            policies["engine"] = await self._virtual(self._plan.virtual_jobs, median, whole=False)

    async def whole(self, results: Results) -> None:
        """Run jobs from QUEUED to DONE, with virtual time."""
        results.whole = await self._virtual(self._plan.whole_jobs, MEDIANS[0], whole=True)

    async def _virtual(self, jobs: int, median: int, *, whole: bool) -> dict[str, Any]:
        return await self._child(
            "durations.virtual",
            core=self._client_core,
            jobs=jobs,
            seed=_SEED,
            median=median,
            whole=whole,
        )

    async def real(self, results: Results) -> None:
        """Run fewer jobs in real time; beside other measurements, because it takes minutes."""
        if self._plan.real_jobs:
            found = await self._child(
                "durations.real",
                core=self._server_core,
                port=self._port,
                jobs=self._plan.real_jobs,
                seed=_SEED,
                median=MEDIANS[0],
            )
            results.policies.setdefault(str(MEDIANS[0]), {})["real"] = found

    async def resumed(self, results: Results) -> None:
        """Start the engine on stored jobs."""
        jobs = self._plan.stored_jobs
        core = self._client_core
        results.resumed["SQLite"] = await self._child(
            "resume.resume", core=core, port=self._port, jobs=jobs
        )
        if self._plan.postgres:
            async with durable_postgres() as url:
                results.resumed["PostgreSQL"] = await self._child(
                    "resume.resume", core=core, port=self._port, jobs=jobs, url=url
                )

    async def people(self, results: Results) -> None:
        """Let people use the whole bot, with each database, and while the other core is busy."""
        found = results.acknowledged
        found["SQLite"] = await self._acknowledge()
        results.servers = [found["SQLite"]]
        if self._plan.with_busy_core:
            async with _busy(self._server_core):
                found["SQLite, the other core busy"] = await self._acknowledge()
        if self._plan.postgres:
            async with durable_postgres() as url:
                found["PostgreSQL"] = await self._acknowledge(url=url)

    async def servers(self, results: Results) -> None:
        """Start the bot in many servers, and let a few people use it."""
        if guilds := self._plan.many_guilds:
            few = [found for found in results.servers if found["guilds"] == self._plan.guilds]
            if not few:
                few = [await self._acknowledge(seconds=0.0)]
            results.servers = [*few, await self._acknowledge(guilds=guilds, seconds=0.0)]

    async def _acknowledge(self, **other: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
        plan = self._plan
        usual = {"guilds": plan.guilds, "seconds": plan.ack_seconds}
        return await self._child(
            "people.acknowledge",
            core=self._server_core,
            port=self._port,
            jobs=plan.stored_jobs,
            per_second=plan.ack_per_second,
            bot_core=self._client_core,
            seed=_SEED,
            settle_seconds=plan.warm_seconds,
            **usual | other,
        )

    async def waits(self, results: Results) -> None:
        """Let people come with clips of every kind."""
        plan = self._plan
        results.waits = await self._child(
            "waits.waits",
            core=-1,
            is_quick=plan.is_hurried,
            minute_seconds=plan.minute_seconds,
            task_seconds=plan.task_seconds,
            counted_jobs=plan.counted_jobs,
        )


@asynccontextmanager
async def _busy(core: int) -> AsyncIterator[None]:
    """Keep a core busy meanwhile."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", "while True: pass"),
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    try:
        yield
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _answerer(core: int) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.engine.answerer", str(core)),
        cwd=_ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    if process.stdout is None:
        raise RuntimeError("no pipe")
    try:
        yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


def _say(text: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {text}\n")


PARTS: Final = (
    "saturated", "waiting", "resumed", "people", "servers", "waits", "whole", "real", "virtual",
)  # fmt: skip
"""What can be measured by itself: methods of ``Bench``."""
_TOGETHER: Final = frozenset({"real", "virtual"})  # they count, so they may run side by side


async def measure(
    plan: Plan, *, parts: Collection[str] = PARTS, results: Results | None = None
) -> Results:
    """Measure what ``parts`` name of ``plan``; nothing else should run meanwhile.

    Args:
        plan: How much of it.
        parts: Some of ``PARTS``.
        results: What was measured before, of which those parts are replaced.
    """
    usable = sorted(os.sched_getaffinity(0))
    cores = (usable[0], usable[-1])
    results = results or Results(plan={}, load_before=os.getloadavg()[0])
    results.plan = asdict(plan)
    started = time.monotonic()
    async with _answerer(cores[1]) as port:
        with closing(Forks()) as forks:
            bench = Bench(plan, port=port, cores=cores, forks=forks)
            await _measure(bench, [part for part in PARTS if part in parts], results)
    results.seconds += time.monotonic() - started
    return results


async def _measure(bench: Bench, parts: Sequence[str], results: Results) -> None:
    in_turn = [] if bench.is_hurried else [part for part in parts if part not in _TOGETHER]
    for part in in_turn:
        begun = time.monotonic()
        await getattr(bench, part)(results)
        _say(f"{part} took {time.monotonic() - begun:.0f} s")
    async with asyncio.TaskGroup() as group:
        for part in set(parts) - set(in_turn):
            group.create_task(getattr(bench, part)(results))
