"""Task details: three shapes of answers become one :class:`Task`.

* Bare: ``{"id", "status", "output", …}``, as Runway's own API answers.
* Wrapped: ``{"code": "success", "data": {"task_id", "status", …, "data": {the bare task}}}``.
* Flat: ``{"task_id", "status", "result_url", …, "data": {the bare task}}``.

Sources: https://apidoc.cometapi.com/api/video/runway/official-format/runway-to-get-task-details
(its language versions differ), https://docs.dev.runwayml.com/errors/task-failures/, and for the
wrapper ``dto/task.go`` of https://github.com/QuantumNous/new-api.
"""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from bot.cometapi.refusals import poll_error
from bot.cometapi.reply import read_credits
from bot.domain.jobs import Phase
from bot.system.hosts import is_loopback
from bot.system.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bot.cometapi.reply import Reply


class TaskStatus(enum.Enum):
    """What CometAPI says of a task, in Runway's words."""

    PENDING = "pending"  # accepted, waiting
    THROTTLED = "throttled"  # held back: the account's concurrency is used up
    RUNNING = "running"  # working
    SUCCEEDED = "succeeded"  # over; there should be an output
    FAILED = "failed"  # over
    CANCELLED = "cancelled"  # over: cancelled or deleted at the provider
    UNKNOWN = "unknown"  # a word that we do not know: still waiting


_WORDS: Final[Mapping[str, TaskStatus]] = {
    "PENDING": TaskStatus.PENDING,
    "QUEUED": TaskStatus.PENDING,
    "SUBMITTED": TaskStatus.PENDING,
    "NOT_START": TaskStatus.PENDING,
    "THROTTLED": TaskStatus.THROTTLED,
    "RUNNING": TaskStatus.RUNNING,
    "IN_PROGRESS": TaskStatus.RUNNING,
    "PROCESSING": TaskStatus.RUNNING,
    "SUCCEEDED": TaskStatus.SUCCEEDED,
    "SUCCESS": TaskStatus.SUCCEEDED,
    "COMPLETED": TaskStatus.SUCCEEDED,
    "SUCCEED": TaskStatus.SUCCEEDED,
    "FAILED": TaskStatus.FAILED,
    "FAILURE": TaskStatus.FAILED,
    "ERROR": TaskStatus.FAILED,
    "CANCELLED": TaskStatus.CANCELLED,
    "CANCELED": TaskStatus.CANCELLED,
}
_OVER: Final = frozenset({TaskStatus.SUCCEEDED, TaskStatus.FAILED, TaskStatus.CANCELLED})
_PHASES: Final[Mapping[TaskStatus, Phase]] = {
    TaskStatus.PENDING: Phase.PENDING,
    TaskStatus.THROTTLED: Phase.THROTTLED,
    TaskStatus.RUNNING: Phase.RUNNING,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One look at a task; ``None`` means that the answer did not say."""

    task_id: str | None
    status: TaskStatus
    raw_status: str = ""
    """The word that decided, for the log."""
    progress: float | None = None
    """0 to 1, only while RUNNING."""
    output_url: str | None = field(default=None, repr=False)
    """A signed link, only when SUCCEEDED; ``None`` then means finished without a result."""
    failure_code: str | None = None
    failure_text: str | None = None
    """The provider's own words, without secrets; for the log, not for users."""
    cost_credits: float | None = None
    """What was charged, once the task is over; 1 credit is $0.01, 0 is fully refunded."""

    @property
    def phase(self) -> Phase | None:
        """The phase of an unfinished task; ``None`` when it is over or its word is unknown."""
        return _PHASES.get(self.status)

    @property
    def is_over(self) -> bool:
        """Whether the status will not change any more."""
        return self.status in _OVER


def read_task(reply: Reply) -> Task:
    """Return the task that an answer to ``GET tasks/{id}`` describes.

    Raises:
        CometTaskNotFoundError: The task is not visible: not yet, or not any more.
        CometAuthError: The key is not accepted (401, 403).
        CometRateLimitedError: Asked too often (429).
        CometServerError: The provider is in trouble (5xx, 408, 409); says nothing of the task.
        CometRejectedError: The question itself is refused (other 4xx, 500 ``invalid_request``).
        CometResponseError: No task, no known error: HTML, a redirect, broken JSON.
    """
    payload = reply.payload()
    if reply.is_success and isinstance(payload, dict):
        task = _normalise(payload)
        if task is not None:
            return task
    raise poll_error(reply, payload)


def _normalise(body: dict[str, Any]) -> Task | None:
    data = body.get("data")
    outer, inner = body, data
    if not isinstance(body.get("status"), str):
        if not isinstance(data, dict):
            return None
        outer, inner = data, data.get("data")
    if not isinstance(inner, dict):
        inner = {}
    task_id = _first_text(outer.get("task_id"), outer.get("id"), inner.get("id"))

    status, raw_status = _status(outer.get("status"), inner.get("status"))
    if status is None:
        return None
    if status is TaskStatus.RUNNING:
        progress = _progress(inner.get("progress"))
        if progress is None and inner is not outer:
            progress = _progress(outer.get("progress"))
        return Task(task_id=task_id, status=status, raw_status=raw_status, progress=progress)
    if status is TaskStatus.UNKNOWN and raw_status.upper() == "TASK_NOT_EXIST":
        return None
    if status not in _OVER:
        return Task(task_id=task_id, status=status, raw_status=raw_status)
    return _finished(outer, inner, task_id=task_id, status=status, raw_status=raw_status)


def _finished(
    outer: dict[str, Any],
    inner: dict[str, Any],
    *,
    task_id: str | None,
    status: TaskStatus,
    raw_status: str,
) -> Task | None:
    if raw_status.upper() == "ERROR" and task_id is None:
        return None  # {"status": "error", "message": …} of a gateway is not the end of a task
    cost = read_credits(inner, "cost")
    if cost is None:
        cost = read_credits(outer, "cost")
    if status is TaskStatus.SUCCEEDED:
        return Task(
            task_id=task_id,
            status=status,
            raw_status=raw_status,
            output_url=next(_output_urls(outer, inner), None),
            cost_credits=cost,
        )
    text = _first_text(inner.get("failure"), outer.get("failure"), outer.get("fail_reason"))
    code = _first_text(inner.get("failureCode"), outer.get("failureCode"))
    return Task(
        task_id=task_id,
        status=status,
        raw_status=raw_status,
        failure_code=redact(code, limit=128) if code else None,
        failure_text=redact(text) if text else None,
        cost_credits=cost,
    )


def _first_text(*values: object) -> str | None:
    for value in values:
        if isinstance(value, str) and value:
            return value
    return None


def _status(outer: object, inner: object) -> tuple[TaskStatus | None, str]:
    """Choose between the wrapper's word and the task's; either may lag behind the other.

    A word that says the task is over wins, the task's before the wrapper's. Else the wrapper's
    holds, but the task's says more where the wrapper only knows "queued" or nothing.
    """
    outer_word = outer if isinstance(outer, str) else ""
    inner_word = inner if isinstance(inner, str) else ""
    if not inner_word:
        if not outer_word:
            return None, ""
        return _WORDS.get(outer_word.upper(), TaskStatus.UNKNOWN), outer_word[:64]
    inside = _WORDS.get(inner_word.upper(), TaskStatus.UNKNOWN)
    outside = _WORDS.get(outer_word.upper(), TaskStatus.UNKNOWN)
    if (
        inside in _OVER
        or outside is TaskStatus.UNKNOWN
        or (outside is TaskStatus.PENDING and inside is TaskStatus.THROTTLED)
    ):
        return inside, inner_word[:64]
    return outside, outer_word[:64]


_PERCENT: Final = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,18})?)\s*(%?)\s*", re.ASCII)


