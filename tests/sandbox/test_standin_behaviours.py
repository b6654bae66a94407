"""Everything that can go wrong with CometAPI, on command."""

import asyncio

import aiohttp
import pytest

from sandbox.cometapi import (
    Accept,
    Cancel,
    Close,
    Fail,
    Fate,
    Hang,
    Lag,
    Missing,
    OutputFault,
    Report,
    Stay,
    Succeed,
    empty_body,
    html_page,
    model_not_found,
    moved,
    no_credits,
    no_quota,
    rate_limited,
    server_error,
    truncated,
)
from tests.sandbox.conftest import output_url


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


async def test_a_task_ends_after_two_polls_by_default(call):
    async with call() as caller:
        task, seen = await caller.finish(await caller.task_id())
        assert seen == ["PENDING", "RUNNING", "SUCCEEDED"]
        assert task["output"][0].startswith(caller.standin.origin)
        assert task["createdAt"].endswith("Z")
        assert caller.standin.tasks[task["id"]].polls == 3


async def test_a_timed_task_follows_the_clock(call):
    clock = Clock()
    async with call(task_seconds=100, clock=clock) as caller:
        task_id = await caller.task_id()
        assert (await caller.poll(task_id))[1]["status"] == "PENDING"
        clock.now += 50
        assert (await caller.poll(task_id))[1]["progress"] == pytest.approx(0.41)
        clock.now += 50
        assert (await caller.poll(task_id))[1]["status"] == "SUCCEEDED"


# creates


async def test_a_create_can_carry_its_cost_or_no_id_at_all(call):
    async with call() as caller:
        caller.standin.script.create(Accept(with_cost=True), Accept(with_id=False))
        assert (await caller.create())[1]["estimatedCost"] == {"credits": 30}
        assert await caller.create() == (200, {})
        assert len(caller.standin.creates) == 2


@pytest.mark.parametrize("behaviour", [Hang(), Hang(accepted=False)])
async def test_a_create_can_hang(call, behaviour):
    async with call() as caller:
        caller.standin.script.create(behaviour)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await caller.create()
        assert len(caller.standin.creates) == behaviour.accepted


async def test_a_hanging_create_is_accepted_while_it_hangs(call):
    async with call() as caller:
        caller.standin.script.create(Hang())
        request = asyncio.create_task(caller.create())
        await caller.standin.wait_for_creates(1)
        assert not request.done()
        request.cancel()
        await asyncio.wait([request])


async def test_a_create_can_be_cut_off_after_it_was_accepted(call):
    async with call() as caller:
        caller.standin.script.create(Close())
        with pytest.raises(aiohttp.ClientError):
            await caller.create()
        (created,) = caller.standin.creates
        assert (await caller.poll(created.task_id))[1]["status"] == "PENDING"


@pytest.mark.parametrize(
    ("behaviour", "status", "text", "accepted"),
    [
        (server_error(accepted=True), 500, "do_request_failed", True),
        (server_error(524), 524, "<!DOCTYPE html>", False),
        (rate_limited(), 429, "upstream_saturated", False),
        (no_quota(), 403, "quota_not_enough", False),
        (no_credits(), 400, "enough credits", False),
        (model_not_found(), 503, "model_not_found", False),
    ],
)
async def test_a_create_can_go_wrong(call, behaviour, status, text, accepted):
    async with call() as caller:
        caller.standin.script.create(behaviour)
        answered, body = await caller.create()
        assert answered == status
        assert text in str(body)
        assert len(caller.standin.creates) == accepted
        assert (await caller.create())[0] == 200, "the script is used up"


async def test_a_429_names_a_pause_only_when_told_to(call):
    async with call() as caller:
        caller.standin.script.create(rate_limited(7), rate_limited())
        url = f"{caller.base_url}/video_to_video"
        pauses = []
        for _ in range(2):
            async with caller.http.post(url, json=caller.body, headers=caller.headers) as response:
                pauses.append(response.headers.get("Retry-After"))
        assert pauses == ["7", None]


async def test_a_scripted_acceptance_waits_for_a_create_that_is_accepted(call):
    async with call() as caller:
        caller.standin.script.create(Accept(with_id=False))
        assert (await caller.create(seed=-1))[0] == 400
        assert await caller.create() == (200, {})


async def test_an_outage_lasts_until_it_is_ended(call):
    async with call() as caller:
        task_id = await caller.task_id()
        caller.standin.script.down = server_error(503)
        for _ in range(2):
            assert (await caller.poll(task_id))[0] == 503
            assert (await caller.create())[0] == 503
        caller.standin.script.down = None
        assert (await caller.poll(task_id))[0] == 200
        assert len(caller.standin.creates) == 1


# polls


async def test_a_task_can_be_invisible_at_first_in_each_form(call):
    async with call() as caller:
        caller.standin.script.task(Fate(polls=(Missing(1), Missing(2), Missing(3))))
        task_id = await caller.task_id()
        body = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
        assert await caller.poll(task_id) == (400, body)
        assert await caller.poll(task_id) == (400, {"message": "task_not_exist"})
        assert await caller.poll(task_id) == (200, {"status": "task_not_exist"})
        assert (await caller.poll(task_id))[1]["status"] == "PENDING"


