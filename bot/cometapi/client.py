"""CometClient: the only module that sends a byte to CometAPI."""

from __future__ import annotations

import io
import time
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import orjson
from aiohttp import hdrs
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from bot.cometapi.wire import (
    Created,
    CreateRequest,
    Reply,
    Task,
    TaskStatus,
    create_body,
    is_task_id,
    read_created,
    read_task,
)
from bot.errors import CometNoAnswerError, CometNotSentError, CometRejectedError
from bot.system import metrics
from bot.system.hosts import is_loopback
from bot.system.proxies import Proxy

if TYPE_CHECKING:
    from pydantic import SecretStr

CREATE_TOTAL_SECONDS: Final = 90.0
"""Runway fetches the video while the create request waits."""
GET_TOTAL_SECONDS: Final = 30.0
CONNECT_SECONDS: Final = 10.0

KEPT_SECONDS: Final = 55.0
"""How long an idle connection is kept: longer than the longest gap between polls, since a new one
costs several times as much as a poll; shorter than the 60 s and more after which servers and load
balancers close theirs, so that no paid request meets a connection that is just being closed."""

MAX_BODY_BYTES: Final = 1024 * 1024
"""An answer is some hundred bytes; what lies beyond this is not read."""

_LARGE_BODY_BYTES: Final = 512 * 1024
"""From here on a request is sent piece by piece, so that the loop is not held up."""


