# ruff: noqa: RUF001, E501 - a multiplication sign is what is meant; prose in long lines
"""docs/media.md."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING, Any

from bench.page import machine, table
from tests.media.damage import DAMAGED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bench.media.measure import Results


def ratio(pair: dict[str, Any], key: str) -> float:
    """Return how often ours takes what theirs takes: the median of the rounds, pair by pair."""
    both = zip(pair["ours"], pair["theirs"], strict=True)
    return float(median(mine[key] / max(other[key], 1e-6) for mine, other in both))


def _median(costs: Iterable[dict[str, Any]], key: str) -> float:
    return float(median(cost[key] for cost in costs))


def _size(number: float) -> str:
    return f"{number / 1e6:.1f} MB" if number >= 100_000 else f"{number / 1e3:.1f} KB"


def _mebibytes(number: float) -> str:
    return f"{number / 2**20:.0f} MiB" if number else "not told"


def report(results: Results) -> str:
    """Return the whole page."""
    encoded = [pair for pair in results.pairs if pair["way"] == "encode"]
    cpu = [ratio(pair, "cpu_seconds") for pair in encoded] or [0.0]
    wall = [ratio(pair, "wall_seconds") for pair in encoded] or [0.0]
    many, fits = results.stalls, results.fits
    peak = max(pair["peak_bytes"] for pair in results.pairs)
    lines = [
        "# Clips: what is decided, how long it takes",
        "",
        "Written by `make bench-media`. What people attach is probed, and prepared only if the "
        "provider would not take it as it is; what comes back is made to fit the server's upload "
        "limit. All of that happens in child processes, two at once.",
        "",
        f"Measured {datetime.now(UTC):%Y-%m-%d} on {machine()}, Python {platform.python_version()}, "
        f"PyAV {results.versions['PyAV']} (FFmpeg {results.versions['with']}), beside the command "
        f"line ffmpeg {results.versions['ffmpeg']}; {results.seconds:.0f} s in all. Compare the "
        "ratios, which were measured by turns, and not the seconds.",
        "",
        "## In short",
        "",
        *table(
            ("quantity", "wanted", "found"),
            (
                (
                    f"stall of the event loop while {many['clips']} clips of 1080p are prepared, longest",
                    "≤ 50 ms",
                    f"{many['own_max_ms']:.0f} ms (p50 {many['own_p50_ms']:.1f}, p99 {many['own_p99_ms']:.1f})",
                ),
                (
                    "the same, with the time in which something else had the core",
                    "",
                    f"{many['max_ms']:.0f} ms (p50 {many['p50_ms']:.1f}, p99 {many['p99_ms']:.1f}; just before, with nothing to do: longest {many['calm_max_ms']:.0f})",
                ),
                (
                    "encoding, processor time against plain ffmpeg",
                    "about 1×",
                    f"{median(cpu):.2f}× (from {min(cpu):.2f} to {max(cpu):.2f})",
                ),
                (
                    "encoding, time on the clock against plain ffmpeg",
                    "about 1×",
                    f"{median(wall):.2f}× (from {min(wall):.2f} to {max(wall):.2f})",
                ),
                ("memory of a process that prepares, at most", "", _mebibytes(peak)),
                (
                    "probing, which a person waits for",
                    "",
                    f"{1000 * median(pair['probe_seconds'] for pair in results.pairs):.0f} ms (slowest {1000 * max(pair['probe_seconds'] for pair in results.pairs):.0f} ms)",
                ),
                (
                    f"fitting {fits['clip_seconds']:g} s of 1080p at 60 fps from {_size(fits['from_bytes'])} to {_size(fits['to_bytes'])}",
                    "",
                    f"{fits['seconds']:.1f} s, {_mebibytes(fits['peak_bytes'])}; it becomes {fits['size']}",
                ),
            ),
        ),
        "",
        f"The {many['clips']} clips ({many['clip_seconds']:g} s each, 60 fps made 30) took "
        f"{many['seconds']:.0f} s together; the loop was asked {many['samples']:,} times, every 5 ms.",
        "",
        "## Beside plain ffmpeg",
        "",
        "The same part, size, rate, encoder, preset, quality, ceiling of the bitrate, number of "
        "threads and niceness; HDR the way people do it on the command line (`zscale`, `tonemap`), "
        "where ours uses the scaler's own tone mapping. Ours includes starting a Python process, "
        "giving up its rights, and probing the outcome, without which nothing is sent; that is "
        "nearly all of it where nothing is encoded. A ratio is the median of "
        f"{len(results.pairs[0]['ours'])} rounds, each of ours and then of theirs.",
        "",
        *table(
            (
                "clip",
                "what is done",
                "ours s",
                "ffmpeg s",
                "ratio",
                "CPU ours s",
                "CPU ffmpeg s",
                "ratio",
                "ours",
                "ffmpeg",
                "memory",
                "probing",
            ),
            (_pair(pair) for pair in results.pairs),
        ),
        "",
        "## From arrival to the ready request",
        "",
        "What the intake and the preparation do with an attached clip, without Discord and the provider: "
        "fetched once and kept for the preparation, or fetched for each step anew, as it was before. The "
        "file comes from a server on this machine, so that the time of fetching is next to nothing; what "
        "is saved is the traffic. `aleph2`, `MAX_VIDEO_MB` 100.",
        "",
        *table(
            ("clip", "bytes", "what is done", "fetched", "s", "CPU s", "of that looking into it"),
            (_arrival(row) for row in results.arrivals),
        ),
        "",
        "## The corpus",
        "",
        f"The {len(results.corpus)} clips that the tests generate, for `aleph2` (2 to 30 s, 30 fps, "
        "1080p), one after the other. They are small on purpose: this table is about decisions. "
        "`tests/media/test_corpus.py` asserts each of them, for `gen4_aleph` as well, and that a "
        "provider with strict rules takes whatever is sent; `tests/media/test_damage.py` does the "
        f"same for {len(DAMAGED)} broken and hostile files.",
        "",
        *table(
            ("clip", "is", "bytes", "decision", "probing ms", "preparing ms", "sent", "bytes"),
            (_journey(row) for row in results.corpus),
        ),
        "",
        "## Not measured",
        "",
        "* Machines whose cores are all taken by other programs of the same priority. There starting a "
        "process holds the loop up until that process gets a core: 0.1 to 0.2 s were seen with five "
        "programs on two cores. The bot's own children step back (`nice`), so they do not do that.",
        "* Downloads from and uploads to Discord: all files lie on this machine.",
        "* Hardware encoders, which are not used, and processors with more than the cores above.",
        "* How pictures look: `tests/media/test_prepare.py` looks at what is in them.",
        "",
    ]
    return "\n".join(lines)


def _pair(pair: dict[str, Any]) -> tuple[str, ...]:
    ours, theirs = pair["ours"], pair["theirs"]
    return (
        pair["name"],
        f"{pair['way']}: {', '.join(pair['reasons'])}; {pair['seconds']:g} s, {pair['size']}",
        f"{_median(ours, 'wall_seconds'):.2f}",
        f"{_median(theirs, 'wall_seconds'):.2f}",
        f"{ratio(pair, 'wall_seconds'):.2f}×",
        f"{_median(ours, 'cpu_seconds'):.2f}",
        f"{_median(theirs, 'cpu_seconds'):.2f}",
        f"{ratio(pair, 'cpu_seconds'):.2f}×",
        _size(_median(ours, "size_bytes")),
        _size(_median(theirs, "size_bytes")),
        _mebibytes(pair["peak_bytes"]),
        f"{1000 * pair['probe_seconds']:.0f} ms",
    )


def _arrival(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["name"],
        _size(row["bytes"]),
        row["way"].replace("_", " "),
        "once" if row["is_kept"] else "each time",
        f"{row['seconds']:.2f}",
        f"{row['cpu_seconds']:.2f}",
        f"{row['looking_cpu_seconds']:.2f}",
    )


def _journey(row: dict[str, Any]) -> tuple[str, ...]:
    is_sent = row["result"] != "nothing"
    is_made = bool(row["prepare_seconds"])
    return (
        row["name"],
        row["is"],
        f"{row['bytes']:,}",
        row["decision"],
        f"{1000 * row['probe_seconds']:.0f}",
        f"{1000 * row['prepare_seconds']:.0f}" if is_made else "",
        row["result"] if is_made else ("the file itself" if is_sent else "nothing"),
        f"{row['sent_bytes']:,}" if is_made else "",
    )
