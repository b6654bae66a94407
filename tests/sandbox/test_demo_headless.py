import asyncio
import os
import signal
import sys
from pathlib import Path

import av
import pytest
from PIL import ImageChops, ImageStat

from sandbox.demo.headless import run_headless
from sandbox.sample import tiny_clip

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "boat.mp4"
    tiny_clip(path)
    return path


def environment(tmp_path):
    """A real bot's variables, which the demo must not use, and a place for temporary files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    return os.environ | {
        "TMPDIR": str(temporary),
        "DATABASE_URL": "mysql://somebody@somewhere/real",
        "RUNWAY_MODEL": "of the real bot",
        "MAX_VIDEO_MB": "0.0001",
        "PYTHONPATH": str(ROOT),
    }


def pictures(path):
    with av.open(str(path)) as container:
        return [frame.to_image() for frame in container.decode(video=0)]


async def test_the_headless_demo_tells_the_conversation_and_writes_the_restyled_clip(
    tiny, tmp_path
):
    output = tmp_path / "out" / "restyled.mp4"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "demo", "--headless", "--video", tiny),
        *("--prompt", "film noir at dawn", "--output", output),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env=environment(tmp_path),
    )
    out, err = await asyncio.wait_for(process.communicate(), 60)
    told = out.decode()
    assert (process.returncode, err.decode()) == (0, ""), told
    steps = [
        "A simulation",
        "Mira uses /restyle in #videos",
        "boat.mp4",
        "Restyle in #videos",
        "film noir at dawn",
        "A thread opens",
        "Restyle in the thread",
        "(edited)",
        "@Mira",
        "▶ restyled.mp4",
        "cost $",
        f"Written: {output}",
    ]
    position = 0
    for step in steps:
        position = told.find(step, position)
        assert position >= 0, f"{step!r} is missing, or out of order, in:\n{told}"
    before, after = pictures(tiny), pictures(output)
    assert len(after) == len(before)
    changed = ImageStat.Stat(ImageChops.difference(before[0], after[0])).mean
    assert max(changed) > 10  # of 255: visibly another picture
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_a_file_that_is_no_video_ends_the_demo_with_the_bots_words(tmp_path):
    path = tmp_path / "poem.mp4"
    path.write_text("It was a dark and stormy night.")
    lines = []
    code = await run_headless(
        video=path, prompt="noir", output=tmp_path / "out.mp4", write=lines.append
    )
    told = "\n".join(lines)
    assert code == 1
    assert "That file is not a video" in told
    assert "only to you" in told
    assert "The demo failed: the bot refused the request" in told
    assert not (tmp_path / "out.mp4").exists()


async def test_a_job_that_fails_at_the_provider_ends_the_demo_with_1(tiny, tmp_path):
    lines = []
    code = await run_headless(
        video=tiny,
        prompt="noir [[fail:SAFETY.INPUT.VIDEO]] [[seconds:0.1]]",
        output=tmp_path / "out.mp4",
        write=lines.append,
    )
    assert code == 1
    assert "The demo failed: the job ended as failed" in lines[-1]
    assert not (tmp_path / "out.mp4").exists()


async def test_a_video_that_is_not_there_is_named(tmp_path):
    lines = []
    missing = tmp_path / "gone.mp4"
    assert await run_headless(video=missing, prompt="x", output=missing, write=lines.append) == 1
    assert str(missing) in lines[-1]


async def test_ctrl_c_ends_the_page_cleanly(tiny, tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "demo", "--no-browser", "--video", tiny),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=tmp_path,
        env=environment(tmp_path),
    )
    async with asyncio.timeout(60):
        assert b"simulation" in await process.stdout.readline()
        assert b"http://127.0.0.1:" in await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        out, err = await process.communicate()
    assert (process.returncode, err.decode()) == (0, "")
    assert b"Stopped" in out
    assert list((tmp_path / "tmp").iterdir()) == []
