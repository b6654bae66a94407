"""Work in processes of its own: how many, who waits, and what is left when it ends badly."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import av
import pytest

from bot.errors import (
    MediaBusyError,
    MediaProbeError,
    MediaUnfitError,
    MediaUnreadableError,
    UnreadableReason,
)
from bot.media.probe import probe_video
from bot.media.process_pool import ProcessPool, WorkLimits, _understand, compile_tasks
from tests.media.clips import make_clip
from tests.media.direct import DirectWorkshop
from tests.media.processes import children

ROOT = Path(__file__).parents[2]
ROOM = WorkLimits(file_bytes=10_000_000)


@pytest.fixture
def endless(tmp_path):
    """A file that nobody writes to: who opens it waits."""
    path = tmp_path / "endless.mp4"
    os.mkfifo(path)
    return path


def fit(process_pool, source, target, *, max_bytes=1_000_000, limits=ROOM):
    arguments = {"source": source, "target": target, "max_bytes": max_bytes}
    return asyncio.create_task(process_pool.run("fit", arguments, limits=limits))


async def until(condition):
    """Wait for something that another process does."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


async def cancel(*tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_person_who_attached_a_clip_does_not_wait_behind_long_work(tmp_path, endless):
    process_pool, none = ProcessPool(processes=1), children()
    long = [fit(process_pool, endless, tmp_path / f"{number}.mp4") for number in range(3)]
    await until(lambda: children() - none)
    facts = await probe_video(make_clip(tmp_path / "a.mp4"), process_pool=process_pool)
    assert facts.width == 64
    assert not any(task.done() for task in long)
    await cancel(*long)
    assert children() <= none


async def test_no_more_processes_run_than_are_allowed(tmp_path, endless):
    process_pool = ProcessPool(processes=2)
    before = children()
    tasks = [fit(process_pool, endless, tmp_path / f"{number}.mp4") for number in range(6)]
    await until(lambda: len(children() - before) == 2)
    for _ in range(20):
        await asyncio.sleep(0.005)
        assert len(children() - before) == 2
    await cancel(*tasks)
    assert children() <= before


async def test_a_queue_that_is_full_takes_no_more_and_is_open_again_later(tmp_path, endless):
    process_pool = ProcessPool(processes=1, waiting=1)
    tasks = [fit(process_pool, endless, tmp_path / f"{number}.mp4") for number in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(MediaBusyError):
        await fit(process_pool, endless, tmp_path / "c.mp4")
    await cancel(*tasks)
    await fit(process_pool, make_clip(tmp_path / "a.mp4"), tmp_path / "c.mp4")
    assert (tmp_path / "c.mp4").is_file()


@pytest.mark.parametrize("ending", ["cancelled", "killed", "out of time"])
async def test_work_that_ends_badly_leaves_neither_process_nor_file(tmp_path, endless, ending):
    before = children()
    target = tmp_path / "b.mp4"
    target.write_bytes(b"what was written so far")
    limits = WorkLimits(file_bytes=1000, wall_seconds=0.3 if ending == "out of time" else 60)
    task = fit(ProcessPool(), endless, target, limits=limits)
    await until(lambda: children() - before)
    if ending == "cancelled":
        await cancel(task)
    else:
        if ending == "killed":
            os.kill(int((children() - before).pop()), signal.SIGKILL)
        with pytest.raises(MediaUnreadableError) as caught:
            await task
        assert caught.value.reason is UnreadableReason.TOO_COMPLEX
    assert children() <= before
    assert not target.exists()


async def test_a_task_writes_no_more_than_its_limit(tmp_path):
    source = make_clip(tmp_path / "a.mp4", seconds=5, width=320, height=240)
    target = tmp_path / "b.mp4"
    with pytest.raises(MediaUnreadableError):
        await fit(ProcessPool(), source, target, limits=WorkLimits(file_bytes=1000))
    assert not target.exists()


async def test_an_error_of_the_task_comes_out_as_itself(tmp_path):
    source = make_clip(tmp_path / "a.mp4", seconds=5)
    with pytest.raises(MediaUnfitError):
        await fit(ProcessPool(), source, tmp_path / "b.mp4", max_bytes=100)


@pytest.mark.parametrize("task", ["no_such_task", "probe"])
async def test_a_fault_of_ours_is_not_the_files(tmp_path, task):
    with pytest.raises(MediaProbeError):
        await ProcessPool().run(task, {"path": tmp_path / "gone.mp4"})


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b'{"done": 1}',
        b'{"unreadable": "out of spite", "detail": ""}',
        b'{"error": "KeyboardInterrupt", "detail": ""}',
        b'{"error": "StoreError", "detail": ""}',
    ],
)
def test_what_no_honest_process_answers_is_not_believed(answer):
    with pytest.raises(MediaProbeError):
        _understand("probe", answer, 0)


async def test_what_cannot_be_told_to_a_process_is_our_fault_and_starts_none():
    before = children()
    with pytest.raises(TypeError):
        await ProcessPool().run("probe", {"path": object()})
    assert children() <= before


def is_gone(process):
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] == "Z"  # where nobody collects orphans


def children_of(parent):
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.add(stat.parent.name)
    return found


def is_at_work(process):
    """Tell whether it has heard what to do: its limits are those of the work."""
    try:
        lines = Path(f"/proc/{process}/limits").read_text().splitlines()
    except OSError:
        return False
    return any(line.startswith("Max open files") and line.split()[3] == "64" for line in lines)


async def test_when_the_bot_is_killed_its_processes_go_as_well(endless):
    program = (
        "import asyncio; from bot.media.process_pool import ProcessPool;"
        f"asyncio.run(ProcessPool().run('probe', {{'path': {str(endless)!r}}}))"
    )
    bot = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT)  # noqa: S603, ASYNC220 - ours
    orphans = set()
    try:
        await until(lambda: any(is_at_work(process) for process in children_of(bot.pid)))
        orphans = children_of(bot.pid)
        bot.kill()
        bot.wait()
        await until(lambda: all(is_gone(process) for process in orphans))
    finally:
        bot.kill()
        bot.wait()
        for process in orphans:
            if not is_gone(process):
                os.kill(int(process), signal.SIGKILL)


async def test_no_task_has_ffmpegs_threads_ask_for_pythons_lock(tmp_path):
    # With any log level set they do so at every message, and closing a decoder can hang for good.
    clip = make_clip(tmp_path / "clip.mp4")
    await DirectWorkshop().run("probe", {"path": clip})
    assert av.logging.get_level() is None


async def test_what_the_processes_run_is_compiled_ahead_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    await compile_tasks()
    modules = {path.stem for path in (ROOT / "bot" / "media" / "worker").rglob("*.py")}
    assert {path.name.split(".")[0] for path in tmp_path.rglob("*.pyc")} == modules


async def test_nothing_is_compiled_where_python_was_told_to_write_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "pycache_prefix", str(tmp_path))
    await compile_tasks()
    assert not list(tmp_path.iterdir())