async def test_a_task_that_never_was_is_missing(call):
    async with call() as caller:
        assert (await caller.poll("unknown"))[1]["code"] == "task_not_exist"
        caller.base_url = caller.standin.direct_url
        assert await caller.poll("unknown") == (404, {"error": "Could not find Task"})


async def test_a_task_can_be_held_back_and_report_progress_as_text(call):
    async with call(steps=()) as caller:
        polls = (
            Report("PENDING"),
            Report("THROTTLED"),
            Report("PENDING"),
            Report("RUNNING", "30%"),
        )
        caller.standin.script.task(Fate(polls=polls))
        task_id = await caller.task_id()
        found = [(await caller.poll(task_id))[1] for _ in range(5)]
        statuses = [task["status"] for task in found]
        assert statuses == ["PENDING", "THROTTLED", "PENDING", "RUNNING", "SUCCEEDED"]
        assert found[3]["progress"] == "30%"


@pytest.mark.parametrize(
    ("behaviour", "status", "text"),
    [
        *((server_error(code), code, "") for code in (500, 502, 503, 504, 524)),
        (rate_limited(3), 429, "upstream_saturated"),
        (html_page(), 200, "<!DOCTYPE html>"),
        (truncated(), 200, '{"id":'),
        (empty_body(), 200, ""),
        (moved(), 301, ""),
    ],
)
async def test_a_poll_can_go_wrong_once(call, behaviour, status, text):
    async with call() as caller:
        task_id = await caller.task_id()
        caller.standin.script.poll(behaviour)
        answered, body = await caller.poll(task_id)
        assert answered == status
        assert text in str(body)
        assert (await caller.poll(task_id))[1]["status"] == "PENDING"


async def test_a_poll_can_be_cut_off_or_hang(call):
    async with call() as caller:
        task_id = await caller.task_id()
        caller.standin.script.poll(Close(), Close(), Hang())  # aiohttp asks once more by itself
        with pytest.raises(aiohttp.ClientError):
            await caller.poll(task_id)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await caller.poll(task_id)


# shapes


async def last_poll(caller, fate=None, polls=3):
    caller.standin.script.task(fate or Fate())
    task_id = await caller.task_id()
    for _ in range(polls):
        _, body = await caller.poll(task_id)
    return body


async def test_shape_b_wraps_the_task(call):
    async with call(shape="B") as caller:
        first = await last_poll(caller, polls=1)
        assert (first["code"], first["message"]) == ("success", "")
        outer = first["data"]
        assert (outer["status"], outer["progress"], outer["finish_time"]) == ("QUEUED", "20%", 0)
        assert outer["data"]["status"] == "PENDING"
        assert outer["data"]["createdAt"].endswith("+08:00")
        running = (await last_poll(caller, polls=2))["data"]
        assert (running["status"], running["progress"]) == ("IN_PROGRESS", "50%")
        last = (await last_poll(caller))["data"]
        assert (last["status"], last["data"]["status"]) == ("SUCCESS", "SUCCEEDED")
        assert last["data"]["output"] == [last["result_url"]]


async def test_shape_c_has_no_envelope(call):
    async with call(shape="C") as caller:
        last = await last_poll(caller)
        assert "code" not in last
        assert (last["status"], last["data"]["status"]) == ("SUCCESS", "SUCCEEDED")


async def test_a_task_can_have_a_shape_of_its_own_but_not_under_runways_paths(call):
    async with call() as caller:
        assert "task_id" in await last_poll(caller, Fate(shape="C"))
        caller.base_url = caller.standin.direct_url
        assert "task_id" not in await last_poll(caller, Fate(shape="C"))


async def test_either_half_of_a_wrapper_can_lag(call):
    async with call(shape="B") as caller:
        outer = (await last_poll(caller, Fate(lag=Lag.OUTER)))["data"]
        assert (outer["status"], outer["data"]["status"]) == ("IN_PROGRESS", "SUCCEEDED")
        assert outer["data"]["output"]
        outer = (await last_poll(caller, Fate(lag=Lag.INNER)))["data"]
        assert (outer["status"], outer["data"]["status"]) == ("SUCCESS", "RUNNING")
        assert "output" not in outer["data"]
        assert outer["result_url"]


# ends


async def test_success_can_lack_the_video_or_hide_it_in_the_reason(call):
    async with call(shape="B") as caller:
        outer = (await last_poll(caller, Fate(end=Succeed(with_output=False))))["data"]
        assert outer["status"] == "SUCCESS"
        assert "http" not in str(outer)
        outer = (await last_poll(caller, Fate(end=Succeed(url_in_reason=True))))["data"]
        assert outer["fail_reason"].startswith("http")
        assert "output" not in outer["data"]
        assert "result_url" not in outer


