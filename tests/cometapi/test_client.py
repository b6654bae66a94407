"""CometClient against real sockets."""

import asyncio
import gzip
import json
import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver
from pydantic import SecretStr

from bot.cometapi.client import CometClient
from bot.cometapi.models import MAX_DATA_URI_BYTES
from bot.cometapi.wire import CreateRequest, TaskStatus
from bot.errors import (
    CometAuthError,
    CometNoAnswerError,
    CometNotSentError,
    CometRejectedError,
    CometResponseError,
)
from tests.cometapi.loopback import http, loopback

KEY = "Zm9vYmFyYmF6"  # of no form that would give it away by itself
REQUEST = CreateRequest(
    model="gen4_aleph", video_uri="https://cdn.example/x.mp4?hm=1", prompt="noir"
)
CREATED = http(200, b'{"id":"task-1"}')
PENDING = http(200, b'{"id":"task-1","status":"PENDING"}')


@asynccontextmanager
async def comet_at(base_url, *, connect_seconds=10.0, **session):
    async with aiohttp.ClientSession(**session) as http_session:
        yield CometClient(
            http_session,
            base_url=base_url,
            api_key=SecretStr(KEY),
            version="2024-11-06",
            connect_seconds=connect_seconds,
        )


async def hang(_request, _writer):
    await asyncio.Event().wait()


async def close(_request, _writer):
    return False


async def test_a_paid_request_goes_out_as_documented():
    async with loopback(CREATED) as server, comet_at(server.base_url) as comet:
        created = await comet.create_task(REQUEST)
    assert created.task_id == "task-1"
    (sent,) = server.requests
    assert (sent.method, sent.path) == ("POST", "/runwayml/v1/video_to_video")
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert sent.headers["X-Runway-Version"] == "2024-11-06"
    assert sent.headers["Content-Type"] == "application/json"
    assert sent.headers["Accept-Encoding"] == "identity"
    assert json.loads(sent.body)["videoUri"] == REQUEST.video_uri


async def test_a_look_at_a_task_goes_out_as_documented():
    async with loopback(PENDING) as server, comet_at(server.base_url + "/") as comet:
        task = await comet.get_task("task-1")
    assert task.status is TaskStatus.PENDING
    (sent,) = server.requests
    assert (sent.method, sent.path) == ("GET", "/runwayml/v1/tasks/task-1")
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert sent.headers["X-Runway-Version"] == "2024-11-06"


async def test_looks_share_one_connection():
    async with loopback(PENDING) as server, comet_at(server.base_url) as comet:
        for _ in range(5):
            await comet.get_task("task-1")
    assert server.connections == 1


@pytest.mark.parametrize("task_id", ["", "../keys", "a/b", "a?b", "ä", "x" * 192, "a\n"])
async def test_an_id_that_could_leave_its_path_is_not_asked_about(task_id):
    async with loopback(PENDING) as server, comet_at(server.base_url) as comet:
        with pytest.raises(ValueError, match="id of a task"):
            await comet.get_task(task_id)
    assert not server.requests


def assert_not_sent(caught):
    assert caught.value.safe_to_resend
    assert caught.value.retryable


def assert_open(caught):
    assert not caught.value.safe_to_resend
    assert caught.value.retryable


async def test_a_refused_connection_means_not_sent():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    async with comet_at(f"http://127.0.0.1:{port}") as comet:
        with pytest.raises(CometNotSentError) as caught:
            await comet.create_task(REQUEST)
    assert_not_sent(caught)


class Resolver(AbstractResolver):
    def __init__(self, trouble):
        self.trouble = trouble

    async def resolve(self, host, port=0, family=socket.AF_INET):
        return await self.trouble()

    async def close(self):
        pass


async def no_such_host():
    raise OSError("no such host")


@pytest.mark.parametrize("trouble", [no_such_host, asyncio.Event().wait])
async def test_a_host_that_cannot_be_found_in_time_means_not_sent(trouble):
    connector = aiohttp.TCPConnector(resolver=Resolver(trouble))
    async with comet_at("https://api.example", connect_seconds=0.05, connector=connector) as comet:
        with pytest.raises(CometNotSentError) as caught:
            await comet.create_task(REQUEST)
    assert_not_sent(caught)


async def test_a_failed_tls_handshake_means_not_sent():
    async def speak_plainly(reader, writer):
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with comet_at(f"https://127.0.0.1:{port}") as comet:
            with pytest.raises(CometNotSentError) as caught:
                await comet.create_task(REQUEST)
    assert_not_sent(caught)


async def test_no_free_connection_in_time_means_not_sent():
    connector = aiohttp.TCPConnector(limit=1)
    async with (
        loopback(hang) as server,
        comet_at(server.base_url, connect_seconds=0.05, connector=connector) as comet,
    ):
        first = asyncio.create_task(comet.create_task(REQUEST, total_seconds=None))
        while not server.requests:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
        with pytest.raises(CometNotSentError) as caught:
            await comet.create_task(REQUEST)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
    assert_not_sent(caught)
    assert len(server.requests) == 1


async def test_a_closed_session_means_not_sent():
    async with comet_at("http://127.0.0.1:9") as comet:
        pass
    with pytest.raises(CometNotSentError) as caught:
        await comet.create_task(REQUEST)
    assert_not_sent(caught)


async def cut_off(_request, writer):
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id":')
    await writer.drain()
    return False


async def not_http(_request, writer):
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")
    await writer.drain()
    return False


