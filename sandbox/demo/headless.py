"""The demo without a browser: one job from the command to the file, told in the terminal."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from bot.domain.jobs import JobState
from bot.errors import MediaUnreadableError
from bot.media.probe import probe_video
from sandbox.demo.harness import Stage, open_stage
from sandbox.demo.transcript import Transcript
from sandbox.sample import sample_clip

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    import discord

    from bot.domain.jobs import Job

TASK_SECONDS: Final = 3.0
POLL_SECONDS: Final = 0.3
PATIENCE_SECONDS: Final = 300.0
_LOOK_SECONDS: Final = 0.1


class DemoFailedError(Exception):
    """The answer did not come; the text says why."""


async def run_headless(
    *, video: Path | None, prompt: str, output: Path, write: Callable[[str], None] = print
) -> int:
    """Restyle one clip, tell the conversation, write the result to ``output``.

    Args:
        video: The clip; ``None`` takes the sample.
        prompt: The look.
        output: Where the restyled MP4 goes; its folder is made.
        write: Takes one line of text.

    Returns:
        The exit code: 0 only if the video came in the thread.
    """
    write("A simulation: no account, no internet, nothing is paid for.")
    try:
        async with open_stage(task_seconds=TASK_SECONDS, poll_seconds=POLL_SECONDS) as stage:
            data = await _play(stage, video, prompt, write)
        await asyncio.to_thread(_save, output, data)
        facts = await probe_video(output)
    except (DemoFailedError, MediaUnreadableError, OSError) as exc:
        write(f"\nThe demo failed: {exc}")
        return 1
    write(
        f"\nWritten: {output} ({len(data) / 1000:.0f} kB, {facts.duration_seconds:.1f} s, "
        f"{facts.width}x{facts.height})"
    )
    return 0


async def _play(
    stage: Stage, video: Path | None, prompt: str, write: Callable[[str], None]
) -> bytes:
    name, data = await asyncio.to_thread(_read, stage.folder, video)
    world = stage.world
    told = Transcript(stage.env, world.videos, viewer=world.mira.actor, write=write)
    told.look()
    write(f"\n  Mira uses /restyle in #{world.videos.name}")
    write(f"    video: {name} ({len(data) / 1000:.0f} kB)")
    write(f"    prompt: {prompt}")
    async with _telling(told), stage.pump.lock:
        result = await world.mira.actor.slash(
            world.videos, "restyle", video=(name, data), prompt=prompt, start=0.0
        )
    response = result.response
    if response is None or response.ephemeral:
        raise DemoFailedError("the bot refused the request; its words are above")
    asked = response.message.interaction_metadata
    if asked is None:
        raise DemoFailedError("the bot's answer belongs to no command")
    async with _telling(told):
        job = await _wait(stage, asked.id)
    return _answer(stage, job)


def _read(folder: Path, video: Path | None) -> tuple[str, bytes]:
    if video is not None:
        return video.name, video.read_bytes()
    path = folder / "sample.mp4"
    sample_clip(path)
    return path.name, path.read_bytes()


@contextlib.asynccontextmanager
async def _telling(told: Transcript) -> AsyncIterator[None]:
    """Tell what happens while the block runs, and what is left at its end."""

    async def tell() -> None:
        while True:
            told.look()
            await asyncio.sleep(_LOOK_SECONDS)

    task = asyncio.create_task(tell())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        told.look()


async def _wait(stage: Stage, job_id: int) -> Job:
    """Wait until nothing is left to do for the job."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                job = await stage.store.get(job_id)
                if job is not None and job.is_settled:
                    return job
                await asyncio.sleep(_LOOK_SECONDS)
    raise DemoFailedError(f"no answer within {PATIENCE_SECONDS:.0f} s")


def _answer(stage: Stage, job: Job) -> bytes:
    """Return the video that the person finds in the thread."""
    if job.state is not JobState.DONE:
        raise DemoFailedError(f"the job ended as {job.state.value}; the bot's words are above")
    threads = {thread.id: thread for thread in stage.world.videos.threads}
    thread = threads.get(job.answer_channel_id or 0)
    if thread is None:
        raise DemoFailedError("the answer did not come in the thread")
    [message] = [found for found in thread.history() if found.id == job.answer_message_id]
    videos = [found for found in message.attachments if _is_video(found)]
    if not videos:
        raise DemoFailedError("the answer came without the video")
    data: bytes | None = stage.env.backend.cdn.get(videos[0].url)
    if data is None:
        raise DemoFailedError("the video cannot be opened")
    return data


def _is_video(attachment: discord.Attachment) -> bool:
    return (attachment.content_type or "").startswith("video/")


def _save(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
