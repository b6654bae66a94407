"""Send answers: JSON, refusals, and scripted behaviours that are no answers at all."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import orjson
from aiohttp import web

from sandbox.standin.behaviours import Close, Hang, HttpAnswer
from sandbox.standin.shapes import gateway_error, new_request_id, task_error, validation_error

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping

GATEWAY_PREFIX: Final = "/runwayml/v1"  # CometAPI's
DIRECT_PREFIX: Final = "/v1"  # Runway's own
REQUEST_ID: Final = "X-Cometapi-Request-Id"
_VERSION: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class RefusalError(Exception):
    """A request is refused; the route answers with what this holds."""

    def __init__(self, status: int, body: Mapping[str, Any], request_id: str | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.body = body
        self.request_id = request_id

    def answer(self) -> web.Response:
        """Return the answer to send."""
        headers = {REQUEST_ID: self.request_id} if self.request_id else None
        return json_answer(self.status, self.body, headers)


def json_answer(
    status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a JSON answer."""
    return web.Response(
        status=status, body=orjson.dumps(body), headers=headers, content_type="application/json"
    )


@web.middleware
async def refuse(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Answer with a refusal that a route raised."""
    try:
        return await handler(request)
    except RefusalError as refusal:
        return refusal.answer()


async def name_request(request: web.Request, response: web.StreamResponse) -> None:
    """Give an answer of the gateway its id, as every one has: successes too."""
    if request.path.startswith(GATEWAY_PREFIX):
        response.headers.setdefault(REQUEST_ID, new_request_id())


def is_direct(request: web.Request) -> bool:
    """Tell whether the request came to Runway's own paths instead of the gateway's."""
    return request.path.startswith(DIRECT_PREFIX + "/")


def gateway_refusal(status: int, message: str, code: str) -> RefusalError:
    """Return a refusal by the gateway itself."""
    request_id = new_request_id()
    return RefusalError(status, gateway_error(message, code, request_id), request_id)


def check_headers(request: web.Request, *, api_key: str | None, needs_version: bool) -> None:
    """Check the key, and the version header where it is required.

    Raises:
        RefusalError: One is missing or wrong.
    """
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    is_known = bool(key.strip()) and (api_key is None or key == api_key)
    if kind.lower() != "bearer" or not is_known:
        if is_direct(request):
            raise RefusalError(401, {"error": "The API key is invalid."})
        raise gateway_refusal(401, "invalid token", "")
    if needs_version and not _VERSION.fullmatch(request.headers.get("X-Runway-Version", "")):
        message = "Missing or invalid X-Runway-Version header"
        issue = {"code": "custom", "path": ["X-Runway-Version"], "message": message}
        raise RefusalError(400, validation_error([issue]))


def missing_task(form: int, *, direct: bool) -> web.Response:
    """Return what is said of a task that does not exist (see :class:`Missing`)."""
    if direct:
        return json_answer(404, {"error": "Could not find Task"})
    forms = {
        1: (400, task_error("task_not_exist", "task_not_exist")),
        2: (400, {"message": "task_not_exist"}),
        3: (200, {"status": "task_not_exist"}),
    }
    return json_answer(*forms[form])


async def act(
    request: web.Request, behaviour: HttpAnswer | Hang | Close, *, closing: asyncio.Event
) -> web.Response:
    """Do what a script says instead of answering well.

    Args:
        request: What came.
        behaviour: What to do.
        closing: Set when the stand-in stops; ends a hanging answer.
    """
    if isinstance(behaviour, HttpAnswer):
        body = behaviour.body
        if isinstance(body, str):
            body = body.encode()
        return web.Response(
            status=behaviour.status,
            body=body if isinstance(body, bytes) else orjson.dumps(body),
            headers=dict(behaviour.headers),
            content_type=behaviour.content_type,
        )
    if isinstance(behaviour, Hang):
        await closing.wait()
    if request.transport is not None:
        request.transport.close()
    return web.Response()  # goes nowhere
