"""The local CometAPI told what to do: by a prompt, or by another process."""

import asyncio

import aiohttp
import pytest

from sandbox.cometapi import (
    serve,
)
from tests.media.corpus import Spec, write_clip
from tests.sandbox.conftest import data_uri


async def test_a_prompt_chooses_what_happens(call):
    async with call() as caller:
        task, _ = await caller.finish(
            await caller.task_id(promptText="noir [[fail:SAFETY.INPUT.VIDEO]]")
        )
        assert task["failureCode"] == "SAFETY.INPUT.VIDEO"
        assert (await caller.create(promptText="[[create:524]]"))[0] == 524
        task_id = await caller.task_id(promptText="[[poll:missing:2*2]] [[poll:500]] [[shape:C]]")
        assert [(await caller.poll(task_id))[0] for _ in range(3)] == [400, 400, 500]
        assert "action" in (await caller.poll(task_id))[1]
        task_id = await caller.task_id(promptText="[[seconds:0]] [[end:no-output]]")
        assert "output" not in (await caller.poll(task_id))[1]
        assert "no such marker" in (await caller.issues(promptText="[[nonsense]]"))[0]["message"]


async def control(caller, method="GET", **wishes):
    url = f"{caller.standin.origin}/_control"
    async with caller.http.request(method, url, json=wishes or None) as response:
        return response.status, await response.json() if response.status == 200 else None


async def test_another_process_sets_the_script_and_reads_the_counts(call):
    async with call() as caller:
        status, _ = await control(
            caller,
            "POST",
            create=["429:5"],
            task=[{"polls": ["THROTTLED", "RUNNING:40%"], "end": "fail:INTERNAL", "shape": "A"}],
            shape="B",
            task_seconds=0,
        )
        assert status == 200
        assert (await caller.create())[0] == 429
        task, seen = await caller.finish(await caller.task_id())
        assert seen == ["THROTTLED", "RUNNING", "FAILED"]
        _, state = await control(caller)
        assert state["refused"] == [429]
        assert state["tasks"] == {task["id"]: {"polls": 3, "downloads": 0}}
        (created,) = state["creates"]
        assert created["body"]["promptText"] == "noir"
        assert len(created["body"]["videoUri"]) < 60, "data URIs are cut"


async def test_an_outage_can_be_set_and_ended_from_outside(call):
    async with call() as caller:
        await control(caller, "POST", down="503")
        assert (await caller.create())[0] == 503
        await control(caller, "POST", down=None)
        assert (await caller.create())[0] == 200
        await control(caller, "POST", create=["500"], poll=["500"], output=["gone"])
        await control(caller, "DELETE")
        assert (await caller.create())[0] == 200


@pytest.mark.parametrize("wish", [{"create": ["wat"]}, {"poll": ["wat"]}, {"other": 1},
                                  {"output": ["wat"]}, {"task": [{"end": "wat"}]}])  # fmt: skip
async def test_a_wish_that_is_not_understood_changes_nothing(call, wish):
    async with call() as caller:
        assert (await control(caller, "POST", **({"shape": "C"} | wish)))[0] == 400
        assert caller.standin.shape == "A"


async def test_it_can_be_served_until_cancelled(http):
    ready = asyncio.Queue()
    server = asyncio.create_task(serve(0, on_ready=ready.put_nowait))
    standin = await ready.get()
    async with http.get(f"{standin.origin}/_control") as response:
        assert response.status == 200
    server.cancel()
    await asyncio.wait([server])
    with pytest.raises(aiohttp.ClientConnectorError):
        await http.get(f"{standin.origin}/_control")


async def test_it_stops_at_once_while_a_video_is_made(call, tmp_path):
    spec = Spec(name="much", size=(640, 360), fps=24, seconds=4, audio=None)
    clip = write_clip(spec, tmp_path / "much.mp4").read_bytes()
    loop = asyncio.get_running_loop()
    async with call(restyles=True) as caller:
        await caller.task_id(videoUri=data_uri(clip), promptText="oil")
        started = loop.time()
    assert loop.time() - started < 1.5
    assert not (await asyncio.to_thread(caller.standin._folder.exists))
