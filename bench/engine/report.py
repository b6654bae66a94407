# ruff: noqa: RUF001, E501 - a multiplication sign is what is meant; prose in long lines
"""docs/benchmarks.md."""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

from bench.engine.plot import NAMES
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
    "plain": "aiohttp as it comes",
    "sdk": "runwayml SDK",
    "bare": "bare protocol",
}


_POLLING_TARGETS: Final = (
    ("90", "requests per job", "requests_per_job", 14, 1, ""),
    ("360", "requests per job", "requests_per_job", 45, 1, ""),
    ("90", "mean delay until an end is noticed", "latency_mean", 2.6, 2, " s"),
    ("90", "p99 of that delay", "latency_p99", 5.5, 2, " s"),
)
"""Median of the tasks, quantity, its name in the results, the most, digits and unit."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something a release is held to."""

    name: str
    wanted: str
    found: str
    is_reached: bool


def cpu_us(found: dict[str, Any]) -> float:
    """Return the CPU of one poll, in µs."""
    return float(1e6 * found["cpu_seconds"] / max(1, found["polls"]))


def targets(results: Results) -> list[Target]:
    """Compare what was measured with what is wanted."""
    most = max(results.plan["sizes"])
    some = sorted(results.plan["sizes"])[-2:][0]
    engine = results.waiting["engine"][most]
    loops = results.saturated
    against_bare = cpu_us(engine) / cpu_us(results.waiting["bare"][most])
    looped = loops["engine"]["cpu_us"] / loops["bare"]["cpu_us"]
    against_sdk = loops["sdk"]["cpu_us"] / loops["engine"]["cpu_us"]
    kib = max(results.waiting["engine"][size]["used_bytes"] / size / 1024 for size in {some, most})
    per_core = 1e6 / loops["engine"]["cpu_us"]
    policies = {median: found["engine"] for median, found in results.policies.items()}
    fewer = [results.waiting["engine"][n]["statements"]["writes"] for n in results.plan["sizes"]]
    found = [
        Target(
            f"CPU per poll, {most:,} jobs wait, against the bare protocol",
            "≤ 8×",
            f"{against_bare:.1f}×",
            against_bare <= 8,
        ),
        Target("the same in a closed loop", "≤ 8×", f"{looped:.1f}×", looped <= 8),
        Target(
            "CPU per poll in a closed loop, against the SDK",
            "≤ 1/15",
            f"1/{against_sdk:.1f}",
            against_sdk >= 15,
        ),
        Target("polls/s per core", "≥ 10,000", f"{per_core:,.0f}", per_core >= 10_000),
        Target("memory per waiting job", "≤ 3 KiB", f"{kib:.1f} KiB", kib <= 3),
        Target(
            f"stall of the loop, p99, {most:,} jobs wait",
            "≤ 25 ms",
            f"{engine['stall_p99_ms']:.0f} ms",
            engine["stall_p99_ms"] <= 25,
        ),
        Target(
            "database writes per poll",
            "0",
            f"0 ({max(fewer)} in all, the lease's, beside {engine['counted_polls']:,} polls)",
            max(fewer) <= 10,
        ),
        *(
            Target(
                f"{what}, tasks of {median} s",
                f"≤ {most:g}{unit}",
                f"{policies[median][key]:.{digits}f}{unit}",
                policies[median][key] <= most,
            )
            for median, what, key, most, digits, unit in _POLLING_TARGETS
        ),
    ]
    said = results.acknowledged
    found.append(
        Target(
            f"`/restyle` acknowledged, p99, {said['jobs']:,} jobs wait, {said['per_second']:.0f}/s",
            "≤ 300 ms",
            f"{said['p99_ms']:.0f} ms"
            + (f", {said['unanswered']} never" * bool(said["unanswered"])),
            said["p99_ms"] <= 300 and not said["unanswered"],
        )
    )
    for name, back in results.resumed.items():
        found.append(
            Target(
                f"{back['jobs']:,} stored jobs scheduled, {name}",
                "≤ 2 s",
                f"{back['scheduled']:.2f} s",
                back["scheduled"] <= 2,
            )
        )
    others = round(results.calls["others"], 1)
    found.append(
        Target(
            "Discord calls per job besides progress (as defined below)",
            "≤ 6",
            f"{others:.1f}",
            others <= 6,
        )
    )
    return found


def _waiting_rows(results: Results) -> Iterator[Sequence[str]]:
    for jobs in sorted(results.plan["sizes"]):
        for client, name in NAMES.items():
            found = results.waiting[client][jobs]
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
    """Return the lines of the section about when jobs are polled."""
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


def report(results: Results) -> str:
    """Return the whole page."""
    plan = results.plan
    bare = results.saturated["bare"]["cpu_us"]
    whole = results.whole["statements"]
    said = results.acknowledged
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    lines = [
        "# Benchmarks",
        "",
        "What the job engine costs, beside other ways to wait for many tasks, measured in one run by",
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
        *table(
            ("quantity", "target", "found", ""),
            (
                (target.name, target.wanted, target.found, "✓" if target.is_reached else "✗")
                for target in targets(results)
            ),
        ),
        "",
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
        "## Saturated",
        "",
        f"Closed loops over 32 connections, the best of {plan['rounds']} rounds in turns.",
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
        "out (the largest is the system call that sends), so where a target is missed here, only an "
        "HTTP client of our own or uvloop, which is not a dependency, would come much closer. At the "
        "2,000 polls a second of 10,000 jobs that might spare a tenth of a core.",
        "",
        *polling(results),
        "## Database",
        "",
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
        "## Discord",
        "",
        f"The whole bot as a process on one core, the children that look into the clips included; a "
        f"local Discord with gateway and REST over real sockets, and the provider, on the other. "
        f"{said['jobs']:,} jobs wait and are polled while people use `/restyle` "
        f"{said['per_second']:.0f} times a second at random moments. From INTERACTION_CREATE being "
        f"sent to the first answer having arrived, over {said['interactions']:,} interactions: "
        f"p50 {said['p50_ms']:.0f} ms, p99 {said['p99_ms']:.0f} ms, longest {said['max_ms']:.0f} ms, "
        f"{said['unanswered']} without an answer (p50 of two a second before: "
        f"{said['calm_p50_ms']:.0f} ms).",
        "",
        *table(
            ("Discord calls of one whole job", "per job"),
            ((f"`{name}`", f"{count:.1f}") for name, count in results.calls["routes"].items()),
        ),
        "",
        "Besides progress means without the edits of the status message and those of the record "
        "before its last; the status message's last edit, which says that the job is done, would be "
        "one call more. How many there are depends on "
        "how often there is something new to show, and on the budget that all jobs share.",
        "",
        "## Not measured",
        "",
        "* A real network, TLS and the real provider: all is loopback, and CometAPI was not called.",
        "* Machines with other processors; the SDK below 10,000 and above 1,000 jobs, where it "
        "begins to collapse.",
        "* The gateway's own load of thousands of servers; downloads and uploads of real size.",
        "* Crashes: that is `make chaos`.",
        "",
    ]
    return "\n".join(lines)