def open_http() -> aiohttp.ClientSession:
    """Return a session for the program's requests; the caller closes it.

    The scheduler bounds the polls under way. A second bound here, aiohttp's 100 connections, would
    stretch the gaps between polls without anybody noticing.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),  # nobody logs in
    )


class CometClient:
    """Sends requests to CometAPI (or to Runway: the contract is Runway's) and reads the answers.

    It never sends one twice, follows no redirect, and gives the key to nobody but the base URL.
    (aiohttp repeats a GET, never a POST, when a kept connection turns out to be closed.)
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        base_url: str,
        api_key: SecretStr,
        version: str,
        connect_seconds: float = CONNECT_SECONDS,
        proxy: Proxy | None = None,
    ) -> None:
        """Borrow ``http``; whoever opened it closes it, after the last request.

        Args:
            http: The session. Its limit of connections bounds the requests under way.
            base_url: Where ``video_to_video`` and ``tasks`` lie, without a slash at the end.
            api_key: Sent as a bearer token.
            version: The date in ``X-Runway-Version``.
            connect_seconds: How long to wait for a connection, including for a free place among
                the session's connections.
            proxy: The way to the internet, if there is a special one.
        """
        self._http = http
        self._proxy = proxy or Proxy()
        self._in_credits = is_runways(URL(base_url))
        self._key = api_key.get_secret_value().encode()
        self._create_url = URL(f"{base_url.rstrip('/')}/video_to_video")
        self._tasks_url = URL(f"{base_url.rstrip('/')}/tasks/")
        common = {
            hdrs.AUTHORIZATION: f"Bearer {api_key.get_secret_value()}",
            "X-Runway-Version": version,
            hdrs.ACCEPT: "application/json",
            hdrs.ACCEPT_ENCODING: "identity",  # unpacking costs more than it saves on 200 bytes
        }
        self._get_headers = CIMultiDictProxy(CIMultiDict(common))
        self._create_headers = CIMultiDictProxy(
            CIMultiDict({**common, hdrs.CONTENT_TYPE: "application/json"})
        )
        self._connect_seconds = connect_seconds
        self._get_timeout = aiohttp.ClientTimeout(total=GET_TOTAL_SECONDS, connect=connect_seconds)

    async def create_task(
        self, request: CreateRequest, *, total_seconds: float | None = CREATE_TOTAL_SECONDS
    ) -> Created:
        """Start one paid task. What it raises says whether it may be sent again.

        Args:
            request: What to restyle, and how.
            total_seconds: How long to wait for the answer; ``None`` waits as long as the
                connection lives, for a caller that can use an answer however late.

        Raises:
            CometNotSentError: No connection came about; surely nothing was started.
            CometNoAnswerError: Sent, and no whole answer came: the task may exist.
            CometError: As ``read_created`` and ``create_body`` say.
        """
        try:
            body = orjson.dumps(create_body(request))
        except orjson.JSONEncodeError as exc:  # half a surrogate pair, a number beyond 64 bits
            raise CometRejectedError("Not sent: the request cannot be written as JSON") from exc
        reply = await self._send(
            hdrs.METH_POST,
            self._create_url,
            headers=self._create_headers,
            timeout=aiohttp.ClientTimeout(total=total_seconds, connect=self._connect_seconds),
            data=body if len(body) < _LARGE_BODY_BYTES else io.BytesIO(body),
        )
        return read_created(reply)

    async def get_task(self, task_id: str) -> Task:
        """Look at a task once.

        Raises:
            CometNotSentError: No connection came about.
            CometNoAnswerError: No whole answer came.
            CometError: As ``read_task`` says.
            ValueError: ``task_id`` is none.
        """
        if not is_task_id(task_id):
            raise ValueError("not the id of a task")
        reply = await self._send(
            hdrs.METH_GET,
            # A third of what it costs to read the whole address anew; yarl remembers only a few.
            self._tasks_url.with_path(f"{self._tasks_url.raw_path}{task_id}", encoded=True),
            headers=self._get_headers,
            timeout=self._get_timeout,
        )
        return read_task(reply, in_credits=self._in_credits)

    async def cancel_task(self, task_id: str) -> bool:
        """Ask Runway itself to drop a task that it has not begun, for which it takes nothing.

        CometAPI documents no such request, so nothing is asked there. Of a task that has begun
        Runway would delete what is paid for, also a finished video; so it is looked at first.

        Source: https://docs.dev.runwayml.com/api

        Returns:
            Whether the task is gone.

        Raises:
            CometNotSentError: No connection came about.
            CometNoAnswerError: No whole answer came.
            CometError: As ``read_task`` says.
            ValueError: ``task_id`` is none.
        """
        if not is_task_id(task_id):
            raise ValueError("not the id of a task")
        if not self._in_credits:
            return False
        task = await self.get_task(task_id)
        if task.status not in {TaskStatus.PENDING, TaskStatus.THROTTLED}:
            return False
        reply = await self._send(
            hdrs.METH_DELETE,
            self._tasks_url.with_path(f"{self._tasks_url.raw_path}{task_id}", encoded=True),
            headers=self._get_headers,
            timeout=self._get_timeout,
        )
        return reply.status in {200, 204, 404}

    async def ask(self, url: URL, *, bearer: SecretStr | None = None) -> Reply:
        """Ask the provider something beside its tasks, free of charge.

        Args:
            url: Below the provider's own origin.
            bearer: What to show; ``None`` for what is public.

        Raises:
            CometNotSentError: No connection came about.
            CometNoAnswerError: No whole answer came.
            ValueError: ``url`` lies elsewhere, where no secret may go.
        """
        if url.origin() != self._tasks_url.origin():
            raise ValueError("not an address of the provider")
        headers = CIMultiDict(self._get_headers)
        del headers[hdrs.AUTHORIZATION]
        if bearer is not None:
            headers[hdrs.AUTHORIZATION] = f"Bearer {bearer.get_secret_value()}"
        return await self._send(
            hdrs.METH_GET, url, headers=CIMultiDictProxy(headers), timeout=self._get_timeout
        )

    async def _send(
        self,
        method: str,
        url: URL,
        *,
        headers: CIMultiDictProxy[str],
        timeout: aiohttp.ClientTimeout,  # noqa: ASYNC109 - aiohttp's own, it tells connect from total
        data: Any = None,  # noqa: ANN401 - as aiohttp takes it
    ) -> Reply:
        if self._http.closed:
            raise CometNotSentError(f"{method} {url.path}: the session is closed")
        request = self._kind_of(method, url)
        answers = metrics.PROVIDER_ANSWERS
        began_at = time.monotonic()
        try:
            async with self._http.request(
                method,
                url,
                headers=headers,
                data=data,
                timeout=timeout,
                allow_redirects=False,  # the key would travel along
                proxy=self._proxy.way_to(url),
                raise_for_status=False,
            ) as response:
                reply = Reply(response.status, response.headers, await self._read(response))
        # Both happen before a connection exists, so before a byte of the request. A total timeout
        # looks different (TimeoutError), and so does a kept connection that the server closes
        # meanwhile (ServerDisconnectedError): it may have read the request before.
        # A proxy that opens no way has been told the name of the host alone.
        except (
            aiohttp.ClientConnectorError,
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientHttpProxyError,
        ) as exc:
            answers.labels(request, "not sent").inc()
            raise CometNotSentError(f"{method} {url.path}: {type(exc).__name__}") from exc
        except (aiohttp.ClientError, OSError) as exc:  # TimeoutError is an OSError
            answers.labels(request, "none").inc()
            raise CometNoAnswerError(f"{method} {url.path}: {type(exc).__name__}") from exc
        answers.labels(request, metrics.class_of(reply.status)).inc()
        metrics.PROVIDER_SECONDS.labels(request).observe(time.monotonic() - began_at)
        return reply

    def _kind_of(self, method: str, url: URL) -> str:
        """Return what a request is about, for who counts them."""
        if method == hdrs.METH_POST:
            return "create"
        if method == hdrs.METH_DELETE:
            return "cancel"
        return "poll" if url.path.startswith(self._tasks_url.path) else "account"

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        length = response.content_length
        if (
            length is not None
            and length <= MAX_BODY_BYTES
            and hdrs.CONTENT_ENCODING not in response.headers
        ):
            body = await response.read()
        else:
            body = await _read_start(response)
        # Some gateways quote the key that they refuse.
        return body.replace(self._key, b"[key]") if self._key in body else body


def is_runways(base_url: URL) -> bool:
    """Tell whether ``base_url`` is Runway's own, so that credits are what the operator pays.

    On this machine, where a stand-in may be either, the path tells: Runway's begins with ``/v1``.
    """
    host = (base_url.host or "").lower()
    if is_loopback(host):
        return base_url.path.startswith("/v1")
    return host == "runwayml.com" or host.endswith(".runwayml.com")


async def _read_start(response: aiohttp.ClientResponse) -> bytes:
    """Read at most ``MAX_BODY_BYTES``; what is cut off then fails as JSON, not as a status."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) >= MAX_BODY_BYTES:
            response.close()
            break
    return bytes(body[:MAX_BODY_BYTES])
