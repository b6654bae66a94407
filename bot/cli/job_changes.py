"""The parts of ``python -m bot jobs`` that change something, each through the store."""

from __future__ import annotations

import asyncio
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from bot.cli.job_output import is_quarantined
from bot.cli.output import say, whole_number
from bot.cometapi.client import CometClient, open_http
from bot.domain.jobs import CancelReason, FailureReason, JobState
from bot.errors import (
    CometError,
    CometTaskNotFoundError,
    StoreError,
    StoreInUseError,
    TaskTakenError,
)
from bot.settings import load_settings
from bot.storage.leases import new_worker_id
from bot.storage.reading import check_there
from bot.storage.store import open_store

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator, Awaitable, Callable

    from bot.cli.output import Commands
    from bot.cometapi.tasks import Task
    from bot.domain.jobs import Job
    from bot.settings import Settings
    from bot.storage.store import Store

    Act = Callable[["JobCall", Job], Awaitable[str]]

MAX_NOTE: Final = 500

_INSTEAD: Final = {
    JobState.HELD: "it is waiting for a decision; `jobs settle` ends it",
    JobState.QUEUED: "it is waiting for its turn; `jobs settle` ends it",
    JobState.SUBMITTING: "its paid request was just sent; check again in a minute",
    JobState.RUNNING: "CometAPI is working on it; it will be delivered",
    JobState.WITHHELD: "a moderator decides about its result",
    JobState.DELIVERING: "its answer is being posted",
    JobState.UNCERTAIN: "`jobs attach` names its task, `jobs write-off` closes it",
    JobState.DONE: "it is over and its answer is posted; `jobs redeliver` posts it again",
    JobState.FAILED: "it is over",
    JobState.CANCELLED: "it is over",
}


class JobRefusedError(StoreError):
    """A job is not as the command needs it; nothing was changed, and the text says what helps."""


@dataclass(frozen=True, slots=True)
class JobCall:
    """What one call changes things with."""

    store: Store
    settings: Settings
    chosen: argparse.Namespace


@dataclass(frozen=True, slots=True)
class JobCommand:
    """One part of ``jobs``: its words, and what it does to each job."""

    name: str
    help: str
    act: Act
    has_note: bool = False
    flags: tuple[tuple[str, str], ...] = ()
    """Options without a value, each with its help."""
    takes_task: bool = False
    """Whether it is about one job and its task, and not about one or more jobs."""

    def add_to(self, parts: Commands) -> None:
        """Add this part's words to the parser."""
        part = parts.add_parser(self.name, help=self.help, description=f"{_sentence(self.help)}.")
        if self.takes_task:
            part.add_argument("jobs", type=whole_number, nargs=1, metavar="JOB")
            part.add_argument("task", metavar="TASK", help="the id in CometAPI's list of tasks")
        else:
            part.add_argument(
                "jobs", type=whole_number, nargs="*" if self.flags_all else "+", metavar="JOB"
            )
        for flag, meaning in self.flags:
            part.add_argument(flag, action="store_true", help=meaning)
        if self.has_note:
            part.add_argument("--note", metavar="WORDS", help="what the requester also reads")
        part.set_defaults(execute=self.execute)

    @property
    def flags_all(self) -> bool:
        """Whether ``--all`` can take the place of the jobs' ids."""
        return any(flag == "--all" for flag, _ in self.flags)

    def execute(self, chosen: argparse.Namespace) -> int:
        """JobCall the jobs one by one; return 1 if one of them was refused, after the others."""
        if not chosen.jobs and not getattr(chosen, "all", False):
            sys.stderr.write(f"Name jobs, or say `jobs {self.name} --all`.\n")
            return 2
        return asyncio.run(self._change_all(load_settings(shards=""), chosen))

    async def _change_all(self, settings: Settings, chosen: argparse.Namespace) -> int:
        status = 0
        async with open_for_changes(settings.database_url) as store:
            call = JobCall(store, settings, chosen)
            if getattr(chosen, "all", False):
                chosen.jobs = [job.id for job in await store.quarantine.jobs(limit=100_000)]
                if not chosen.jobs:
                    say("No job is in quarantine.")
            for job_id in chosen.jobs:
                try:
                    say(f"Job {job_id}: {await self.act(call, await _found(store, job_id))}")
                except (JobRefusedError, CometError) as exc:
                    sys.stderr.write(f"Job {job_id}: nothing was changed: {exc}.\n")
                    status = 1
        return status


