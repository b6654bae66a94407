"""Task details: three shapes of answers become one :class:`Task`.

* Bare: ``{"id", "status", "output", …}``, as Runway's own API answers.
* Wrapped: ``{"code": "success", "data": {"task_id", "status", …, "data": {the bare task}}}``.
* Flat: ``{"task_id", "status", "result_url", …, "data": {the bare task}}``.

A word that nobody documents decides nothing: a video makes a success of it, a failure code a
failure, and anything else waits.

Sources: https://apidoc.cometapi.com/api/video/runway/official-format/runway-to-get-task-details
(its language versions differ), https://docs.dev.runwayml.com/errors/task-failures/, and for the
wrapper ``dto/task.go`` of https://github.com/QuantumNous/new-api.
"""

from __future__ import annotations

import enum
import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bot.cometapi.outputs import is_surely_video, may_be_video, output_urls, reason_url
from bot.cometapi.refusals import poll_error
from bot.cometapi.reply import read_credits, read_number
from bot.domain.jobs import Phase
from bot.domain.money import Cost, CostSource, micros_of_credits, micros_of_quota
from bot.system.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

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
_KNOWN_BETTER: Final = frozenset({TaskStatus.SUCCEEDED, *_PHASES})
"""Words that a code beside them does not overrule."""


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
    """What Runway took, once the task is over; 1 credit is $0.01, 0 is fully refunded."""
    cost: Cost | None = None
    """What the operator pays for it, once it is over, in the provider's own books."""

    @property
    def phase(self) -> Phase | None:
        """The phase of an unfinished task; ``None`` when it is over or its word is unknown."""
        return _PHASES.get(self.status)

    @property
    def is_over(self) -> bool:
        """Whether the status will not change any more."""
        return self.status in _OVER


def read_task(reply: Reply, *, in_credits: bool = False) -> Task:
    """Return the task that an answer to ``GET tasks/{id}`` describes.

    Args:
        reply: The answer.
        in_credits: Whether the provider takes credits, as Runway does; a gateway takes its quota.

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
        task = _normalise(payload, in_credits=in_credits)
        if task is not None:
            return task
    raise poll_error(reply, payload)


def without_output(task: Task) -> Task:
    """Return ``task`` for what its word alone says: its link turned out to be none of a result."""
    status = _WORDS.get(task.raw_status.upper(), TaskStatus.UNKNOWN)
    return replace(task, status=status, output_url=None)


def _normalise(body: dict[str, Any], *, in_credits: bool) -> Task | None:
    data = body.get("data")
    outer, within = body, data
    if not isinstance(body.get("status"), str) and isinstance(data, dict):
        outer, within = data, data.get("data")
    inner = within if isinstance(within, dict) else {}
    status, raw_status = _status(outer.get("status"), inner.get("status"))
    task_id = _first_text(outer.get("task_id"), outer.get("id"), inner.get("id"))
    if raw_status.upper() == "TASK_NOT_EXIST":
        return None
    if raw_status.upper() == "ERROR" and task_id is None:
        return None  # {"status": "error", "message": …} of a gateway is not the end of a task
    code = _failure_code(inner) or _failure_code(outer)
    urls = list(output_urls(outer, within if within is not None else {}))
    text = _first_text(inner.get("failure"), outer.get("failure"), outer.get("fail_reason"))
    reason = reason_url(outer)
    is_failed = status in _OVER - {TaskStatus.SUCCEEDED} and text is not None and text != reason
    if is_failed or (code is not None and status not in _KNOWN_BETTER):
        status, output_url = (status if status in _OVER else TaskStatus.FAILED), None
    else:
        status, output_url = _with_video(status, urls, reason)
    if not raw_status and (status is TaskStatus.UNKNOWN or task_id is None):
        return None
    task = Task(task_id=task_id, status=status, raw_status=raw_status, output_url=output_url)
    if status is TaskStatus.RUNNING:
        progress = _progress(inner.get("progress"))
        if progress is None:
            progress = _progress(outer.get("progress"))
        return replace(task, progress=progress)
    if status not in _OVER:
        return task
    cost_credits = read_credits(inner, "cost")
    if cost_credits is None:
        cost_credits = read_credits(outer, "cost")
    quota = read_number(outer.get("quota"))
    if quota is None:
        quota = read_number(inner.get("quota"))
    cost = _cost(quota, cost_credits, in_credits=in_credits)
    if status is TaskStatus.SUCCEEDED and cost is not None and not cost.micros:
        cost = None  # a field that nobody filled in: no video is free
    task = replace(task, cost_credits=cost_credits, cost=cost)
    if status is TaskStatus.SUCCEEDED:
        return task
    return replace(
        task,
        failure_code=redact(code, limit=128) if code else None,
        failure_text=redact(text) if text else None,
    )


def _with_video(
    status: TaskStatus, urls: list[str], reason: str | None
) -> tuple[TaskStatus, str | None]:
    """Return the status and the video of a task of which no failure is told.

    Words that we know to mean "not over yet" stand; a video makes a success of any other.
    """
    if status is TaskStatus.SUCCEEDED:
        return status, next(filter(may_be_video, urls), next(iter(urls), reason))
    if status in _PHASES:
        return status, None
    if reason is not None and is_surely_video(reason) and status is TaskStatus.UNKNOWN:
        urls = [*urls, reason]
    url = next(filter(may_be_video, urls), None)
    return (status if url is None else TaskStatus.SUCCEEDED), url


def _failure_code(task: dict[str, Any]) -> str | None:
    error = task.get("error")
    return _first_text(
        task.get("failureCode"),
        task.get("failure_code"),
        task.get("error_code"),
        error.get("code") if isinstance(error, dict) else None,
    )


def _cost(quota: float | None, cost_credits: float | None, *, in_credits: bool) -> Cost | None:
    """Return what the operator pays; Runway's credits are a gateway's cost, not the operator's."""
    if in_credits and cost_credits is not None:
        return Cost.said(micros_of_credits(cost_credits), CostSource.CREDITS)
    if not in_credits and quota is not None:
        return Cost.said(micros_of_quota(quota), CostSource.QUOTA)
    return None


def _first_text(*values: object) -> str | None:
    for value in values:
        if isinstance(value, str) and value:
            return value
    return None


def _status(outer: object, inner: object) -> tuple[TaskStatus, str]:
    """Choose between the wrapper's word and the task's; either may lag behind the other.

    A word that says the task is over wins, the task's before the wrapper's. Else the wrapper's
    holds, but the task's says more where the wrapper only knows "queued" or nothing.
    """
    outer_word = outer if isinstance(outer, str) else ""
    inner_word = inner if isinstance(inner, str) else ""
    if not inner_word:
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