def _progress(value: object) -> float | None:
    """Return 0 to 1 from a fraction, a whole number of percent, or text such as ``37%``."""
    if isinstance(value, str):
        match = _PERCENT.fullmatch(value)
        if match is None:
            return None
        number, is_percent = float(match[1]), bool(match[2])
    elif isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        number, is_percent = float(value), False
    else:
        return None
    if is_percent or number > 1:  # 1 is Runway's "all of it": JSON writes 1.0 as 1
        number /= 100
    return min(max(number, 0.0), 1.0)


def _output_urls(outer: dict[str, Any], inner: dict[str, Any]) -> Iterator[str]:
    candidates: list[object] = []
    for output in (outer.get("output"), inner.get("output")):
        for item in output if isinstance(output, list) else [output]:
            candidates.append(item.get("url") if isinstance(item, dict) else item)
    candidates += [
        outer.get("result_url"),
        outer.get("video_url"),
        inner.get("video_url"),
        outer.get("fail_reason"),  # older gateways keep the result here
    ]
    return (url for url in candidates if isinstance(url, str) and _is_link(url))


def _is_link(text: str) -> bool:
    """Tell whether ``text`` is an https link (or http to this machine, as in the sandbox)."""
    if len(text) > 8192 or any(c.isspace() or c in '<>"' or not c.isprintable() for c in text):
        return False
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (
        parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    )
