"""The processes that look into files: what bounds each, and how it ends."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from bot.errors import MediaProbeError, MediaUnreadableError, UnreadableReason
from bot.media.probe import ProbeLimits, probe_video
from bot.media.process_pool import ProcessPool
from bot.requests.validation import Refusal, Rule
from bot.texts.refusal import refusal
from tests.media.boxes import boxes
from tests.media.clips import make_clip, make_stills
from tests.media.processes import children


def environment_of(processes):
    """Return the environment of the process that probes, once it runs."""
    for process in processes:
        if b"bot.media.worker.worker_main" in Path(f"/proc/{process}/cmdline").read_bytes():
            return Path(f"/proc/{process}/environ").read_bytes()
    return b""


def limits_of(processes):
    """Return the soft limits of the process that probes, once it runs."""
    for process in processes:
        lines = Path(f"/proc/{process}/limits").read_text().splitlines()[1:]
        return {line[:26].strip(): line[26:].split()[0] for line in lines}
    return {}


async def reason_for(path, **limits):
    with pytest.raises(MediaUnreadableError) as caught:
        await probe_video(path, limits=ProbeLimits(**limits))
    return caught.value.reason


async def test_a_child_is_not_full_because_the_bot_is_large(tmp_path):
    path = make_clip(tmp_path / "a.mp4", seconds=2, key_every=5, options={"movflags": "faststart"})
    data = bytearray(path.read_bytes())
    at, length = next((at + 8, n - 8) for kind, at, n in boxes(data) if kind == b"mdat")
    data[at : at + length] = bytes(i * 151 % 256 for i in range(length))
    path.write_bytes(data)
    large = bytearray(b"x" * 1000) * 900_000  # more than a child may take
    assert await reason_for(path) is UnreadableReason.DAMAGED
    assert large


async def test_a_look_that_takes_too_long_is_ended(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    assert await reason_for(path, wall_seconds=0.01) is UnreadableReason.TOO_COMPLEX
    assert children() <= before


@pytest.mark.parametrize(
    ("signal_number", "reason"),
    [
        (signal.SIGXCPU, UnreadableReason.TOO_COMPLEX),
        (signal.SIGKILL, UnreadableReason.TOO_COMPLEX),
        (signal.SIGSEGV, UnreadableReason.DAMAGED),
        (signal.SIGABRT, UnreadableReason.DAMAGED),
    ],
)
async def test_a_file_that_ends_its_process_ends_nothing_else(tmp_path, signal_number, reason):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    task = asyncio.create_task(reason_for(path))
    for _ in range(10_000):
        await asyncio.sleep(0)
        if new := children() - before:
            os.kill(int(new.pop()), signal_number)
            break
    assert await task is reason
    assert (await probe_video(path)).width == 64


async def test_the_process_is_bounded_before_it_opens_the_file(tmp_path):
    pipe = tmp_path / "a.mp4"
    os.mkfifo(pipe)  # opening it waits, so the process can be looked at
    before = children()
    task = asyncio.create_task(probe_video(pipe))
    seen = {}
    for _ in range(100_000):
        await asyncio.sleep(0)
        seen = limits_of(children() - before)
        if seen.get("Max open files") == "64":
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen["Max cpu time"] == str(ProbeLimits().cpu_seconds)
    assert seen["Max data size"] == str(768 * 1024**2)
    assert int(seen["Max address space"]) < 1280 * 1024**2  # libraries and stacks are no memory
    assert seen["Max file size"] == "0"


async def test_too_little_memory_is_not_the_files_fault_before_it_is_opened(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    with pytest.raises(MediaProbeError):
        await probe_video(path, limits=ProbeLimits(memory_bytes=8_000_000))


async def test_a_missing_file_is_not_called_damaged(tmp_path):
    with pytest.raises(MediaProbeError):
        await probe_video(tmp_path / "gone.mp4")


async def test_cancelling_ends_the_process(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    task = asyncio.create_task(probe_video(path))
    for _ in range(10_000):
        await asyncio.sleep(0)
        if children() - before:
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() <= before


async def test_at_most_two_processes_look_at_once(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    most = 0
    process_pool = ProcessPool()
    tasks = [asyncio.create_task(probe_video(path, process_pool=process_pool)) for _ in range(5)]
    while not all(task.done() for task in tasks):
        most = max(most, len(children() - before))
        await asyncio.sleep(0.005)
    assert [task.result().width for task in tasks] == [64] * 5
    assert most <= 2


async def test_the_process_gets_none_of_our_secrets(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "a.mp4")
    monkeypatch.setenv("COMETAPI_KEY", "sk-very-secret")
    before = children()
    task = asyncio.create_task(probe_video(path))
    seen = b""
    for _ in range(10_000):
        await asyncio.sleep(0)
        seen = environment_of(children() - before)
        if seen:
            break
    await task
    assert b"PATH=" in seen
    assert b"sk-very-secret" not in seen


async def test_pictures_that_were_looked_at_do_not_pile_up(tmp_path):
    path = make_stills(tmp_path / "a.mkv", width=1920, height=1080, frames=90)
    limits = ProbeLimits(memory_bytes=160 * 1024**2)  # room for some of 90 pictures of 3 MB
    facts = await probe_video(path, limits=limits)
    assert (facts.frames, facts.flaw) == (90, None)


async def test_pictures_that_do_not_fit_the_memory_are_called_too_large(tmp_path):
    path = make_stills(tmp_path / "a.mkv", width=7680, height=4320, frames=2)
    with pytest.raises(MediaUnreadableError) as caught:
        await probe_video(path, limits=ProbeLimits(memory_bytes=256 * 1024**2))
    assert caught.value.reason is UnreadableReason.PICTURE_TOO_LARGE
    told = refusal(
        Refusal(
            rule=Rule.VIDEO_UNREADABLE, value=caught.value.reason.value, words=(str(caught.value),)
        )
    )
    assert "(7680x4320 pixels)" in told
