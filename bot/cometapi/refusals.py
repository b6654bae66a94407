"""Which error an answer means. Errors come in five shapes, and a status alone does not tell.

=========================  ==========================================================
Shape                      Example
=========================  ==========================================================
The gateway                ``{"error": {"message", "type", "param", "code"}}``
The gateway's task layer   ``{"code": "<text>", "message", "data": null}``
Runway, passed through     ``{"error": "<text>", "issues": [...], "docUrl"}``
Wrong path                 a redirect, or an HTML page
The compatibility format   HTTP 200 with ``{"code": <number>, "msg", "data"}``
=========================  ==========================================================

Sources: https://apidoc.cometapi.com/errors/error-codes-handling,
https://docs.dev.runwayml.com/errors/errors, and for the task layer
https://github.com/QuantumNous/new-api (``relay/relay_task.go``, ``service/error.go``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from bot.errors import (
    CometAddressError,
    CometAssetError,
    CometAuthError,
    CometCreditError,
    CometError,
    CometModelError,
    CometRateLimitedError,
    CometRejectedError,
    CometResponseError,
    CometServerError,
    CometTaskNotFoundError,
)
from bot.system.redaction import redact

if TYPE_CHECKING:
    from bot.cometapi.reply import Reply

_CREDIT_CODES: Final = frozenset(
    {
        "quota_not_enough",
        "insufficient_user_quota",
        "insufficient_quota",
        "pre_consume_token_quota_failed",  # the key's own allowance
    }
)
_MODEL_CODES: Final = frozenset({"model_not_found", "model_price_error", "model_mapping_failed"})
_SUCCESS_CODES: Final = frozenset({"success", "200", "0"})

# Runway's empty account is a plain 400 without a code: only its words tell.
_CREDIT_WORDS: Final = re.compile(r"not have enough credits|quota is not enough", re.IGNORECASE)

_FILE_FIELDS: Final = frozenset(
    {"videoUri", "promptVideo", "references", "keyframes", "promptImage"}
)
_FILE_WORDS: Final = re.compile(
    r"\b(?:videoUri|promptVideo|references|keyframes|promptImage)\b|\basset\b|\bdata URI\b",
    re.IGNORECASE,
)
# "Failed to fetch asset", "Timeout while fetching asset", "Invalid URL", "Only HTTPS URLs …",
# a wrong Content-Type: https://docs.dev.runwayml.com/errors/troubleshooting
_FETCH_WORDS: Final = re.compile(r"(?i:fetch(?:ing)? asset|content-type)|\bURLs?\b")

# The gateway hides an upstream text that contains "http", as Runway's do ("docUrl").
_FETCH_FAILED_CODE: Final = "fail_to_fetch_task"
_MASK: Final = "请求上游地址失败"

_MOVED: Final = frozenset({301, 307, 308})
"""Redirects that say the request was not carried out here (unlike 302 and 303)."""

_NO_SUCH_PATH: Final = frozenset({404, 405, 410})


@dataclass(frozen=True, slots=True)
class _Said:
    """What an answer says went wrong, in whichever shape."""

    status: int
    code: str
    text: str
    fields: frozenset[str]
    """The keys of the request that it names."""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _issues(body: dict[str, Any], key: str) -> list[Any]:
    """Return what each of Runway's issues says under ``key``."""
    issues = body.get("issues")
    found = issues if isinstance(issues, list) else []
    return [issue.get(key) for issue in found if isinstance(issue, dict)]


def _hear(status: int, payload: object, *, nested: bool = False) -> _Said:
    if not isinstance(payload, dict):
        return _Said(status, "", "", frozenset())
    error = payload.get("error")
    code = _text(payload.get("code"))
    if isinstance(error, dict):
        code = _text(error.get("code")) or code
        text = _text(error.get("message"))
    elif isinstance(error, str):
        text = " ".join([error, *map(_text, _issues(payload, "message"))])
    else:
        text = _text(payload.get("message")) or _text(payload.get("msg"))
    number = payload.get("code")
    if 200 <= status < 300 and isinstance(number, int) and 400 <= number < 600:
        status = number  # the compatibility format: every HTTP status is 200
    if not nested and text.lstrip().startswith("{"):
        # The task layer quotes the whole body of the provider behind it.
        try:
            inner = _hear(status, orjson.loads(text), nested=True)
        except orjson.JSONDecodeError:
            pass
        else:
            return _Said(status, inner.code or code, inner.text, inner.fields)
    paths = [path for path in _issues(payload, "path") if isinstance(path, list) and path]
    return _Said(status, code, text, frozenset(_text(path[0]) for path in paths))


def _message(reply: Reply, said: _Said, hint: str = "") -> str:
    code = f" {redact(said.code, limit=64)!r}" if said.code else ""
    inner = f" (in HTTP {reply.status})" if said.status != reply.status else ""
    return f"CometAPI answered {said.status}{inner}{code}{hint}"


