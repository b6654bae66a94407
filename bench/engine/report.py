# ruff: noqa: RUF001, E501 - a multiplication sign is what is meant; prose in long lines
"""docs/benchmarks.md."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from bench.engine.plot import NAMES
from bench.engine.report_people import calls, first_answers, servers, waits
from bench.engine.targets import cpu_us, targets
from bench.page import machine, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench.engine.run import Results

_PACKAGES: Final = (
    "aiohttp",
    "orjson",
    "SQLAlchemy",
    "aiosqlite",
    "asyncpg",
    "discord.py",
    "runwayml",
    "httpx",
)
_LOOPS: Final = {
    "engine": "this engine: scheduler, steps, client",
    "client": "its client alone",
    "engine_uvloop": "the engine on uvloop",
    "plain": "aiohttp as it comes",
    "lean": "aiohttp without cookies, deadlines and decompression",
    "plain_uvloop": "aiohttp on uvloop",
    "sdk": "runwayml SDK",
    "bare": "bare protocol",
}


def _waiting_rows(results: Results) -> Iterator[Sequence[str]]:
    for jobs in sorted(results.plan["sizes"]):
        for client, name in (NAMES | {"engine_uvloop": "the engine on uvloop"}).items():
            if (found := results.waiting.get(client, {}).get(jobs)) is None:
                continue
            gap = results.plan["gap_seconds"] * (1.2 if client == "sdk" else 1)
            polls = found["polls"] / found["seconds"]
            yield (
                f"{jobs:,}",
                f"**{name}**" if client == "engine" else name,
                f"{cpu_us(found):,.0f}" if found["polls"] else "–",
                f"{found['cpu_seconds'] / found['seconds']:.3f}",
                f"{found['used_bytes'] / jobs / 1024:.1f}",
                f"{polls:,.0f} ({jobs / gap:,.0f})",
                *(
                    f"{'≥ ' * found.get('collapsed', False)}{found[f'stall_{which}_ms']:,.1f}"
                    for which in ("p50", "p99", "max")
                ),
                f"{100 * found['kept_waiting']:.0f} %",
            )


def _policy_rows(results: Results) -> Iterator[Sequence[str]]:
    names = {
        "sdk": "SDK, 4.5–7.5 s",
        "fixed": "fixed, 5 s",
        "engine": "**this engine** (virtual time)",
        "real": "its scheduler, client and rule over HTTP, in real time",
    }
    for median, policies in results.policies.items():
        for key, name in names.items():
            if key in policies:
                found = policies[key]
                yield (
                    f"{median} s",
                    name,
                    f"{found['jobs']:,}",
                    f"{found['requests_per_job']:.1f}",
                    *(f"{found[f'latency_{which}']:.2f}" for which in ("mean", "p95", "p99")),
                )


def polling(results: Results) -> list[str]:
    """Return the lines of the section about when jobs are polled; none if not measured."""
    if not results.policies:
        return []
    return [
        "## When to poll",
        "",
        "Durations are log-normal with sigma 0.35 around the median named; no task is polled more "
        "often than every 5 s. The engine's rows are its scheduler, steps, polling rule and database "
        "with a virtual clock that jumps to the next step, one job arriving every second, nothing "
        "known at first; the answer takes no time. The rows of the SDK and of the fixed gap are "
        "arithmetic over the same durations.",
        "",
        *table(
            ("median", "policy", "jobs", "requests per job", "delay mean s", "p95", "p99"),
            _policy_rows(results),
        ),
        "",
        "A log-normal fitted to the last 50 durations, the rule before this one, made 10.5 requests "
        "a job at 90 s with a mean delay of 2.72 s and a p99 of 8.42 s in an earlier run of the same "
        "durations.",
        "",
        "The run in real time has the durations of 50 jobs drawn beforehand and learns nothing more: "
        "its figures depend on that draw, and are a check that the other row is no artefact of its "
        "clock.",
        "",
    ]


def waiting(results: Results) -> list[str]:
    """Return the lines of the section about waiting; none if not measured."""
    if not results.waiting:
        return []
    return [
        "## Waiting",
        "",
        "Each client is a process of its own, pinned to one core; the provider, which answers at "
        "once, has another. The engine is the whole one, with its SQLite database on disk, and has "
        "just taken the jobs over from a process that died. The coroutines all start at once, as "
        "they do after a restart. The SDK is `wait_for_task_output`, the bare protocol sends bytes "
        "made beforehand over 32 kept connections and reads the JSON of the answers. A stall is how "
        "late the loop would have answered at each moment of a 5 ms grid. *Kept waiting* is the "
        "share of the time in which another program had the core although the client could have "
        "run: on a machine with nothing else to do it is about 0, and above that stalls are not "
        "the client's alone.",
        "",
        "![CPU per poll and stalls of the event loop](images/benchmarks.svg)",
        "",
        *table(
            (
                "jobs",
                "client",
                "CPU µs/poll",
                "cores",
                "KiB/job",
                "polls/s (wanted)",
                "stall p50 ms",
                "p99",
                "max",
                "kept waiting",
            ),
            _waiting_rows(results),
        ),
        "",
        "At 10,000 jobs the SDK wants more polls than it can make on one core. From then on its "
        "queue only grows, and every event costs more the longer it is (the connection pool of "
        "httpcore compares all requests with all connections), so it is ended after a while, "
        "with its stall as it was then; its other figures are means since its start. Its tasks were not created but waited for "
        "only, beginning at random moments; for each it makes a class, except for the 10,000, where one is shared to spare it "
        "half a minute. Memory is what the process grew by, connections included, so it says "
        "little at 100 jobs.",
        "",
        "The engine's process tells the garbage collector at its start to leave out what lives then "
        "(`bot/system/gc.py`). Without that, full collections of 60 to 85 ms every two or three seconds "
        "were its longest stalls at 10,000 jobs; with it they take 5 to 8 ms.",
        "",
    ]


def saturated(results: Results) -> list[str]:
    """Return the lines of the section about closed loops; none if not measured."""
    if not results.saturated:
        return []
    bare = results.saturated["bare"]["cpu_us"]
    return [
        "## Saturated",
        "",
        f"Closed loops over 32 connections, the best of {results.plan['rounds']} rounds in turns.",
        "",
        *table(
            ("client", "CPU µs/poll", "polls/s of one core", "against bare"),
            (
                (
                    name,
                    f"{results.saturated[key]['cpu_us']:,.1f}",
                    f"{1e6 / results.saturated[key]['cpu_us']:,.0f}",
                    f"{results.saturated[key]['cpu_us'] / bare:.1f}×",
                )
                for key, name in _LOOPS.items()
                if key in results.saturated
            ),
        ),
        "",
        "Most of the engine's cost is aiohttp's, spread over many small steps of which none stands "
        "out (the largest is the system call that sends). An HTTP client of our own would come "
        "closer to the bare protocol; uvloop, which is no dependency, is measured where it is "
        "installed, and would become an optional extra if it spared a quarter.",
        "",
    ]


def database(results: Results) -> list[str]:
    """Return the lines of the section about the database; none if not measured."""
    if not (results.whole or results.resumed):
        return []
    return ["## Database", "", *_asked(results), *_resumed(results)]


def _asked(results: Results) -> list[str]:
    if not (results.whole and results.waiting):
        return []
    plan, whole = results.plan, results.whole["statements"]
    return [
        f"A job asks the database for {whole['reads'] / results.whole['jobs']:.1f} reads and "
        f"{whole['writes'] / results.whole['jobs']:.1f} writes from QUEUED to DONE, each a "
        "transaction of its own, besides one read and one write for each progress that is shown. A "
        "poll that brings no news asks nothing. What was counted while jobs waited:",
        "",
        *table(
            ("jobs", "polls", "reads", "writes"),
            (
                (
                    f"{jobs:,}",
                    f"{results.waiting['engine'][jobs]['counted_polls']:,}",
                    str(results.waiting["engine"][jobs]["statements"]["reads"]),
                    str(results.waiting["engine"][jobs]["statements"]["writes"]),
                )
                for jobs in sorted(plan["sizes"])
            ),
        ),
        "",
        "They are the lease (every 10 s) and the look for jobs of nobody (every 5 s), however many "
        "jobs there are.",
        "",
    ]


def _resumed(results: Results) -> list[str]:
    if not results.resumed:
        return []
    return [
        *table(
            ("stored jobs scheduled again", "jobs", "database opened s", "all scheduled s"),
            (
                (name, f"{back['jobs']:,}", f"{back['open']:.2f}", f"{back['scheduled']:.2f}")
                for name, back in results.resumed.items()
            ),
        ),
        "",
        "The engine starts before the gateway does, so this is an upper bound of the time from "
        "READY on.",
        "",
    ]


def target_table(results: Results) -> list[str]:
    """Return the lines of the table of what is wanted and what was found."""
    return [
        *table(
            ("quantity", "target", "found", ""),
            (
                (target.name, target.wanted, target.found, "✓" if target.is_reached else "✗")
                for target in targets(results)
            ),
        ),
        "",
    ]


def sections(results: Results) -> list[str]:
    """Return the lines of every section of which something was measured."""
    parts = (first_answers, waits, servers, waiting, saturated, polling, database, calls)
    return [line for part in parts for line in part(results)]


def report(results: Results) -> str:
    """Return the whole page."""
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    lines = [
        "# Benchmarks",
        "",
        "What people wait for, and what the job engine costs beside other ways to wait for many tasks, measured by",
        "",
        "    make bench",
        "",
        f"on {datetime.now(UTC):%Y-%m-%d}, in {results.seconds / 60:.0f} minutes: "
        f"{machine()}, Python {platform.python_version()}; {versions}. "
        f"Load of the machine before the run: {results.load_before:.1f}. "
        "Compare ratios inside one run, not absolute numbers with elsewhere.",
        "",
        "## Targets",
        "",
        *target_table(results),
        *sections(results),
        "## Not measured",
        "",
        "* A real network, TLS and the real provider: all is loopback, and CometAPI was not called.",
        "* Machines with other processors; the SDK below 10,000 and above 1,000 jobs, where it "
        "begins to collapse.",
        "* The gateway's events of thousands of busy servers; a shard more than one.",
        "* Crashes: that is `make chaos`.",
        "",
    ]
    return "\n".join(lines)
