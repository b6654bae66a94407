"""The benchmark's machinery works. How fast anything is, is never asserted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="processes cannot be pinned")
def test_the_quick_benchmark_measures_everything_and_writes_its_report(tmp_path):
    page, kept = tmp_path / "docs" / "benchmarks.md", tmp_path / "numbers.json"
    page.parent.mkdir()
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bench.engine", "--quick", "--write", page, "--keep", kept],
        cwd=ROOT,
        check=True,
        timeout=900,
        stderr=subprocess.DEVNULL,
    )
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
    assert numbers["whole"]["statements"]["writes"] == 7 * numbers["whole"]["jobs"]
    assert numbers["resumed"]["SQLite"]["scheduled"] > 0
    assert numbers["acknowledged"]["interactions"] >= 1
    assert numbers["calls"]["others"] >= 1
    text = page.read_text()
    assert "| quantity | target | found |" in text
    assert "| 360 s | **this engine**" in text
    assert (page.parent / "images" / "benchmarks.svg").read_text().startswith("<svg ")
