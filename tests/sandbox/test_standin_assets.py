"""The stand-in fetches clips as Runway does, and says Runway's words when it does not take one."""

import asyncio

import pytest
from aiohttp import web

from bot.cometapi.models import MAX_DATA_URI_BYTES
from sandbox.cdn import CDN_HOST, serve_cdn
from sandbox.standin.assets import AssetLimits
from tests.sandbox.conftest import data_uri


async def reason(caller, uri):
    (issue,) = await caller.issues(videoUri=uri)
    assert issue["path"] == ["videoUri"]
    return issue["message"]


def serve(data, content_type="video/mp4"):
    async def answer(_):
        return web.Response(body=data, headers={"Content-Type": content_type})

    return answer


async def test_a_clip_is_asked_for_by_head_and_fetched_by_get_as_runway_names_itself(
    call, host, clip
):
    async with call(allow_loopback=True) as caller:
        await caller.task_id(videoUri=host("/a", serve(clip)))
    agent = "RunwayML API/1.0"
    assert host.seen == [("HEAD", "/a", agent), ("GET", "/a", agent)]


@pytest.mark.parametrize(
    ("uri", "text"),
    [
        ("http://cdn.example.com/a.mp4", "Only HTTPS URLs are allowed."),
        ("ftp://cdn.example.com/a.mp4", "Only HTTPS URLs are allowed."),
        ("https://192.0.2.1/a.mp4", "URLs must be hosted on a domain."),
        ("https://localhost/a.mp4", "URLs must be hosted on a domain."),
        ("not an address", "Invalid URL"),
        ("https://cdn.example.com/" + "a" * 2048, "Invalid URL"),
        ("data:video/mp4,abc", "Invalid data URI."),
        ("data:video/mp4;base64,a?b", "Invalid data URI."),
        ("data:video/mp4;base64,", "Invalid data URI."),
        ("data:application/octet-stream;base64,AAAA", "Unsupported asset type."),
        ("data:video/mp4;base64,AAAA", "Unsupported asset type."),
    ],
)
async def test_an_address_that_runway_does_not_take_is_refused_in_its_words(call, uri, text):
    async with call() as caller:
        assert (await reason(caller, uri)).startswith(text)


async def test_a_data_uri_may_have_five_million_characters(call, clip):
    async with call() as caller:
        padded = clip + bytes(3_749_982 - len(clip))
        assert len(data_uri(padded)) <= 5_000_000 < len(data_uri(padded + bytes(3)))
        assert (await caller.create(videoUri=data_uri(padded)))[0] == 200
        assert "size exceeds" in await reason(caller, data_uri(padded + bytes(3)))


async def test_what_the_bot_sends_along_at_most_is_taken(call, clip):
    async with call() as caller:
        padded = clip + bytes(MAX_DATA_URI_BYTES - len(clip))
        assert (await caller.create(videoUri=data_uri(padded)))[0] == 200


@pytest.mark.parametrize("methods", [{"HEAD", "GET"}, {"GET"}])
async def test_redirects_are_not_followed(call, host, clip, methods):
    async def redirect(request):
        if request.method in methods:
            raise web.HTTPFound("/real")
        return await serve(clip)(request)

    host("/real", serve(clip))
    async with call(allow_loopback=True) as caller:
        assert '"302"' in await reason(caller, host("/a", redirect))


async def test_a_server_that_does_not_answer_head_is_refused(call, host, clip):
    async def get_only(request):
        return web.Response(status=405) if request.method == "HEAD" else await serve(clip)(request)

    async with call(allow_loopback=True) as caller:
        assert '"405"' in await reason(caller, host("/a", get_only))


@pytest.mark.parametrize("kind", ["application/octet-stream", "text/html", "image/png"])
async def test_a_generic_or_wrong_media_type_is_refused(call, host, clip, kind):
    async with call(allow_loopback=True) as caller:
        assert "Unsupported asset type" in await reason(caller, host("/a", serve(clip, kind)))


async def test_a_clip_without_a_length_is_refused(call, host, clip):
    async def chunked(request):
        response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
        response.enable_chunked_encoding()
        await response.prepare(request)
        if request.method == "GET":
            await response.write(clip)
        return response

    async with call(allow_loopback=True) as caller:
        assert "Content-Length" in await reason(caller, host("/a", chunked))


async def test_a_clip_that_is_too_large_is_refused(call, host, clip):
    limits = AssetLimits(allow_loopback=True, max_video_bytes=len(clip) - 1)
    async with call(limits=limits) as caller:
        assert "size exceeds" in await reason(caller, host("/a", serve(clip)))


async def test_a_slow_server_is_given_up(call, host):
    async def slow(_):
        await asyncio.Event().wait()

    limits = AssetLimits(allow_loopback=True, fetch_seconds=0.1)
    async with call(limits=limits) as caller:
        assert await reason(caller, host("/a", slow)) == "Timeout while fetching asset."


async def test_a_server_that_is_down_is_named_so(call):
    async with call(allow_loopback=True) as caller:
        text = await reason(caller, "http://127.0.0.1:1/a.mp4")
        assert "the server hosting the asset may be down" in text


async def test_what_is_no_video_is_refused_whatever_its_type_says(call, host, clip):
    import io

    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (32, 32)).save(picture, "JPEG")
    async with call(allow_loopback=True) as caller:
        for index, data in enumerate((b"nonsense" * 99, clip[:900], picture.getvalue())):
            uri = host(f"/{index}", serve(data))
            assert "Unsupported asset type" in await reason(caller, uri)


async def test_a_reference_image_is_fetched_and_named_when_it_is_refused(call, host, clip):
    async with call(allow_loopback=True) as caller:
        gif = host("/a.gif", serve(b"GIF89a", "image/gif"))
        (issue,) = await caller.issues(references=[{"type": "image", "uri": gif}])
        assert issue["path"] == ["references", 0, "uri"]


async def test_attachments_of_the_simulated_discord_are_reached_through_its_cdn(call, clip):
    url = f"https://{CDN_HOST}/attachments/1/2/clip.mp4"
    async with (
        serve_cdn({url: clip}.get) as middleware,
        call(middlewares=[middleware]) as caller,
    ):
        assert (await caller.create(videoUri=url))[0] == 200
        other = f"https://{CDN_HOST}/attachments/1/2/other.mp4"
        assert '"404"' in await reason(caller, other)


async def test_nothing_is_fetched_when_asset_checks_are_off(call):
    async with call(check_assets=False) as caller:
        task_id = await caller.task_id(videoUri="https://cdn.discordapp.com/nowhere.mp4")
        task, _ = await caller.finish(task_id)
        assert task["status"] == "SUCCEEDED"
