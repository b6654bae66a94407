# ruff: noqa: RUF001 - a multiplication sign is what is meant
"""What a release is held to, beside what was found; what was not measured is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.engine.run import Results

_MOST_P99_MS: Final = {"SQLite": 60, "PostgreSQL": 60, "SQLite, the other core busy": 300}
"""Of the first answer, in milliseconds, by where it is measured."""
_MOST_CPU_RATIO: Final = 1.15
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
    return [
        *_waiting(results),
        *_loops(results),
        *_polling(results),
        *_database(results),
        *_people(results),
    ]


def _waiting(results: Results) -> Iterator[Target]:
    if not results.waiting:
        return
    most = max(results.plan["sizes"])
    some = sorted(results.plan["sizes"])[-2:][0]
    engine = results.waiting["engine"][most]
    against_bare = cpu_us(engine) / cpu_us(results.waiting["bare"][most])
    yield Target(
        f"CPU per poll, {most:,} jobs wait, against the bare protocol",
        "≤ 8×",
        f"{against_bare:.1f}×",
        against_bare <= 8,
    )
    kib = max(results.waiting["engine"][size]["used_bytes"] / size / 1024 for size in {some, most})
    yield Target("memory per waiting job", "≤ 3 KiB", f"{kib:.1f} KiB", kib <= 3)
    yield Target(
        f"stall of the loop, p99, {most:,} jobs wait",
        "≤ 25 ms",
        f"{engine['stall_p99_ms']:.0f} ms",
        engine["stall_p99_ms"] <= 25,
    )
    fewer = [results.waiting["engine"][n]["statements"]["writes"] for n in results.plan["sizes"]]
    yield Target(
        "database writes per poll",
        "0",
        f"0 ({max(fewer)} in all, the lease's, beside {engine['counted_polls']:,} polls)",
        max(fewer) <= 10,
    )


def _loops(results: Results) -> Iterator[Target]:
    if not (loops := results.saturated):
        return
    looped = loops["engine"]["cpu_us"] / loops["bare"]["cpu_us"]
    against_sdk = loops["sdk"]["cpu_us"] / loops["engine"]["cpu_us"]
    per_core = 1e6 / loops["engine"]["cpu_us"]
    yield Target(
        "CPU per poll in a closed loop, against the bare protocol",
        "≤ 8×",
        f"{looped:.1f}×",
        looped <= 8,
    )
    yield Target(
        "CPU per poll in a closed loop, against the SDK",
        "≤ 1/15",
        f"1/{against_sdk:.1f}",
        against_sdk >= 15,
    )
    yield Target("polls/s per core", "≥ 10,000", f"{per_core:,.0f}", per_core >= 10_000)


def _polling(results: Results) -> Iterator[Target]:
    policies = {m: found["engine"] for m, found in results.policies.items() if "engine" in found}
    for median, what, key, most, digits, unit in _POLLING_TARGETS:
        if median in policies:
            found = policies[median][key]
            yield Target(
                f"{what}, tasks of {median} s",
                f"≤ {most:g}{unit}",
                f"{found:.{digits}f}{unit}",
                found <= most,
            )


def _database(results: Results) -> Iterator[Target]:
    if results.whole:
        writes = results.whole["statements"]["writes"] / results.whole["jobs"]
        yield Target(
            "database writes per job besides progress", "≤ 5", f"{writes:.1f}", writes <= 5
        )
    for name, back in results.resumed.items():
        yield Target(
            f"{back['jobs']:,} stored jobs scheduled, {name}",
            "≤ 1 s",
            f"{back['scheduled']:.2f} s",
            back["scheduled"] <= 1,
        )


def _people(results: Results) -> Iterator[Target]:
    for name, said in results.acknowledged.items():
        most_ms = _MOST_P99_MS[name]
        yield Target(
            f"`/restyle` acknowledged, p99, {said['jobs']:,} jobs wait, "
            f"{said['per_second']:.0f}/s, {name}",
            f"≤ {most_ms} ms",
            f"{said['p99_ms']:.0f} ms"
            + (f", {said['unanswered']} never" * bool(said["unanswered"])),
            said["p99_ms"] <= most_ms and not said["unanswered"],
        )
    if not (waits := results.waits):
        return
    others = round(waits["calls"]["others"], 1)
    yield Target(
        "Discord calls per job besides progress (as defined below)",
        "≤ 6",
        f"{others:.1f}",
        others <= 6,
    )
    for half, most in (("request", 0.5), ("answer", 1.0)):
        for one, floor in zip(waits["alone"], waits["alone_floor"], strict=True):
            over = one[half] - floor[half]
            yield Target(
                f"{half} over its floor, {waits['kinds'][one['kind']]}",
                f"≤ {most} s",
                f"{over:.2f} s",
                over <= most,
            )
    ratio = waits["many"]["cpu_seconds"] / waits["many_floor"]["cpu_seconds"]
    yield Target(
        f"CPU of {sum(waits['mix'])} clips in a minute against their floor",
        f"≤ {_MOST_CPU_RATIO}×",
        f"{ratio:.2f}×",
        ratio <= _MOST_CPU_RATIO,
    )
