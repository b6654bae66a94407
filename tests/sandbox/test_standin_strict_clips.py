"""A strict stand-in takes no clip that any copy of the documentation would have refused."""

import pytest
from aiohttp import web

from tests.media.corpus import BY_NAME, Spec, write_clip
from tests.media.damage import Clips
from tests.sandbox.conftest import data_uri

STRICT = {"strict": True, "allow_loopback": True}
LENIENT = {"allow_loopback": True}


@pytest.fixture(scope="session")
def clips(tmp_path_factory):
    return Clips(tmp_path_factory.mktemp("corpus"))


@pytest.fixture
def make(tmp_path):
    """Make a clip that is not in the corpus: ``make(fps=31)``."""

    def make(**how):
        return write_clip(Spec(**{"name": "made", "audio": None} | how), tmp_path / "made")

    return lambda **how: make(**how).read_bytes()


def serve(data, content_type="video/mp4", *, head=None):
    async def answer(request):
        body = data if head is None or request.method == "GET" else head
        return web.Response(body=body, headers={"Content-Type": content_type})

    return answer


async def reason(caller, uri, **changes):
    (issue,) = await caller.issues(videoUri=uri, **changes)
    assert issue["path"] == ["videoUri"]
    return issue["message"]


async def end_of(caller, **changes):
    task, _ = await caller.finish(await caller.task_id(**changes))
    return task["status"], task.get("failureCode")


@pytest.mark.parametrize(
    "name", ["h264", "hevc", "mp4-av1", "prores", "webm-vp8", "webm-vp9", "ogv-theora"]
)
@pytest.mark.parametrize("model", ["gen4_aleph", "aleph2"])
async def test_a_clip_that_keeps_every_rule_is_restyled(call, host, clips, name, model):
    uri = host("/a", serve(clips(name), BY_NAME[name].served_as))
    async with call(**STRICT) as caller:
        assert await end_of(caller, videoUri=uri, model=model) == ("SUCCEEDED", None)


async def test_a_clip_inside_the_request_is_looked_at_as_strictly(call, clips):
    async with call(**STRICT) as caller:
        assert await end_of(caller, videoUri=data_uri(clips("silent"))) == ("SUCCEEDED", None)
        text = await reason(caller, data_uri(clips("webm-vp8")))
        assert text == "Unsupported asset type. The asset is not video/mp4."


@pytest.mark.parametrize(
    ("name", "served_as"),
    [
        ("mkv-h264", "video/x-matroska"),  # named by the newest copies only
        ("3gp-h264", "video/3gpp"),
        ("avi-mpeg4", "video/mp4"),
        ("ts-h264", "video/mp4"),
        ("flv", "video/mp4"),
        ("gif", "video/mp4"),
        ("webm-vp9", "video/mp4"),
        ("h264", "video/webm"),
        ("mp4-mpeg4", "video/mp4"),
        ("mov-mjpeg", "video/quicktime"),
        ("mov-animation", "video/quicktime"),
    ],
)
async def test_types_containers_and_codecs_are_those_that_every_copy_names(
    call, host, clips, name, served_as
):
    async with call(**STRICT) as caller:
        uri = host("/a", serve(clips(name), served_as))
        assert (await reason(caller, uri)).startswith("Unsupported asset type.")
        assert caller.standin.creates == []


@pytest.mark.parametrize("options", [STRICT, LENIENT], ids=["strict", "lenient"])
@pytest.mark.parametrize("begin", [0.4, 0.8])
async def test_a_clip_with_broken_frames_gets_past_a_lenient_look_only(
    call, host, clips, options, begin
):
    data = bytearray(clips("cut-by-edit-list"))
    at = data.index(b"mdat") + int(4000 * begin)
    data[at : at + 500] = bytes(range(250)) * 2
    async with call(**options) as caller:
        status, _ = await caller.create(videoUri=host("/a", serve(bytes(data))))
        assert status == (400 if options is STRICT else 200)


async def test_head_and_get_have_to_agree(call, host, clips):
    clip = clips("silent")
    async with call(**STRICT) as caller:
        uri = host("/a", serve(clip, head=clip + b"."))
        assert "HEAD and GET do not agree" in await reason(caller, uri)


async def test_the_largest_clip_depends_on_the_model(call, host, clips):
    clip = clips("silent")
    uri = host("/a", serve(clip + bytes(16 * 1024 * 1024 - len(clip))))
    async with call(**STRICT) as caller:
        assert "size exceeds 16.0MB" in await reason(caller, uri)
        assert (await caller.create(videoUri=uri, model="aleph2"))[0] == 200


@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(1.9, False), (2, True), (30, True), (30.1, False)]
)
async def test_the_length_has_no_tolerance(call, host, make, seconds, is_taken):
    uri = host("/a", serve(make(seconds=seconds, fps=10, size=(64, 64))))
    async with call(**STRICT) as caller:
        status, _ = await caller.create(videoUri=uri, model="aleph2")
        assert (status == 200) is is_taken
    async with call(**LENIENT) as caller:
        assert (await caller.create(videoUri=uri, model="aleph2"))[0] == 200


@pytest.mark.parametrize(
    "how",
    [{"fps": 31}, {"size": (1930, 16)}, {"size": (16, 1930)}, {"size": (1090, 1100)}],
    ids=str,
)
async def test_a_clip_too_fast_or_too_large_makes_the_task_fail_after_it_was_paid(
    call, host, make, how
):
    uri = host("/a", serve(make(seconds=2, **how)))
    async with call(**STRICT) as caller:
        assert await end_of(caller, videoUri=uri, model="aleph2") == ("FAILED", "ASSET.INVALID")
        assert await end_of(caller, videoUri=uri) == ("SUCCEEDED", None)  # of gen4_aleph
