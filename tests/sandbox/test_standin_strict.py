"""The stand-in refuses what CometAPI and Runway refuse, and nothing else."""

import pytest

from sandbox.sample import encode
from sandbox.standin.rules import utf16_units
from tests.sandbox.conftest import data_uri


def paths(issues):
    return [issue["path"] for issue in issues]


async def test_a_plain_request_is_accepted_and_counted(call):
    async with call() as caller:
        status, answer = await caller.create()
        assert status == 200
        assert list(answer) == ["id"]
        (created,) = caller.standin.creates
        assert created.task_id == answer["id"]
        assert created.body["promptText"] == "noir"


async def test_every_documented_key_is_accepted(call, png):
    async with call() as caller:
        status, answer = await caller.create(
            seed=4294967295,
            ratio="1280:720",
            references=[{"type": "image", "uri": png}],
            contentModeration={"publicFigureThreshold": "low"},
        )
        assert status == 200, answer


@pytest.fixture
def png():
    import io

    from PIL import Image

    target = io.BytesIO()
    Image.new("RGB", (32, 24), "red").save(target, "PNG")
    return data_uri(target.getvalue(), "image/png")


@pytest.mark.parametrize("header", ["", "Bearer ", "Basic sk-test", "sk-test"])
async def test_a_missing_or_malformed_key_is_refused(call, header):
    async with call() as caller:
        status, answer = await caller.create(headers={"Authorization": header})
        assert status == 401
        assert answer["error"]["type"] == "comet_api_error"
        assert "(request id: " in answer["error"]["message"]
        assert caller.standin.creates == []
        status, _ = await caller.poll("x", headers={"Authorization": header})
        assert status == 401


async def test_only_the_configured_key_is_taken(call):
    async with call(api_key="sk-right") as caller:
        assert (await caller.create())[0] == 401
        assert (await caller.create(headers={"Authorization": "Bearer sk-right"}))[0] == 200


async def test_the_version_is_required_to_create_but_not_to_poll(call):
    async with call() as caller:
        assert (await caller.create(headers={"X-Runway-Version": ""}))[0] == 400
        task_id = await caller.task_id()
        status, _ = await caller.poll(task_id, headers={"Authorization": "Bearer sk-test"})
        assert status == 200


async def test_the_body_must_be_said_to_be_json_and_be_json(call):
    async with call() as caller:
        url = f"{caller.base_url}/video_to_video"
        for content_type, body in (
            ("text/plain", b"{}"),
            ("application/json", b"{"),
            ("application/json", b"[]"),
        ):
            headers = caller.headers | {"Content-Type": content_type}
            async with caller.http.post(url, data=body, headers=headers) as response:
                assert response.status == 400


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"surprise": 1}, []),
        ({"keyframes": []}, []),
        ({"videoUri": ...}, ["videoUri"]),
        ({"promptText": ...}, ["promptText"]),
        ({"promptText": ""}, ["promptText"]),
        ({"promptText": 5}, ["promptText"]),
        ({"promptText": "x" * 1001}, ["promptText"]),
        ({"promptText": "🎬" * 501}, ["promptText"]),
        ({"seed": -1}, ["seed"]),
        ({"seed": 4294967296}, ["seed"]),
        ({"seed": 1.5}, ["seed"]),
        ({"seed": True}, ["seed"]),
        ({"seed": None}, ["seed"]),
        ({"ratio": "16:9"}, ["ratio"]),
        ({"contentModeration": {"publicFigureThreshold": "high"}},
         ["contentModeration", "publicFigureThreshold"]),
        ({"contentModeration": {"other": "low"}}, ["contentModeration"]),
        ({"references": [{"type": "image", "uri": "https://a.example/b"}] * 2}, ["references"]),
        ({"references": [{"uri": "https://a.example/b"}]}, ["references", 0, "type"]),
        ({"references": [{"type": "video", "uri": "https://a.example/b"}]},
         ["references", 0, "type"]),
        ({"model": ...}, ["model"]),
    ],
)  # fmt: skip
async def test_a_body_that_gen4_aleph_does_not_take_is_refused(call, changes, path):
    async with call() as caller:
        assert path in paths(await caller.issues(**changes))
        assert caller.standin.creates == []
        assert [refused.status for refused in caller.standin.refused] == [400]


