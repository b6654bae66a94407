"""The bodies that CometAPI and Runway send: tasks in three shapes, errors in three.

Sources:
    https://apidoc.cometapi.com/api/video/runway/official-format/runway-to-get-task-details
    https://apidoc.cometapi.com/errors/error-codes-handling
    https://docs.dev.runwayml.com/errors/errors
    https://github.com/QuantumNous/new-api (dto/task.go, relay/relay_task.go): the gateway software
    whose task layer CometAPI's answers match field for field.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from sandbox.standin.behaviours import Fail, Lag, Place, Shape

DOC_URL: Final = "https://docs.dev.runwayml.com/api"
QUOTA_PER_CREDIT: Final = 5_000
"""CometAPI counts 500,000 to the dollar; this one takes what Runway takes."""
_CHINA: Final = timezone(timedelta(hours=8))

_OUTER_STATUS: Final = {
    "PENDING": "QUEUED",
    "THROTTLED": "QUEUED",
    "RUNNING": "IN_PROGRESS",
    "SUCCEEDED": "SUCCESS",
    "FAILED": "FAILURE",
    "CANCELLED": "FAILURE",
}
_OUTER_PROGRESS: Final = {
    "QUEUED": "20%",
    "IN_PROGRESS": "30%",
    "SUCCESS": "100%",
    "FAILURE": "100%",
}

_FAILURE_TEXTS: Final = (
    ("SAFETY.INPUT", "The input was flagged by our content moderation system."),
    ("SAFETY.OUTPUT", "The output was flagged by our content moderation system."),
    ("INPUT_PREPROCESSING.SAFETY", "The prompt was flagged by our content moderation system."),
    ("ASSET.INVALID", "The provided asset does not meet the requirements of this model."),
    ("THIRD_PARTY", "A third-party model is unavailable."),
    ("", "An unexpected error occurred."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What is to be told about a task at one moment.

    Attributes:
        progress: 0 to 1, or text as the script wants it; sent while RUNNING.
        credits: Estimated while unfinished, charged when finished; 1 credit = $0.01.
    """

    task_id: str
    status: str
    created_at: datetime
    credits: int
    progress: float | str | None = None
    output_url: str | None = None
    url_in_reason: bool = False
    failure: Fail | None = None


def failure_text(failure: Fail) -> str:
    """Return Runway's ``failure`` text for a failure."""
    if failure.text is not None:
        return failure.text
    code = failure.code or ""
    return next(text for prefix, text in _FAILURE_TEXTS if code.startswith(prefix))


def charged_credits(failure: Fail, full_price: int) -> int:
    """Return what a failed task costs.

    Refusals of the safety check are charged.
    Source: https://docs.dev.runwayml.com/api-details/moderation
    """
    if failure.credits is not None:
        return failure.credits
    return full_price if (failure.code or "").startswith("SAFETY.") else 0


def runway_task(facts: TaskFacts, *, zone: timezone | None = None) -> dict[str, Any]:
    """Return Runway's own object; ``zone`` writes the date as the gateway does."""
    if zone is None:
        created = facts.created_at.astimezone(UTC).isoformat(timespec="milliseconds")
        created = created.replace("+00:00", "Z")
    else:
        created = facts.created_at.astimezone(zone).isoformat(timespec="seconds")
    task: dict[str, Any] = {
        "id": facts.task_id,
        "createdAt": created,
        "status": facts.status,
    }
    if facts.status == "RUNNING" and facts.progress is not None:
        task["progress"] = facts.progress
    if facts.status == "SUCCEEDED" and facts.output_url and not facts.url_in_reason:
        task["output"] = [facts.output_url]
    if facts.failure is not None:
        task["failure"] = failure_text(facts.failure)
        if facts.failure.code is not None:
            task["failureCode"] = facts.failure.code
    is_over = facts.status in {"SUCCEEDED", "FAILED", "CANCELLED"}
    task["cost" if is_over else "estimatedCost"] = {"credits": facts.credits}
    return task


