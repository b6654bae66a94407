"""Work on strangers' files, in processes of their own: a few at once, the others in a queue.

Names, types and headers are claims. A hostile or broken file ends the process that reads it
(``worker_main.py``), which has limits on time, memory and what it writes, none of our secrets, and
reaches nothing but its own files. The bot's own process decodes and encodes nothing.
"""

from __future__ import annotations

import asyncio
import compileall
import json
import logging
import os
import signal
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot import errors
from bot.domain.units import MEBIBYTE
from bot.errors import MediaProbeError, MediaUnreadableError, UnreadableReason
from bot.media.turns import FairSlots
from bot.system import metrics
from bot.system.shielding import shielded

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

log = logging.getLogger(__name__)

MEMORY_BYTES: Final = 768 * MEBIBYTE
"""Of one process, where nobody says otherwise: enough for preparing a 4K HEVC clip with HDR."""

TRIAL_SECONDS: Final = 60.0
"""How long a failure through our own fault speaks against reading the next clip."""

# Addresses that are no memory: of the libraries, stacks, and what is set apart and never used.
_LIBRARY_BYTES: Final = 384 * MEBIBYTE
_ROOT: Final = Path(__file__).parents[2]  # the folder from which ``bot`` is imported
_MAX_ANSWER_BYTES: Final = 256 * 1024
# A bound for where the kernel lets it start processes at all. It counts all threads of the bot's
# user on the machine, on whose desktop there may be thousands.
_MAX_TASKS_OF_USER: Final = 8192
_LIMIT_SIGNALS: Final = {9, 24}  # SIGKILL and SIGXCPU, by number since Windows lacks the names
# Without them some Pythons do not start; nothing else of our environment (it holds the token and
# the key) is for a process that reads strangers' files.
_INHERITED: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR")
# glibc sets 64 MiB of addresses apart for each thread, which the limit of memory counts.
_SPARING: Final = {"MALLOC_ARENA_MAX": "2"}
# A person waits for these, and they are soon over.
_QUICK: Final = frozenset({"probe", "take_in", "reference", "chart"})

