"""The command line: ``python -m bench.chaos``; see ``docs/chaos.md``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import shutil
import sys
import tempfile
import time
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg

from bench.chaos import report
from bench.chaos.databases import PostgresMaker, SqliteMaker
from bench.chaos.kills import Point, boundaries, storm
from bench.chaos.mistrust import CLOCKS_OFF_SECONDS, clock_steps, lost_with_list, restores
from bench.chaos.points import POINTS
from bench.chaos.process_spec import LEASE_SECONDS, When
from bench.chaos.processes import ChaosError, ForkServer
from bench.chaos.trouble import (
    LOST_BY_PROVIDER,
    discord_silent,
    freezes,
    postgres_restarts,
    provider_silent,
    random_freezes,
    sqlite_locks,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from bench.chaos.databases import Maker
    from bench.chaos.kills import Row

    Case = Callable[[], Awaitable[Row]]

EXIT_BROKEN = 1
KILLS = 600
SHORT_KILLS = 16
_LEASE_WORDS = [f"CHAOS_LEASE_SECONDS={LEASE_SECONDS:g}"] if LEASE_SECONDS != 1 else []

ALL_POINTS = tuple(
    Point(becomes=becomes, name=name, when=when) for becomes, name in POINTS for when in When
)
FREEZE_POINTS = tuple(point for point in ALL_POINTS if point.when is not When.WITHIN)
WINDOW_POINTS = tuple(
    point for point in ALL_POINTS if point.name in {"discord.status", "discord.outcome"}
)
SHORT_POINTS = tuple(
    Point(becomes="done", name=name, when=when)
    for name, when in (
        ("discord.thread", When.AFTER),
        ("discord.status", When.AFTER),
        ("store.submit", When.AFTER),
        ("comet.create_task", When.WITHIN),
        ("comet.create_task", When.AFTER),
        ("store.move running", When.AFTER),
        ("store.move delivering", When.BEFORE),
        ("discord.outcome", When.WITHIN),
        ("discord.outcome", When.AFTER),
        ("store.move done", When.BEFORE),
    )
)


def say(text: str) -> None:
    """Write a line for the person who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def full(
    forkserver: ForkServer, maker: Maker, *, kills: int, seed: int, every: int = 1
) -> list[Case]:
    """Return every case for one database, in the order in which they are to run.

    With ``every`` 3, say, only each third of the named points, on PostgreSQL others than on SQLite.
    """
    first = int(isinstance(maker, PostgresMaker)) % every
    some: dict[str, Any] = {"forkserver": forkserver, "maker": maker}
    cases: list[Case] = [
        partial(boundaries, **some, points=ALL_POINTS[first::every], kills=2, parallel=4),
        partial(
            boundaries, **some, points=WINDOW_POINTS, kills=1, parallel=4, nonce_window_over=True
        ),
        partial(storm, **some, kills=kills, seed=seed),
    ]
    if isinstance(maker, PostgresMaker):
        cases += [
            partial(freezes, **some, points=FREEZE_POINTS[first::every], parallel=6),
            partial(random_freezes, **some, freezes=15, seed=seed),
            partial(postgres_restarts, **some, restarts=8, seed=seed),
            partial(postgres_restarts, **some, restarts=8, seed=seed, past_lease=True),
        ]
    else:
        cases.append(partial(sqlite_locks, **some, locks=9, seed=seed))
    cases.append(partial(provider_silent, **some, jobs_each=5))
    for over in (False, True):
        cases.append(partial(discord_silent, **some, jobs_each=4, nonce_window_over=over))
    cases += [
        partial(restores, **some, rounds=6, jobs_each=8, seed=seed),
        partial(clock_steps, **some, clocks=CLOCKS_OFF_SECONDS),
        partial(lost_with_list, **some, ways=tuple(LOST_BY_PROVIDER), lost_at_once=5),
    ]
    return cases


def short(forkserver: ForkServer, maker: Maker, *, kills: int, seed: int) -> list[Case]:
    """Return the most telling cases for one database: less than a minute."""
    some: dict[str, Any] = {"forkserver": forkserver, "maker": maker}
    cases: list[Case] = [
        partial(boundaries, **some, points=SHORT_POINTS, kills=1, parallel=5),
        partial(storm, **some, kills=kills, seed=seed),
    ]
    if isinstance(maker, PostgresMaker):
        points = [p for p in FREEZE_POINTS if p.name == "comet.create_task"]
        cases += [
            partial(freezes, **some, points=points, parallel=2),
            partial(postgres_restarts, **some, restarts=1, seed=seed),
            partial(clock_steps, **some, clocks=CLOCKS_OFF_SECONDS[::3]),
        ]
    else:
        cases += [
            partial(sqlite_locks, **some, locks=1, seed=seed),
            partial(discord_silent, **some, jobs_each=1, nonce_window_over=True),
            partial(lost_with_list, **some, ways=["closed"], lost_at_once=2),
        ]
    cases.append(partial(restores, **some, rounds=1, jobs_each=4, seed=seed))
    return cases