def _percent(facts: TaskFacts, outer_status: str) -> str:
    if isinstance(facts.progress, str):
        return facts.progress
    if facts.progress is not None and outer_status == "IN_PROGRESS":
        return f"{round(facts.progress * 100)}%"
    return _OUTER_PROGRESS.get(outer_status, "0%")


def _wrapper(facts: TaskFacts, lag: Lag) -> dict[str, Any]:
    status = _OUTER_STATUS.get(facts.status, facts.status)
    inner = runway_task(facts, zone=_CHINA)
    is_over = status in {"SUCCESS", "FAILURE"}
    if is_over and lag == Lag.OUTER:
        status, is_over = "IN_PROGRESS", False
    elif is_over and lag == Lag.INNER:
        inner = {key: inner[key] for key in ("id", "createdAt")} | {
            "status": "RUNNING",
            "progress": 0.9,
        }
    submitted = int(facts.created_at.timestamp())
    wrapper: dict[str, Any] = {
        "task_id": facts.task_id,
        "action": "VIDEO_TO_VIDEO",
        "status": status,
        "fail_reason": "",
        "submit_time": submitted,
        "start_time": 0 if status == "QUEUED" else submitted + 5,
        "finish_time": submitted + 60 if is_over else 0,
        "quota": facts.credits * QUOTA_PER_CREDIT,
        "progress": _percent(facts, status),
        "data": inner,
    }
    if is_over and facts.output_url and facts.url_in_reason:
        wrapper["fail_reason"] = facts.output_url
    elif is_over and facts.output_url:
        wrapper["result_url"] = facts.output_url
    if is_over and facts.failure is not None:
        wrapper["fail_reason"] = failure_text(facts.failure)
    return wrapper


def render_task(
    facts: TaskFacts,
    shape: Shape,
    lag: Lag = Lag.NONE,
    *,
    word: str | None = None,
    place: Place | None = None,
) -> dict[str, Any]:
    """Return the body of the answer to a poll.

    Args:
        facts: The task at this moment.
        shape: The form.
        lag: Which half is behind.
        word: Says this instead of the status.
        place: The output's address stands there and nowhere else.
    """
    task = runway_task(facts) if shape == Shape.BARE else _wrapper(facts, lag)
    halves = [task, task["data"]] if isinstance(task.get("data"), dict) else [task]
    if word is not None:
        for half in halves:
            half["status"] = word
    if place is not None and facts.output_url:
        for half in halves:
            half.pop("output", None)
            half.pop("result_url", None)
        _put(task, place, facts.output_url)
    return {"code": "success", "message": "", "data": task} if shape == Shape.WRAPPED else task


def _put(task: dict[str, Any], place: Place, url: str) -> None:
    match place:
        case Place.METADATA:
            task["metadata"] = {"url": url}
        case Place.OUTPUT_VIDEO:
            task["output"] = {"video": url}
        case Place.DATA:
            task["data"] = [url]
        case _:
            task[place.value] = url


def new_request_id() -> str:
    """Return an id in the form that the gateway uses."""
    return f"{datetime.now(UTC):%Y%m%d%H%M%S%f}{secrets.token_hex(6)}"


def gateway_error(message: str, code: str | None, request_id: str) -> dict[str, Any]:
    """Return the gateway's error for keys, routes and sizes."""
    text = f"{message} (request id: {request_id})"
    return {"error": {"message": text, "type": "comet_api_error", "param": "", "code": code}}


def task_error(code: str, message: str) -> dict[str, Any]:
    """Return the error of the gateway's task layer."""
    return {"code": code, "message": message, "data": None}


def validation_error(issues: list[dict[str, Any]]) -> dict[str, Any]:
    """Return Runway's error for a body that it refuses."""
    return {"error": "Validation of body failed", "issues": issues, "docUrl": DOC_URL}