_ERRORS: Final = {
    error.__name__: error for error in vars(errors).values()
    if isinstance(error, type) and issubclass(error, errors.MediaError)
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkLimits:
    """What one piece of work may use."""

    wall_seconds: float = 600
    """From the start of the process; waiting for a slot does not count."""
    cpu_seconds: int = 900
    """Of all its threads together."""
    memory_bytes: int = MEMORY_BYTES
    """What it may set apart for itself, a little of which is never used. The pool's own limit is
    the most."""
    file_bytes: int = 0
    """The largest file that it may write; 0 lets it write nothing at all."""


async def compile_tasks() -> None:
    """Compile what the processes run and the bot itself never imports, once, where that is kept.

    They may write nothing, so each would compile it anew: half as much again for every start.
    """
    if not sys.dont_write_bytecode:  # else whoever installs it compiles it, or the folder is shut
        folder = _ROOT / "bot" / "media" / "worker"
        await asyncio.to_thread(compileall.compile_dir, folder, quiet=2)


class ProcessPool:
    """Runs the tasks of ``bot/media/worker/tasks``, each in a process of its own.

    Probing has as many slots again, so that nobody who attached a clip waits behind the long work.
    Whose turn it is follows from who the work is for: see ``turns.py``.

    Args:
        processes: How many at once, of probing and of everything else each.
        waiting: How many may wait for one of these slots.
        memory_bytes: The most that any of them may take, whatever the work asks for.
    """

    def __init__(
        self, *, processes: int = 2, waiting: int = 64, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._memory_bytes = memory_bytes
        self._quick = FairSlots(processes, waiting)
        self._long = FairSlots(processes, waiting)
        self.failures_in_a_row = 0
        """How many of the last tasks failed through our own fault, since one that did not."""
        self.last_failure = ""
        self._failed_at = float("-inf")

    @property
    def failed_lately(self) -> bool:
        """Whether the last failure was a minute ago or less, so that the next would fail too."""
        return time.monotonic() - self._failed_at < TRIAL_SECONDS

    async def run(
        self, task: str, /, arguments: Mapping[str, Any], *, limits: WorkLimits | None = None
    ) -> dict[str, Any]:
        """Run one task to its end and return what it answers.

        Cancelling it ends the process and waits until that is gone.

        Args:
            task: The name of a module in ``bot/media/worker/tasks``.
            arguments: What its ``run`` gets; JSON must be able to carry it. A ``Path`` arrives as
                text, and absolute; no other file can be read. ``target`` is the file that the task
                writes, if any: at any error it is not there.
            limits: What it may use. Name ``file_bytes`` for a task that writes.

        Raises:
            MediaBusyError: Too much is waiting already.
            MediaUnreadableError: The file's fault; ``reason`` says what is wrong.
            MediaProbeError: Our fault.
            MediaError: Any other one that the task raises, as itself.
        """
        line = self._quick if task in _QUICK else self._long
        try:
            async with line.slot():
                answer, status = await self._run_child(task, arguments, self._limited(limits))
            done = _understand(task, answer, status)
            metrics.CHILDREN.labels(task, "done").inc()
        except BaseException as exc:  # a process that was killed leaves what it had written
            _discard(arguments.get("target"))
            self._note(task, exc)
            raise
        self.failures_in_a_row = 0
        return done

    async def _run_child(
        self, task: str, arguments: Mapping[str, Any], limits: WorkLimits
    ) -> tuple[bytes, int | None]:
        """Return what the process printed and its exit status, ``None`` when its time was over."""
        request = _request(task, arguments, limits)
        try:
            process = await asyncio.create_subprocess_exec(
                # -E, -s: the environment adds no modules; -B: none may be written.
                *(sys.executable, "-EsB", "-m", "bot.media.worker.worker_main"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                cwd=_ROOT,
                env={name: os.environ[name] for name in _INHERITED if name in os.environ}
                | _SPARING,
                start_new_session=True,  # what it starts is ended with it
            )
        except OSError as exc:
            raise MediaProbeError(f"no process for {task}: {exc.strerror}") from exc
        try:
            async with asyncio.timeout(limits.wall_seconds):
                answer = await _converse(process, request)
                return answer, await process.wait()
        except TimeoutError:
            return b"", None
        finally:
            await _end(process)

    def _limited(self, limits: WorkLimits | None) -> WorkLimits:
        limits = limits or WorkLimits(memory_bytes=self._memory_bytes)
        return replace(limits, memory_bytes=min(limits.memory_bytes, self._memory_bytes))

    def _note(self, task: str, error: BaseException) -> None:
        outcome = "broke" if isinstance(error, MediaProbeError) else type(error).__name__
        metrics.CHILDREN.labels(task, outcome).inc()
        if isinstance(error, MediaProbeError):
            self.failures_in_a_row += 1
            self._failed_at = time.monotonic()
            self.last_failure = str(error)
        elif isinstance(error, MediaUnreadableError):
            self.failures_in_a_row = 0


def _understand(task: str, answer: bytes, status: int | None) -> dict[str, Any]:
    try:
        result = json.loads(answer)
    except ValueError:
        result = {}
    match result:
        case {"done": dict(done)}:
            return done
        case {"unreadable": str(reason), "detail": str(detail)} if reason in set(UnreadableReason):
            log.info("%s: unreadable: %s (%s)", task, reason, detail)
            raise MediaUnreadableError(detail, reason=UnreadableReason(reason))
        case {"error": str(name), "detail": str(detail)} if name in _ERRORS:
            raise _ERRORS[name](detail)
        case {"failed": str(detail)}:
            raise MediaProbeError(f"the process for {task} failed: {detail}")
    if status is not None and status >= 0:
        raise MediaProbeError(f"the process for {task} ended with {status} and no answer")
    # Killed by a signal: by a limit or our clock, or by what it read.
    too_complex = status is None or -status in _LIMIT_SIGNALS
    log.info("%s: the file ended its process: %s", task, status)
    raise MediaUnreadableError(
        f"it ended the process that read it ({status})",
        reason=UnreadableReason.TOO_COMPLEX if too_complex else UnreadableReason.DAMAGED,
    )


def _discard(target: str | Path | None) -> None:
    if target is not None:
        Path(target).unlink(missing_ok=True)


def _path_as_text(value: object) -> str:
    if isinstance(value, Path):
        return str(value.absolute())
    raise TypeError(f"{type(value).__name__} cannot be told to another process")


def _request(task: str, arguments: Mapping[str, Any], limits: WorkLimits) -> bytes:
    """Return the line that a process is told its work with."""
    rlimits = {
        "CPU": limits.cpu_seconds,
        "DATA": limits.memory_bytes,
        "AS": limits.memory_bytes + _LIBRARY_BYTES,
        "FSIZE": limits.file_bytes,
        "CORE": 0,
        "NOFILE": 64,
        "NPROC": _MAX_TASKS_OF_USER,
    }
    target = arguments.get("target")
    confinement = {
        "reads": [path for path in arguments.values() if isinstance(path, Path)],
        "writes": None if target is None else Path(target).parent,
        "parent": os.getpid(),
    }
    request = json.dumps(
        {"task": task, "arguments": dict(arguments), "limits": rlimits, "confinement": confinement},
        default=_path_as_text,
    )
    return request.encode() + b"\n"


async def _converse(process: Process, request: bytes) -> bytes:
    """Say what to do and read all that is printed, but keep no more than an honest one prints.

    Our end of its input stays open: its closing tells the process that nobody waits any more.
    """
    if process.stdin is None or process.stdout is None:
        return b""
    process.stdin.write(request)
    with suppress(ConnectionError):  # it has ended already; its status tells more
        await process.stdin.drain()
    answer = b""
    while chunk := await process.stdout.read(_MAX_ANSWER_BYTES):
        answer = (answer + chunk)[:_MAX_ANSWER_BYTES]  # one that is cut off is no JSON
    return answer


async def _end(process: Process) -> None:
    """Kill the process and all that it started, and wait until it is gone: no zombie stays."""
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):  # on macOS the latter, of zombies
            os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await shielded(process.wait())
    if process.stdin is not None:
        process.stdin.close()