async def _found(store: Store, job_id: int) -> Job:
    job = await store.get(job_id)
    if job is None:
        raise JobRefusedError("there is no such job; `jobs list` shows them")
    return job


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


@asynccontextmanager
async def open_for_changes(url: str) -> AsyncIterator[Store]:
    """Open the database at ``url`` as a bot does, but without a lease: nothing is spent.

    Raises:
        StoreInUseError: A bot runs on it, which is SQLite; the text says what helps.
        StoreError: As ``open_store`` says.
    """
    if url.startswith("sqlite"):
        check_there(url)
    try:
        async with open_store(url, worker_id=new_worker_id()) as store:
            yield store
    except StoreInUseError as exc:
        raise StoreInUseError(
            f"A bot runs on this SQLite database, which one process may change at a time. Stop it "
            f"first, or use the owner's commands in Discord. `jobs list` and `jobs show` work "
            f"meanwhile. ({exc})"
        ) from exc


def _refused(job: Job, wanted: str) -> JobRefusedError:
    return JobRefusedError(f"it is {job.state}, not {wanted}: {_INSTEAD[job.state]}")


def _changed(job: Job | None) -> Job:
    if job is None:
        raise JobRefusedError("it has just changed; `jobs show` says how")
    return job


async def _release(call: JobCall, job: Job) -> str:
    if not is_quarantined(job):
        raise _refused(job, "in quarantine")
    if not await call.store.quarantine.release([job.id], user_id=None):
        raise JobRefusedError("it has just changed; `jobs show` says how")
    return "released; it is paid for when its turn comes"


async def _settle(call: JobCall, job: Job) -> str:
    note = _note(call)
    if is_quarantined(job):
        restored: bool = call.chosen.restored
        _changed(
            await call.store.quarantine.settle(job.id, user_id=None, restored=restored, note=note)
        )
        if restored:
            return "settled as already finished before the restore; its money counts as spent"
        return "ended; nothing was spent on it, and its money is free again"
    if job.state not in {JobState.HELD, JobState.QUEUED}:
        raise _refused(job, "waiting")
    if call.chosen.restored:
        raise JobRefusedError(
            "it is not in quarantine, so it was accepted after the restore; leave out --restored, "
            "or put all that waits into quarantine first (`jobs quarantine`)"
        )
    _changed(await call.store.cancel(job.id, reason=CancelReason.MODERATOR, note=note))
    return "ended; nothing was spent on it, and its money is free again"


async def _write_off(call: JobCall, job: Job) -> str:
    if job.state is not JobState.UNCERTAIN:
        raise _refused(job, "uncertain")
    _changed(await call.store.uncertain.write_off(job.id, user_id=None, note=_note(call)))
    return "written off; its money is free again, and the requester is told"


async def _attach(call: JobCall, job: Job) -> str:
    if job.state is not JobState.UNCERTAIN:
        raise _refused(job, "uncertain")
    task_id = call.chosen.task.strip()
    known = ""
    if not call.chosen.unchecked:
        task = await _ask(call.settings, task_id)
        known = f" (CometAPI says: {task.raw_status or task.status.value})"
    try:
        _changed(await call.store.uncertain.attach(job.id, task_id=task_id, user_id=None))
    except TaskTakenError as exc:
        raise JobRefusedError(f"{exc}, and no result is posted for two") from exc
    return f"is task {task_id}{known}; its outcome is posted once a bot runs"