async def run_cases(cases: Sequence[Case]) -> list[Row]:
    """Run one database's cases one after the other."""
    rows = []
    for case in cases:
        since = time.monotonic()
        row = await case()
        rows.append(row)
        mark = "" if row.counts.is_clean else "  <-- FORBIDDEN"
        say(f"{time.monotonic() - since:6.1f} s  {row.case} ({row.database}){mark}")
    return rows


class Run:
    """Everything a run opens; an async context manager.

    Args:
        databases: ``sqlite``, ``postgresql`` or both.
    """

    def __init__(self, databases: Sequence[str]) -> None:
        self._databases = databases
        self.folder = Path(tempfile.mkdtemp(prefix="restyle-chaos-"))
        self.makers: list[Maker] = []
        self.postgres: str | None = None
        self._stack = AsyncExitStack()
        self._is_kept = True

    async def __aenter__(self) -> Run:
        async with AsyncExitStack() as stack:
            stack.callback(self._tidy)
            if "sqlite" in self._databases:
                sqlite = SqliteMaker(self.folder)
                await sqlite.prepare()
                self.makers.append(sqlite)
            if "postgresql" in self._databases:
                postgres = PostgresMaker()
                stack.callback(postgres.server.remove)
                await postgres.prepare()
                self.makers.append(postgres)
                connection = await asyncpg.connect(postgres.server.dsn)
                version = await connection.fetchval("SHOW server_version")
                await connection.close()
                self.postgres = f"PostgreSQL {version}"
            self.forkserver = await stack.enter_async_context(ForkServer(self.folder))
            self._stack = stack.pop_all()
        return self

    def drop_folder(self) -> None:
        """Have the folder with logs and data removed at the end: nothing went wrong."""
        self._is_kept = False

    def _tidy(self) -> None:
        if self._is_kept:
            say(f"Logs and databases are kept in {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.__aexit__(None, None, None)


async def run(arguments: argparse.Namespace) -> int:
    """Run the cases one after the other and print what came of them."""
    databases = {"both": ("sqlite", "postgresql")}.get(arguments.database, (arguments.database,))
    kills = arguments.kills or (SHORT_KILLS if arguments.short else KILLS)
    say(f"Random seed: {arguments.seed}")
    started = time.monotonic()
    async with Run(databases) as opened:
        chosen = short if arguments.short else partial(full, every=arguments.every)
        share = max(1, kills // len(opened.makers))
        try:
            async with asyncio.TaskGroup() as group:  # each waits most of the time
                tasks = [
                    group.create_task(
                        run_cases(
                            chosen(opened.forkserver, maker, kills=share, seed=arguments.seed)
                        )
                    )
                    for maker in opened.makers
                ]
        except* ChaosError as errors:  # said before anything is closed, which may fail as well
            for error in _leaves(errors):
                sys.stderr.write(f"{error}\n")
            raise
        found = [row for task in tasks for row in task.result()]
        order = {row.case: number for number, row in reversed(list(enumerate(found)))}
        rows = sorted(found, key=lambda row: order[row.case])
        is_clean = report.total(rows).is_clean
        if is_clean:
            opened.drop_folder()
        seconds = time.monotonic() - started
        text = report.table(rows)
        say(f"\n{text}\n")
        about = report.machine(opened.postgres)
        say(f"{about}; {seconds:.0f} s")
    if arguments.write is not None:
        report.write(
            arguments.write,
            text,
            machine=about,
            seconds=seconds,
            seed=arguments.seed,
            command=" ".join([*_LEASE_WORDS, "python -m bench.chaos", *chosen_options(arguments)]),
        )
        say(f"Written: {arguments.write}")
    return 0 if is_clean else EXIT_BROKEN


def chosen_options(arguments: argparse.Namespace) -> list[str]:
    """Return what makes a run smaller than the whole, as it was typed."""
    found = ["--short"] if arguments.short else []
    if arguments.every != 1:
        found.append(f"--every {arguments.every}")
    if arguments.kills:
        found.append(f"--kills {arguments.kills}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos",
        description="Kill, freeze and cut off the real worker; count at the provider and Discord.",
    )
    parser.add_argument("--short", action="store_true", help="the most telling cases only")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--kills", type=int, help=f"at random instants, in all ({KILLS})")
    parser.add_argument(
        "--every",
        type=int,
        default=1,
        metavar="N",
        help="each Nth of the named points only, where the time is short",
    )
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the table into this file")
    logging.basicConfig(level=logging.ERROR)
    try:
        return asyncio.run(run(parser.parse_args(arguments)))
    except* ChaosError:  # it was said where it came up
        pass
    return EXIT_BROKEN


def _leaves(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        for inner in error.exceptions:
            yield from _leaves(inner)
    else:
        yield error


if __name__ == "__main__":
    sys.exit(main())
