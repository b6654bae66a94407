"""Requests and answers of CometAPI as values; no I/O.

What an answer means lies in modules of its own, reached through this one: ``tasks`` (task
details), ``failures`` (why a task failed), ``refusals`` (errors of every shape).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from bot.cometapi.failures import judge_failure
from bot.cometapi.models import ReferenceKey, model_rules
from bot.cometapi.refusals import create_error
from bot.cometapi.reply import Reply, read_credits
from bot.cometapi.tasks import Task, TaskStatus, read_task
from bot.domain.money import Cost, CostSource, micros_of_credits
from bot.errors import CometRejectedError

__all__ = [
    "CreateRequest",
    "Created",
    "Reply",
    "Task",
    "TaskStatus",
    "create_body",
    "is_task_id",
    "judge_failure",
    "read_created",
    "read_task",
]

_TASK_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,191}")
"""Opaque, but it goes into the path of a URL. Runway's are UUIDs, gateways have others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateRequest:
    """One restyling to be paid for. Links and prompt stay out of its repr."""

    model: str
    video_uri: str = field(repr=False)
    """An https URL, or a base64 data URI."""
    prompt: str = field(repr=False)
    """1 to 1000 UTF-16 code units."""
    seed: int | None = None
    """0 to 4294967295; ``None`` lets the provider choose."""
    reference_uri: str | None = field(default=None, repr=False)
    """A style image, as ``video_uri``."""
    ratio: str | None = None
    """The shape, by any model's name for it; one that the model lacks becomes its default."""
    public_figure_threshold: str = "auto"
    """``auto`` or ``low``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """What CometAPI answered to an accepted, and now paid, request."""

    task_id: str
    estimate: Cost | None = None
    """The most that the task may cost; the bill may be lower."""
    request_id: str | None = None


def is_task_id(text: str) -> bool:
    """Tell whether ``text`` can be the id of a task, and is safe in the path of a URL."""
    return _TASK_ID.fullmatch(text) is not None


def create_body(request: CreateRequest) -> dict[str, Any]:
    """Return the JSON body of ``POST video_to_video``, with the keys its model takes and no other.

    Raises:
        CometRejectedError: There is a style image and the model takes none: it must not be paid
            for a video that ignores it.

    Source: https://apidoc.cometapi.com/api/video/runway/official-format/generate-a-video-from-a-video
    """
    rules = model_rules(request.model)
    body: dict[str, Any] = {
        "model": request.model,
        "videoUri": request.video_uri,
        "promptText": request.prompt,
    }
    if rules.is_known:
        body["contentModeration"] = {"publicFigureThreshold": request.public_figure_threshold}
    if request.seed is not None and rules.takes_seed:
        body["seed"] = request.seed
    ratio = rules.own_ratio(request.ratio) or rules.default_ratio
    if ratio is not None:
        body[rules.ratio_key] = ratio
    if request.reference_uri is None:
        return body
    match rules.reference_key:
        case ReferenceKey.REFERENCES:
            body["references"] = [{"type": "image", "uri": request.reference_uri}]
        case ReferenceKey.KEYFRAMES:
            body["keyframes"] = [{"uri": request.reference_uri, "seconds": 0}]
        case ReferenceKey.NONE:
            raise CometRejectedError(f"Not sent: {request.model} takes no reference image")
    return body


def read_created(reply: Reply) -> Created:
    """Return the task that a ``video_to_video`` request created.

    An id counts wherever it is found in a success, even beside words of trouble: a task that is
    asked about in vain costs nothing, one that is forgotten does.

    Raises:
        CometCreditError: The account is empty.
        CometModelError: The model is unknown, retired or not routed (also a 503).
        CometAuthError: The key is not accepted (401, 403).
        CometAddressError: There is no such API at the base URL (301, 404, 405).
        CometAssetError: The video or the image could not be fetched, or is not accepted.
        CometRejectedError: Any other definite refusal: 4xx, 500 ``invalid_request``.
        CometRateLimitedError: Refused for now (429).
        CometServerError: 5xx, 408 or 409: the task may exist all the same.
        CometResponseError: No usable id in a success, or an answer that cannot be understood: the
            task may exist all the same.

    Source: https://apidoc.cometapi.com/api/video/runway/official-format/generate-a-video-from-a-video
    """
    payload = reply.payload()
    if reply.is_success and isinstance(payload, dict):
        data = payload.get("data")
        wrapped = data if isinstance(data, dict) else {}
        for task_id in (payload.get("id"), wrapped.get("task_id"), payload.get("task_id")):
            if isinstance(task_id, str) and is_task_id(task_id):
                credits_ = read_credits(payload, "estimatedCost")
                if credits_ is None:
                    credits_ = read_credits(wrapped, "estimatedCost")
                return Created(
                    task_id=task_id,
                    estimate=(  # no task is free, so 0 says nothing
                        Cost.said(micros_of_credits(credits_), CostSource.ESTIMATE)
                        if credits_
                        else None
                    ),
                    request_id=reply.request_id,
                )
    raise create_error(reply, payload)
