"""The benchmark's machinery works. How fast anything is, is never asserted."""

import json
import os
import sys

import pytest

from bench.engine.__main__ import main
from bench.engine.report import sections
from bench.engine.run import Results
from bench.engine.targets import targets


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned")
def test_the_quick_benchmark_measures_everything_and_writes_its_report(tmp_path, monkeypatch):
    page, kept = tmp_path / "docs" / "benchmarks.md", tmp_path / "numbers.json"
    page.parent.mkdir()
    words = ["bench.engine", "--quick", "--write", str(page), "--keep", str(kept)]
    monkeypatch.setattr(sys, "argv", words)
    assert main() == 0
    numbers = json.loads(kept.read_text())
    for client in ("engine", "coroutines", "sdk", "bare"):
        (found,) = numbers["waiting"][client].values()
        assert found["polls"] >= 0  # a second of a busy machine may be too short for one
        assert found["cpu_seconds"] > 0
        assert 0 <= found["stall_p50_ms"] <= found["stall_p99_ms"] <= found["stall_max_ms"]
    assert set(numbers["saturated"]) >= {"engine", "bare"}
    assert numbers["waiting"]["engine"]["50"]["statements"]["writes"] <= 2  # the lease, not polls
    assert set(numbers["policies"]) == {"90", "360"}
    for policies in numbers["policies"].values():
        assert policies["engine"]["requests_per_job"] < policies["fixed"]["requests_per_job"]
        assert policies["engine"]["latency_mean"] > 0
    assert numbers["whole"]["statements"]["writes"] == 5 * numbers["whole"]["jobs"]
    assert numbers["resumed"]["SQLite"]["scheduled"] > 0
    assert numbers["acknowledged"]["SQLite"]["interactions"] >= 1
    assert numbers["servers"][0]["resident_bytes"] > 0
    waits = numbers["waits"]
    assert waits["calls"]["others"] >= 1
    assert [one["kind"] for one in waits["alone"]] == [0, 1]  # as it is, and encoded
    for one in (*waits["alone"], *waits["alone_floor"]):
        assert min(one[half] for half in ("request", "request_cpu", "answer", "answer_cpu")) > 0
    assert waits["many"]["cpu_seconds"] > 0 < waits["many_floor"]["cpu_seconds"]
    text = page.read_text()
    assert "| quantity | target | found |" in text
    assert "| 360 s | **this engine**" in text
    assert "| alone | MB | first answer ms | paid request s | floor s |" in text
    assert (page.parent / "images" / "benchmarks.svg").read_text().startswith("<svg ")


@pytest.mark.parametrize("start", [0, 2_500])
def test_what_was_not_measured_has_no_row_and_no_section(start):
    results = Results(
        plan={"sizes": (50,)}, resumed={"SQLite": {"jobs": 7, "open": 0.5, "scheduled": 0.75}}
    )
    if start:
        few = {
            "guilds": 50,
            "jobs": 7,
            "ready_seconds": 1.5,
            "ready_cpu_seconds": 1.0,
            "answering_seconds": 0.01,
            "resident_bytes": 100 * 1024**2,
        }
        results.servers = [few, few | {"guilds": start, "resident_bytes": 149 * 1024**2}]
    rows = [target.name for target in targets(results)]
    assert rows == ["7 stored jobs scheduled, SQLite"]
    titles = [line for line in sections(results) if line.startswith("## ")]
    assert titles == ["## Many servers"] * bool(start) + ["## Database"]
    if start:
        assert "A server more takes 20.5 KiB." in sections(results)