async def test_prompts_of_1000_utf16_units_pass(call):
    assert utf16_units("🎬") == 2
    async with call() as caller:
        assert (await caller.create(promptText="🎬" * 500))[0] == 200


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"references": []}, []),
        ({"promptImage": []}, []),
        ({"promptText": ""}, ["promptText"]),
        ({"keyframes": [{"uri": "https://a.example/b", "seconds": 0}] * 6}, ["keyframes"]),
        ({"keyframes": [{"uri": "https://a.example/b"}]}, ["keyframes", 0]),
        ({"keyframes": [{"uri": "https://a.example/b", "at": 2}]}, ["keyframes", 0, "at"]),
        ({"keyframes": [{"uri": "u", "at": 0, "range": {"startSeconds": 0}}]},
         ["keyframes", 0, "range", "endSeconds"]),
        ({"targetAspectRatio": "5:4"}, ["targetAspectRatio"]),
        ({"outputFormat": "gif"}, ["outputFormat"]),
    ],
)  # fmt: skip
async def test_a_body_that_aleph2_does_not_take_is_refused(call, changes, path):
    async with call() as caller:
        assert path in paths(await caller.issues(model="aleph2", **changes))


async def test_aleph2_takes_keyframes_and_no_prompt(call, png):
    async with call() as caller:
        keyframes = [{"uri": png, "seconds": 0}, {"uri": png, "at": 1}]
        status, answer = await caller.create(
            model="aleph2", keyframes=keyframes, promptText=..., targetAspectRatio="16:9"
        )
        assert status == 200, answer


async def test_a_model_that_is_not_served_gets_the_gateways_503_or_runways_400(call):
    async with call(models=["aleph2"]) as caller:
        status, answer = await caller.create()
        assert status == 503
        assert answer["error"]["code"] == "model_not_found"
        caller.base_url = caller.standin.direct_url
        (issue,) = await caller.issues()
        assert issue["note"] == "No matching discriminator"


async def test_reasons_can_be_masked_as_the_gateway_does(call):
    async with call(masks_reasons=True) as caller:
        status, answer = await caller.create(seed=-1)
        assert status == 400
        assert answer["code"] == "fail_to_fetch_task"
        assert "seed" not in str(answer)


@pytest.fixture
def make_clip(tmp_path):
    from PIL import Image

    def make(seconds, fps, size=(32, 24)):
        picture = Image.new("RGB", size, "navy")
        encode([picture] * round(seconds * fps), tmp_path / "made.mp4", fps=fps, crf=40)
        return data_uri((tmp_path / "made.mp4").read_bytes())

    return make


@pytest.mark.parametrize(("seconds", "passes"), [(1, False), (2, True), (30, True), (31, False)])
async def test_aleph2_takes_clips_of_2_to_30_seconds(call, make_clip, seconds, passes):
    async with call() as caller:
        status, answer = await caller.create(model="aleph2", videoUri=make_clip(seconds, 4))
        assert (status == 200) is passes
        if not passes:
            assert "Asset duration must be at" in answer["issues"][0]["message"]


async def test_gen4_aleph_takes_long_clips_and_charges_five_seconds(call, make_clip):
    async with call() as caller:
        caller.base_url = caller.standin.direct_url
        status, answer = await caller.create(videoUri=make_clip(40, 2))
        assert (status, answer["estimatedCost"]) == (200, {"credits": 75})


async def test_a_clip_too_fast_for_the_model_fails_as_an_invalid_asset(call, make_clip):
    async with call() as caller:
        task_id = await caller.task_id(model="aleph2", videoUri=make_clip(2, 60))
        task, _ = await caller.finish(task_id)
        assert (task["status"], task["failureCode"]) == ("FAILED", "ASSET.INVALID")


async def test_wrong_paths_are_redirected_and_lead_to_a_web_page(call):
    async with call() as caller:
        url = f"{caller.standin.origin}/v2/video_to_video"
        async with caller.http.post(url, allow_redirects=False) as response:
            assert response.status == 301
        async with caller.http.post(url) as response:
            assert response.content_type == "text/html"


async def test_delete_is_refused_by_the_gateway_unless_asked_for_and_served_by_runway(call):
    async with call() as caller:
        task_id = await caller.task_id()

        async def delete(base_url):
            url = f"{base_url}/tasks/{task_id}"
            async with caller.http.delete(url, headers=caller.headers) as response:
                return response.status

        assert await delete(caller.standin.base_url) == 405
        assert await delete(caller.standin.direct_url) == 204
        assert await delete(caller.standin.direct_url) == 404
        assert (await caller.poll(task_id))[0] == 400
    async with call(can_delete=True) as caller:
        task_id = await caller.task_id()
        assert await delete(caller.standin.base_url) == 204
