"""Runway's own client, unchanged, works against the stand-in."""

import av
import pytest
import runwayml
from runwayml.lib import polling

from sandbox.cometapi import Fail, StandIn, no_quota
from tests.sandbox.conftest import data_uri


@pytest.fixture(autouse=True)
def quick_polls(monkeypatch):
    """Let the client's wait be short; it has no argument for its pace."""
    monkeypatch.setattr(polling, "POLL_TIME", 0.02)
    monkeypatch.setattr(polling, "POLL_JITTER", 0)


@pytest.fixture(params=["", "/runwayml"], ids=["runway", "gateway"])
async def client(request):
    async with (
        StandIn() as standin,
        runwayml.AsyncRunwayML(
            api_key="key_test", base_url=standin.origin + request.param, max_retries=0
        ) as client,
    ):
        yield client, standin


async def test_the_official_client_creates_waits_and_gets_a_restyled_video(
    client, clip, http, tmp_path
):
    runway, standin = client
    created = await runway.video_to_video.create(
        model="aleph2", video_uri=data_uri(clip), prompt_text="as film noir", seed=7
    )
    assert [one.task_id for one in standin.creates] == [created.id]
    assert (await runway.tasks.retrieve(created.id)).status == "PENDING"
    task = await created.wait_for_task_output(timeout=60)
    assert task.cost.credits == 56
    async with http.get(task.output[0]) as response:
        (tmp_path / "output.mp4").write_bytes(await response.read())
    with av.open(str(tmp_path / "output.mp4")) as video:
        assert sum(1 for _ in video.decode(video=0)) == 20


async def test_the_official_client_understands_failures_and_refusals(client, clip):
    runway, standin = client
    request = {"model": "aleph2", "video_uri": data_uri(clip), "prompt_text": "noir"}
    standin.script.end(Fail("SAFETY.INPUT.VIDEO"))
    created = await runway.video_to_video.create(**request)
    with pytest.raises(polling.TaskFailedError) as failure:
        await created.wait_for_task_output(timeout=60)
    assert failure.value.task_details.failure_code == "SAFETY.INPUT.VIDEO"
    standin.script.create(no_quota())
    with pytest.raises(runwayml.PermissionDeniedError):
        await runway.video_to_video.create(**request)
    with pytest.raises(runwayml.BadRequestError):
        await runway.video_to_video.create(**request, extra_body={"surprise": 1})


async def test_the_official_client_cancels_under_runways_own_paths(clip):
    async with (
        StandIn() as standin,
        runwayml.AsyncRunwayML(api_key="key_test", base_url=standin.origin) as runway,
    ):
        created = await runway.video_to_video.create(model="aleph2", video_uri=data_uri(clip))
        await runway.tasks.delete(created.id)
        with pytest.raises(runwayml.NotFoundError):
            await runway.tasks.retrieve(created.id)