async def _ask(settings: Settings, task_id: str) -> Task:
    """Ask the provider about a task, which costs nothing.

    Raises:
        JobRefusedError: It knows no such task, or cannot be asked now.
    """
    async with open_http() as http:
        comet = CometClient(
            http,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            version=settings.runway_version,
            proxy=settings.proxy,
        )
        try:
            return await comet.get_task(task_id)
        except ValueError:
            raise JobRefusedError(
                "that is not a task id, which is one word of letters, digits and dashes"
            ) from None
        except CometTaskNotFoundError:
            raise JobRefusedError(
                f"CometAPI knows no task {task_id} under this key; look at its id again, or say "
                "--unchecked if you know better"
            ) from None
        except CometError as exc:
            raise JobRefusedError(
                f"CometAPI could not be asked about that task ({exc}); try again, or say "
                "--unchecked"
            ) from exc


async def _redeliver(call: JobCall, job: Job) -> str:
    has_ended = job.state is JobState.DONE or job.failure is FailureReason.UNDELIVERABLE
    if not has_ended:
        raise _refused(job, "done")
    url, expires_at = await _output(call.settings, job)
    _changed(
        await call.store.repairs.deliver_again(job.id, output_url=url, output_expires_at=expires_at)
    )
    return "its answer is posted again once a bot runs; nothing is paid for it"


async def _output(settings: Settings, job: Job) -> tuple[str, datetime | None]:
    """Return where the result can be had now, and until when.

    Raises:
        JobRefusedError: Nowhere any more.
    """
    expires_at = job.output_expires_at
    if job.output_url and (expires_at is None or expires_at > datetime.now(UTC)):
        return job.output_url, expires_at
    if job.archive_url:
        return job.archive_url, None
    if job.task_id:
        try:
            task = await _ask(settings, job.task_id)
        except JobRefusedError as exc:
            reason = str(exc)
        else:
            if task.output_url:
                return task.output_url, None
            reason = "CometAPI no longer has its result"
    else:
        reason = "it has no task"
    place = job.answer_channel_id or job.place_id
    message = f"/{job.answer_message_id}" if job.answer_message_id else ""
    where = f"https://discord.com/channels/{job.guild_id or '@me'}/{place}{message}"
    raise JobRefusedError(
        f"its result is gone ({reason}; there is no copy in an archive). Unless somebody deleted "
        f"it, the answer is at {where}"
    )


async def _look_again(call: JobCall, job: Job) -> str:
    looked_at = await call.store.late.look_again(
        job.id, user_id=None, after_seconds=call.settings.poll_min_seconds
    )
    if looked_at is None:
        if job.task_id is None:
            raise JobRefusedError(f"its task is not known; it is {job.state}")
        raise _refused(job, "given up or failed")
    return f"CometAPI is asked about task {job.task_id} once a bot runs; a late result is delivered"


def _note(call: JobCall) -> str | None:
    note: str | None = call.chosen.note
    return note[:MAX_NOTE].strip() or None if note else None


CHANGES: Final = (
    JobCommand(
        "release",
        "let jobs in quarantine continue: they were not paid for yet",
        _release,
        flags=(("--all", "every job in quarantine"),),
    ),
    JobCommand(
        "settle",
        "end waiting jobs without paying for them",
        _settle,
        has_note=True,
        flags=(
            ("--all", "every job in quarantine"),
            (
                "--restored",
                "they were finished before the database became an old one: people are told so, and "
                "their money counts as spent",
            ),
        ),
    ),
    JobCommand(
        "write-off",
        "close uncertain jobs for good: CometAPI has no such tasks",
        _write_off,
        has_note=True,
    ),
    JobCommand(
        "attach",
        "name the task that CometAPI made of an uncertain job, which continues from there",
        _attach,
        takes_task=True,
        flags=(("--unchecked", "do not ask CometAPI first whether the task exists"),),
    ),
    JobCommand(
        "look-again",
        "ask CometAPI again about tasks of jobs that timed out or failed",
        _look_again,
    ),
    JobCommand(
        "redeliver",
        "post the answers of jobs again, as when a message was deleted",
        _redeliver,
    ),
)