def _rejection(reply: Reply, said: _Said) -> CometRejectedError:
    """Return the definite refusal that fits best."""
    message, detail, request_id = _message(reply, said), reply.text(), reply.request_id
    if said.code in _CREDIT_CODES or said.status == 402 or _CREDIT_WORDS.search(said.text):
        return CometCreditError(message, detail=detail, request_id=request_id)
    if said.code in _MODEL_CODES or "model" in said.fields:
        return CometModelError(message, detail=detail, request_id=request_id)
    if said.status in (401, 403):
        return CometAuthError(message, detail=detail, request_id=request_id)
    if said.status in _NO_SUCH_PATH:
        return _wrong_address(reply, said)
    unreachable = _asset_trouble(said)
    if unreachable is not None:
        # In a success status it is no reason to send the clip once more by another way.
        return CometAssetError(
            message,
            unreachable=unreachable and not reply.is_success,
            detail=detail,
            request_id=request_id,
        )
    return CometRejectedError(message, detail=detail, request_id=request_id)


def _wrong_address(reply: Reply, said: _Said) -> CometAddressError:
    return CometAddressError(
        _message(reply, said, ": is COMETAPI_BASE_URL right?"),
        detail=reply.text(),
        request_id=reply.request_id,
    )


def _asset_trouble(said: _Said) -> bool | None:
    """Tell whether a file could not be fetched; ``None`` if the refusal is not about a file."""
    if said.status == 413:
        return False
    # Elsewhere the same words mean something else: a 404 says "Invalid URL (POST /v1/…)".
    if said.status not in (400, 422, 500):
        return None
    if _FETCH_WORDS.search(said.text):
        return True
    is_masked = not said.text.strip() or _MASK in said.text
    if said.status == 400 and said.code == _FETCH_FAILED_CODE and is_masked:
        # The reason is lost. That the file was not reached is a likely one, and the only one
        # for which there is another way.
        return True
    if said.fields & _FILE_FIELDS or _FILE_WORDS.search(said.text):
        return False
    return None


def create_error(reply: Reply, payload: object) -> CometError:
    """Return what an answer without a task means for a paid request.

    Only what is documented as a refusal is ``safe_to_resend``; after anything else the task may
    exist. A success status never leads to another request, whatever its body says.
    """
    said = _hear(reply.status, payload)
    if said.status in _MOVED:
        return _wrong_address(reply, said)
    if _is_refused_for_good(said):
        return _rejection(reply, said)
    if reply.status == 429:
        return CometRateLimitedError(
            _message(reply, said),
            retry_after_seconds=reply.retry_after_seconds,
            detail=reply.text(),
            request_id=reply.request_id,
        )
    if said.status in (408, 409) or said.status >= 500:
        return CometServerError(
            _message(reply, said, ": it may have been carried out"),
            retry_after_seconds=reply.retry_after_seconds,
            detail=reply.text(),
            request_id=reply.request_id,
        )
    return CometResponseError(
        _message(reply, said, " without a usable task id: it may have been carried out"),
        detail=reply.text(),
        request_id=reply.request_id,
    )


def _is_refused_for_good(said: _Said) -> bool:
    if said.status == 429:
        return said.code in _CREDIT_CODES
    if 400 <= said.status < 500:
        return said.status not in (408, 409)
    if said.status == 500:  # "really a malformed request"
        return said.code == "invalid_request"
    if said.status == 503:  # no channel serves the model, and none will in a moment
        return said.code == "model_not_found"
    return said.status < 300 and said.code in _CREDIT_CODES | _MODEL_CODES


def poll_error(reply: Reply, payload: object) -> CometError:
    """Return what an answer that is no task means for a question about a task."""
    said = _hear(reply.status, payload)
    message, detail, request_id = _message(reply, said), reply.text(), reply.request_id
    if _is_not_visible(said, payload):
        return CometTaskNotFoundError(message, detail=detail, request_id=request_id)
    if said.status == 429:
        return CometRateLimitedError(
            message,
            retry_after_seconds=reply.retry_after_seconds,
            detail=detail,
            request_id=request_id,
        )
    if said.status in (401, 403):
        return CometAuthError(message, detail=detail, request_id=request_id)
    if said.status == 500 and said.code == "invalid_request":
        return CometRejectedError(message, detail=detail, request_id=request_id)
    if said.status in (408, 409, 425) or said.status >= 500:
        return CometServerError(
            message,
            retry_after_seconds=reply.retry_after_seconds,
            detail=detail,
            request_id=request_id,
        )
    if 400 <= said.status < 500 and said.status != 404:
        return CometRejectedError(message, detail=detail, request_id=request_id)
    return CometResponseError(f"{message}: not a task", detail=detail, request_id=request_id)


def _is_not_visible(said: _Said, payload: object) -> bool:
    """Tell whether the task is not there (yet): three forms of it, and Runway's 404."""
    if not isinstance(payload, dict):
        return False
    if "task_not_exist" in said.code.lower() or "task_not_exist" in said.text.lower():
        return True
    data = payload.get("data")
    inner = data.get("status") if isinstance(data, dict) else None
    if any(_text(word).lower() == "task_not_exist" for word in (payload.get("status"), inner)):
        return True
    if said.status == 404:
        return True
    # {"code": "success", "data": null}: the gateway has a row, and nothing to show yet.
    return (
        200 <= said.status < 300
        and "data" in payload
        and data is None
        and str(payload.get("code", "success")).lower() in _SUCCESS_CODES
    )