@pytest.mark.parametrize(
    ("code", "charged"),
    [
        ("SAFETY.INPUT.TEXT", True),
        ("SAFETY.INPUT.VIDEO", True),
        ("SAFETY.OUTPUT.VIDEO", True),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", False),
        ("INPUT_PREPROCESSING.INTERNAL", False),
        ("INTERNAL.BAD_OUTPUT.CODE01", False),
        ("ASSET.INVALID", False),
        ("THIRD_PARTY.UNAVAILABLE", False),
        ("INTERNAL", False),
        (None, False),
    ],
)
async def test_a_task_can_fail_with_each_code(call, code, charged):
    async with call() as caller:
        task = await last_poll(caller, Fate(end=Fail(code)))
        assert task["status"] == "FAILED"
        assert task.get("failureCode", None) == code
        assert task["failure"]
        assert task["cost"] == {"credits": 30 if charged else 0}


async def test_a_task_can_be_cancelled_or_get_stuck(call):
    async with call() as caller:
        caller.standin.script.end(Cancel(), Stay("PAUSED"))
        assert (await caller.finish(await caller.task_id()))[0]["cost"] == {"credits": 0}
        task_id = await caller.task_id()
        statuses = [(await caller.poll(task_id))[1]["status"] for _ in range(5)]
        assert statuses == ["PENDING", "RUNNING", "PAUSED", "PAUSED", "PAUSED"]


# outputs


@pytest.fixture
def fetch(http):
    async def fetch_output(caller, url):
        async with http.get(url, allow_redirects=False) as response:
            return response, await response.read()

    return fetch_output


async def test_an_output_is_a_video_whose_address_lives_for_a_day(call, fetch, clip):
    clock = Clock()
    async with call(clock=clock) as caller:
        url = await output_url(caller)
        response, data = await fetch(caller, url)
        assert (response.status, response.content_type) == (200, "video/mp4")
        assert int(response.headers["Content-Length"]) == len(data)
        assert data == clip
        clock.now += 24 * 3600 + 1
        assert (await fetch(caller, url))[0].status == 403
        task_id = caller.standin.creates[0].task_id
        fresh = (await caller.poll(task_id))[1]["output"][0]
        assert (await fetch(caller, fresh))[0].status == 200
        assert (await fetch(caller, fresh.replace("_jwt=", "_jwt=9")))[0].status == 403
        assert (await fetch(caller, url.partition("?")[0]))[0].status == 403


async def test_a_wrapped_task_repeats_its_first_output_address(call):
    clock = Clock()
    async with call(shape="B", clock=clock) as caller:
        task_id = (await last_poll(caller))["data"]["task_id"]
        _, first = await caller.poll(task_id)
        clock.now += 3600
        assert (await caller.poll(task_id))[1] == first


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (OutputFault.EXPIRED, 403),
        (OutputFault.GONE, 404),
        (OutputFault.ERROR, 500),
        (OutputFault.REDIRECT, 302),
    ],
)
async def test_an_output_can_be_refused_once_or_always(call, fetch, fault, status):
    async with call() as caller:
        url = await output_url(caller)
        caller.standin.script.output(fault)
        assert (await fetch(caller, url))[0].status == status
        assert (await fetch(caller, url))[0].status == 200
        caller.standin.script.task(Fate(output=fault))
        url = await output_url(caller)
        for _ in range(2):
            assert (await fetch(caller, url))[0].status == status


async def test_an_output_can_have_a_wrong_type_or_no_length(call, fetch, clip):
    async with call() as caller:
        url = await output_url(caller)
        caller.standin.script.output(OutputFault.WRONG_TYPE, OutputFault.NO_LENGTH)
        response, data = await fetch(caller, url)
        assert (response.content_type, data) == ("text/html", clip)
        response, data = await fetch(caller, url)
        assert "Content-Length" not in response.headers
        assert data == clip


async def test_an_output_can_break_off_or_stall(call, http, clip):
    async with call() as caller:
        url = await output_url(caller)
        caller.standin.script.output(OutputFault.CUT, OutputFault.STALLED)
        async with http.get(url) as response:
            assert response.content_length == len(clip)
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()
        async with http.get(url) as response:
            assert await response.content.readexactly(len(clip) // 2)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await response.content.read(1)


@pytest.mark.parametrize("fault", [OutputFault.TOO_LARGE, OutputFault.ENDLESS])
async def test_an_output_can_be_far_too_large(call, http, fault):
    async with call() as caller:
        url = await output_url(caller)
        caller.standin.script.output(fault)
        async with http.get(url) as response:
            assert response.content_length == (4 * 1024**3 if "large" in fault else None)
            assert len(await response.content.readexactly(2_000_000)) == 2_000_000


async def test_a_key_sent_to_an_output_is_noticed(call, http):
    async with call() as caller:
        url = await output_url(caller)
        for headers in ({}, {"Authorization": "Bearer sk-test"}):
            async with http.get(url, headers=headers):
                pass
        assert [download.had_key for download in caller.standin.downloads] == [False, True]
