"""The clips' benchmark works. How fast anything is, is never asserted."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.media.__main__ import main
from bench.media.measure import Results
from bench.media.report import ratio
from bench.media.rival import command
from bot.requests.clip_plan import Mode, Plan, Reason

ROOT = Path(__file__).parents[2]
PLAN = Plan(
    mode=Mode.ENCODE, start_seconds=1.5, seconds=4, width=640, height=360, fps=30,
    max_bytes=10_000_000, tone_map=False, has_audio=True, reasons=(Reason.TOO_FAST,),
)  # fmt: skip


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="there is nothing to compare with")
def test_the_quick_benchmark_measures_everything_and_writes_its_page(tmp_path):
    page, kept = tmp_path / "media.md", tmp_path / "numbers.json"
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "bench.media", "--quick", "--write", page, "--keep", kept],
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    results = Results(**json.loads(kept.read_text()))
    assert {pair["way"] for pair in results.pairs} == {"encode", "copy"}
    for pair in results.pairs:
        assert ratio(pair, "cpu_seconds") > 0
        assert pair["theirs"][0]["size_bytes"] > 0
    found = results.stalls
    assert 0 <= found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]
    assert 0 <= found["own_max_ms"] <= found["max_ms"]
    assert results.fits["to_bytes"] < results.fits["from_bytes"]
    decisions = ["as is", "as is", "copy: extras", "unreadable: still_image"]
    assert [row["decision"] for row in results.corpus] == decisions
    assert "| clip | is | bytes | decision |" in page.read_text()


def test_without_ffmpeg_it_says_how_to_get_it_and_writes_nothing(tmp_path, monkeypatch, capsys):
    page = tmp_path / "media.md"
    words = ["bench.media", "--ffmpeg", "no-such-command", "--write", str(page)]
    monkeypatch.setattr(sys, "argv", words)
    assert main() == 0
    assert "apt-get install ffmpeg" in capsys.readouterr().out
    assert not page.exists()


def test_a_ratio_compares_what_was_measured_side_by_side():
    ours, theirs = ([{"wall_seconds": value} for value in values] for values in ((2, 9), (1, 3)))
    assert ratio({"ours": ours, "theirs": theirs}, "wall_seconds") == 2.5


def test_the_rival_is_told_to_do_the_very_same(tmp_path):
    words = command("ffmpeg", tmp_path / "a.mov", tmp_path / "b.mp4", PLAN)
    text = " ".join(words)
    assert "-ss 1.5 -i" in text
    assert "-t 4 -vf fps=30,scale=640:360" in text
    assert "-preset veryfast -crf 20" in text
    copied = command("ffmpeg", tmp_path / "a.mov", tmp_path / "b.mp4",
                     Plan.from_json(PLAN.to_json().replace("encode", "copy")))  # fmt: skip
    assert "-c copy" in " ".join(copied)
    assert "libx264" not in copied