BROKEN_GZIP = http(200, b"not gzip", headers=["Content-Encoding: gzip"])


@pytest.mark.parametrize("behave", [close, cut_off, not_http, BROKEN_GZIP])
async def test_an_answer_that_never_came_whole_leaves_it_open_and_is_sent_once(behave):
    async with loopback(behave) as server, comet_at(server.base_url) as comet:
        with pytest.raises(CometNoAnswerError) as caught:
            await comet.create_task(REQUEST)
    assert_open(caught)
    assert len(server.requests) == 1


async def test_an_answer_too_late_leaves_it_open():
    async with loopback(hang) as server, comet_at(server.base_url) as comet:
        with pytest.raises(CometNoAnswerError) as caught:
            await comet.create_task(REQUEST, total_seconds=0.05)
    assert_open(caught)
    assert len(server.requests) == 1


async def test_a_kept_connection_that_dies_under_a_paid_request_leaves_it_open():
    async def behave(request, writer):
        return await PENDING(request, writer) if request.method == "GET" else False

    async with loopback(behave) as server, comet_at(server.base_url) as comet:
        await comet.get_task("task-1")
        with pytest.raises(CometNoAnswerError) as caught:
            await comet.create_task(REQUEST)
    assert_open(caught)
    assert [(sent.method, sent.connection) for sent in server.requests] == [
        ("GET", 1),
        ("POST", 1),
    ]


async def test_a_caller_may_wait_for_a_late_answer():
    late = asyncio.Event()

    async def behave(request, writer):
        await late.wait()
        return await CREATED(request, writer)

    async with loopback(behave) as server, comet_at(server.base_url) as comet:
        task = asyncio.create_task(comet.create_task(REQUEST, total_seconds=None))
        while not server.requests:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
        late.set()
        assert (await task).task_id == "task-1"


async def test_a_cancellation_stays_one():
    async with loopback(hang) as server, comet_at(server.base_url) as comet:
        task = asyncio.create_task(comet.create_task(REQUEST))
        while not server.requests:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_no_redirect_is_followed_and_the_key_stays_here():
    async with loopback(CREATED) as elsewhere:
        moved = http(307, headers=[f"Location: {elsewhere.base_url}/video_to_video"])
        async with loopback(moved) as server, comet_at(server.base_url) as comet:
            with pytest.raises(CometRejectedError):
                await comet.create_task(REQUEST)
            with pytest.raises(CometResponseError):
                await comet.get_task("task-1")
    assert elsewhere.connections == 0


async def endless(_request, writer):
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        writer.write(b"10000\r\n" + b" " * 65536 + b"\r\n")
        await writer.drain()


async def test_an_answer_without_end_is_not_read_to_its_end():
    async with loopback(endless) as server, comet_at(server.base_url) as comet:
        with pytest.raises(CometResponseError):
            await comet.get_task("task-1")


async def test_a_small_answer_that_unpacks_to_a_large_one_is_not_unpacked_whole():
    body = b'{"id":"task-1","status":"PENDING","more":"' + b" " * 2**26 + b'"}'
    bomb = http(200, gzip.compress(body), headers=["Content-Encoding: gzip"])
    async with loopback(bomb) as server, comet_at(server.base_url) as comet:
        with pytest.raises(CometResponseError):
            await comet.get_task("task-1")


async def test_a_refusal_counts_however_long_its_page_is():
    async with (
        loopback(http(401, b"<html>" + b" " * 2**21)) as server,
        comet_at(server.base_url) as comet,
    ):
        with pytest.raises(CometAuthError):
            await comet.create_task(REQUEST)


async def test_an_answer_packed_without_being_asked_is_read():
    packed = http(200, gzip.compress(b'{"id":"task-1"}'), headers=["Content-Encoding: gzip"])
    async with loopback(packed) as server, comet_at(server.base_url) as comet:
        assert (await comet.create_task(REQUEST)).task_id == "task-1"


async def test_a_key_that_is_quoted_back_goes_no_further():
    async with (
        loopback(http(401, json.dumps({"error": f"{KEY} is no key: '{KEY}'"}).encode())) as server,
        comet_at(server.base_url) as comet,
    ):
        with pytest.raises(CometAuthError) as caught:
            await comet.create_task(REQUEST)
    assert KEY not in caught.value.detail
    assert "is no key" in caught.value.detail


async def test_a_session_that_raises_for_every_status_changes_nothing():
    async with (
        loopback(http(400, b'{"error":"Validation of body failed","issues":[]}')) as server,
        comet_at(server.base_url, raise_for_status=True) as comet,
    ):
        with pytest.raises(CometRejectedError):
            await comet.create_task(REQUEST)


async def test_a_video_inside_the_request_arrives_whole():
    video = "data:video/mp4;base64," + "A" * (MAX_DATA_URI_BYTES // 3 * 4)
    request = CreateRequest(model="aleph2", video_uri=video, prompt="noir")
    async with loopback(CREATED) as server, comet_at(server.base_url) as comet:
        await comet.create_task(request)
    assert json.loads(server.requests[0].body)["videoUri"] == video


async def test_what_cannot_be_written_as_json_is_refused_unsent():
    request = CreateRequest(model="aleph2", video_uri="https://cdn.example/x", prompt="\ud83d")
    async with loopback(CREATED) as server, comet_at(server.base_url) as comet:
        with pytest.raises(CometRejectedError) as caught:
            await comet.create_task(request)
    assert caught.value.safe_to_resend
    assert not server.requests
