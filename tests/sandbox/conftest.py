"""What the tests of the stand-in share: clips, a host for assets, and a caller."""

import base64
import io
import json
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from sandbox.cometapi import StandIn
from sandbox.sample import sample_clip, tiny_clip

VERSION = "2024-11-06"


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "tiny.mp4"
    tiny_clip(path)
    return path


@pytest.fixture(scope="session")
def sample_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "sample.mp4"
    sample_clip(path)
    return path


@pytest.fixture
def clip(clip_path):
    return clip_path.read_bytes()


def data_uri(data, media_type="video/mp4"):
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


class Caller:
    """Talks to a stand-in as a client would; ``body`` is a request that is accepted."""

    def __init__(self, standin, http, video_uri):
        self.standin = standin
        self.http = http
        self.base_url = standin.base_url
        self.headers = {"Authorization": "Bearer sk-test", "X-Runway-Version": VERSION}
        self.body = {"model": "gen4_aleph", "promptText": "noir", "videoUri": video_uri}

    async def create(self, *, headers=None, **changes):
        """Return the status and the decoded answer; a change to ``...`` removes the key."""
        body = {key: value for key, value in (self.body | changes).items() if value is not ...}
        url = f"{self.base_url}/video_to_video"
        headers = self.headers | {"Content-Type": "application/json"} | (headers or {})
        data = io.BytesIO(json.dumps(body).encode())  # a data URI is too long for json=
        async with self.http.post(
            url, data=data, headers=headers, allow_redirects=False
        ) as response:
            return response.status, await self._decode(response)

    async def task_id(self, **changes):
        status, created = await self.create(**changes)
        assert status == 200, created
        return created["id"]

    async def poll(self, task_id, *, headers=None):
        url = f"{self.base_url}/tasks/{task_id}"
        async with self.http.get(
            url, headers=self.headers if headers is None else headers, allow_redirects=False
        ) as response:
            return response.status, await self._decode(response)

    async def finish(self, task_id, *, polls=20):
        """Poll until the bare task is over; return it and all statuses on the way."""
        seen = []
        for _ in range(polls):
            _, task = await self.poll(task_id)
            seen.append(task["status"])
            if task["status"] in {"SUCCEEDED", "FAILED", "CANCELLED"}:
                return task, seen
        raise AssertionError(seen)

    async def issues(self, **changes):
        """Return the issues of a create that must be refused as invalid."""
        status, answer = await self.create(**changes)
        assert status == 400, answer
        assert answer["error"] == "Validation of body failed"
        return answer["issues"]

    @staticmethod
    async def _decode(response):
        if response.content_type == "application/json" and (text := await response.text()):
            return await response.json() if text.rstrip().endswith("}") else text
        return await response.text()


@pytest.fixture
async def http():
    timeout = aiohttp.ClientTimeout(total=20)
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
        yield session


@pytest.fixture
def call(http, clip):
    """Open a stand-in and return a caller of it: ``async with call(shape="B") as caller``."""

    @asynccontextmanager
    async def open_standin(**options):
        async with StandIn(**({"restyles": False} | options)) as standin:
            yield Caller(standin, http, data_uri(clip))

    return open_standin


@pytest.fixture
async def host():
    """A web server whose answers a test writes: ``url = host("/a.mp4", handler)``."""
    handlers, seen = {}, []

    async def answer(request):
        seen.append((request.method, request.path, request.headers.get("User-Agent")))
        return await handlers[request.path](request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]

    def add(path, handler):
        handlers[path] = handler
        return f"http://127.0.0.1:{port}{path}"

    add.seen = seen
    yield add
    await runner.cleanup()


async def output_url(caller):
    return (await caller.finish(await caller.task_id()))[0]["output"][0]
