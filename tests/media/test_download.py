"""Downloads, against real servers on loopback."""

import asyncio
import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from bot.errors import (
    MediaRefusedError,
    MediaStorageError,
    MediaTooLargeError,
    MediaUnreachableError,
)
from bot.media.download import Downloader, DownloadLimits, _Guard, is_public_address

CLIP = bytes(range(256)) * 2000  # 512,000 bytes
QUICK = DownloadLimits(
    connect_seconds=2, stall_seconds=0.2, total_seconds=10, attempts=3, pause_seconds=0
)


class Server:
    """Answers every GET with ``handler`` and remembers what was asked."""

    def __init__(self, url):
        self.url = url
        self.requests = []
        self.handler = None

    def serve(self, handler):
        self.handler = handler

    async def answer(self, request):
        self.requests.append(request)
        return await self.handler(request)


@asynccontextmanager
async def running_server():
    server = Server("")
    app = web.Application()
    app.router.add_get("/{path:.*}", server.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    server.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        await runner.cleanup()


@pytest.fixture
async def server():
    async with running_server() as server:
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session


@pytest.fixture
def downloader(http, server):
    return Downloader(http, trusted_origin=f"{server.url}/runwayml/v1", limits=QUICK)


def sends(body, **headers):
    async def handler(request):
        return web.Response(body=body, headers=headers)

    return handler


async def send_part(request, body, *, announced, headers=()):
    """Announce more than is sent, then hang up."""
    response = web.StreamResponse(headers=dict(headers))
    response.content_length = announced
    await response.prepare(request)
    await response.write(body)
    request.transport.close()
    return response


def files_in(folder):
    return sorted(path.name for path in folder.iterdir())


async def test_a_file_arrives_whole_with_its_type(downloader, server, tmp_path):
    server.serve(sends(CLIP, **{"Content-Type": "Video/MP4; codecs=avc1"}))
    done = await downloader.download(f"{server.url}/a.mp4", tmp_path / "a.mp4", max_bytes=600_000)
    assert done.path.read_bytes() == CLIP
    assert (done.size_bytes, done.content_type) == (len(CLIP), "video/mp4")
    assert files_in(tmp_path) == ["a.mp4"]


async def test_a_signed_address_is_sent_as_it_came(downloader, server, tmp_path):
    server.serve(sends(b"x"))
    path = "/a%20b/clip%2Fone.mp4?ex=65&hm=a%3Db+c&_jwt=e30.e30&"
    await downloader.download(server.url + path, tmp_path / "a", max_bytes=10)
    assert server.requests[0].raw_path == path


async def test_no_credentials_travel_with_a_download(downloader, server, tmp_path):
    server.serve(sends(b"x"))
    await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=10)
    assert not {"Authorization", "Cookie"} & set(server.requests[0].headers)


@pytest.mark.parametrize("headers", [{"authorization": "Bearer k"}, {"Cookie": "a=b"}])
async def test_a_session_that_sends_credentials_is_not_accepted(headers, server):
    async with aiohttp.ClientSession(headers=headers) as session:
        with pytest.raises(ValueError, match="credentials"):
            Downloader(session, trusted_origin=server.url)


async def test_an_announced_size_over_the_cap_is_refused_unread(downloader, server, tmp_path):
    server.serve(lambda request: send_part(request, b"x", announced=500 * 1024**2))
    with pytest.raises(MediaTooLargeError):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=1024)
    assert len(server.requests) == 1
    assert files_in(tmp_path) == []


async def test_a_file_that_grows_past_the_cap_is_cut_off(downloader, server, tmp_path):
    async def endless(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(CLIP)

    server.serve(endless)
    with pytest.raises(MediaTooLargeError):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=1_000_000)
    assert files_in(tmp_path) == []


async def test_a_file_that_unpacks_past_the_cap_is_cut_off(downloader, server, tmp_path):
    async def bomb(request):
        response = web.Response(body=bytes(5_000_000))
        response.enable_compression(web.ContentCoding.deflate)
        return response

    server.serve(bomb)
    with pytest.raises(MediaTooLargeError):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=1_000_000)


async def test_a_broken_download_goes_on_where_it_stopped(downloader, server, tmp_path):
    async def handler(request):
        if len(server.requests) == 1:
            return await send_part(
                request, CLIP[:300_000], announced=len(CLIP), headers={"ETag": '"v1"'}
            )
        start = request.http_range.start
        return web.Response(
            status=206,
            body=CLIP[start:],
            headers={"Content-Range": f"bytes {start}-{len(CLIP) - 1}/{len(CLIP)}"},
        )

    server.serve(handler)
    done = await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=600_000)
    assert done.path.read_bytes() == CLIP
    assert server.requests[1].http_range.start > 0
    assert server.requests[1].headers["If-Range"] == '"v1"'


async def test_a_file_that_changed_meanwhile_is_fetched_anew(downloader, server, tmp_path):
    async def handler(request):
        if len(server.requests) == 1:
            return await send_part(
                request, CLIP[:300_000], announced=len(CLIP), headers={"ETag": '"v1"'}
            )
        return web.Response(body=b"another file", headers={"ETag": '"v2"'})

    server.serve(handler)
    done = await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=600_000)
    assert done.path.read_bytes() == b"another file"


async def test_a_part_that_was_not_asked_for_is_never_joined(downloader, server, tmp_path):
    async def handler(request):
        if len(server.requests) == 1:
            return await send_part(
                request, CLIP[:300_000], announced=len(CLIP), headers={"ETag": '"v1"'}
            )
        if len(server.requests) == 2:
            headers = {"Content-Range": f"bytes 7-{len(CLIP) - 1}/{len(CLIP)}"}
            return web.Response(status=206, body=CLIP[7:], headers=headers)
        return web.Response(body=CLIP)

    server.serve(handler)
    done = await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=2_000_000)
    assert done.path.read_bytes() == CLIP


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"ETag": 'W/"v1"'},  # weak: the same meaning, not the same bytes
        {"ETag": '"v1"', "Accept-Ranges": "none"},
        {"ETag": '"v1"', "Content-Encoding": "identity"},  # as packed ones, which are unpacked here
    ],
)
async def test_without_a_mark_of_sameness_nothing_is_resumed(downloader, server, tmp_path, headers):
    async def handler(request):
        if len(server.requests) == 1:
            return await send_part(request, CLIP[:300_000], announced=len(CLIP), headers=headers)
        return web.Response(body=CLIP)

    server.serve(handler)
    done = await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=600_000)
    assert done.path.read_bytes() == CLIP
    assert "Range" not in server.requests[1].headers


async def test_a_resumed_file_keeps_to_the_cap(downloader, server, tmp_path):
    async def handler(request):
        if len(server.requests) == 1:
            return await send_part(
                request, CLIP[:300_000], announced=None, headers={"ETag": '"v1"'}
            )
        start = request.http_range.start
        headers = {"Content-Range": f"bytes {start}-999999/1000000"}
        return web.Response(status=206, body=bytes(1_000_000 - start), headers=headers)

    server.serve(handler)
    with pytest.raises((MediaTooLargeError, MediaUnreachableError)):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=600_000)
    assert files_in(tmp_path) == []


async def test_a_length_that_is_never_kept_ends_unreachable(downloader, server, tmp_path):
    server.serve(lambda request: send_part(request, b"x" * 1000, announced=2000))
    with pytest.raises(MediaUnreachableError) as caught:
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    assert caught.value.status is None
    assert len(server.requests) == QUICK.attempts
    assert files_in(tmp_path) == []


async def test_a_stalled_server_is_given_up(downloader, server, tmp_path):
    released = asyncio.Event()

    async def stall(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"x")
        await released.wait()
        return response

    server.serve(stall)
    with pytest.raises(MediaUnreachableError):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    released.set()
    assert len(server.requests) == QUICK.attempts  # each was given up for itself
    assert files_in(tmp_path) == []


async def test_a_server_that_only_drips_is_given_up(http, server, tmp_path):
    limits = DownloadLimits(stall_seconds=5, total_seconds=0.3, attempts=2, pause_seconds=0)
    downloader = Downloader(http, trusted_origin=server.url, limits=limits)

    async def drip(request):
        response = web.StreamResponse()
        await response.prepare(request)
        while True:
            await response.write(b"x")
            await asyncio.sleep(0.02)

    server.serve(drip)
    with pytest.raises(MediaUnreachableError, match="not finished"):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    assert files_in(tmp_path) == []


@pytest.mark.parametrize("status", [403, 404, 410])
async def test_an_expired_link_says_so_at_once(downloader, server, tmp_path, status):
    async def expired(request):
        return web.Response(status=status, text="This content is no longer available.")

    server.serve(expired)
    with pytest.raises(MediaUnreachableError) as caught:
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    assert caught.value.status == status
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503])
async def test_passing_trouble_is_outlasted(downloader, server, tmp_path, status):
    async def handler(request):
        if len(server.requests) < 3:
            return web.Response(status=status)
        return web.Response(body=b"ok")

    server.serve(handler)
    done = await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    assert done.path.read_bytes() == b"ok"


async def test_a_cancelled_download_leaves_nothing(downloader, server, tmp_path):
    reading, released = asyncio.Event(), asyncio.Event()

    async def handler(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(CLIP)
        reading.set()
        await released.wait()
        return response

    server.serve(handler)
    task = asyncio.create_task(
        downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=10_000_000)
    )
    await reading.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    released.set()
    assert files_in(tmp_path) == []


async def test_an_earlier_file_survives_a_failed_download(downloader, server, tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    server.serve(lambda request: send_part(request, b"x", announced=9))
    with pytest.raises(MediaUnreachableError):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    assert (tmp_path / "a").read_bytes() == b"old"


async def test_a_folder_that_takes_no_file_is_told_apart(downloader, server, tmp_path):
    server.serve(sends(b"x"))
    with pytest.raises(MediaStorageError):
        await downloader.download(f"{server.url}/a", tmp_path / "gone" / "a", max_bytes=10)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1:{port}/a",
        "https://localhost:{port}/a",  # a name that leads inside
        "https://[::1]:{port}/a",
        "https://[::ffff:127.0.0.1]:{port}/a",
        "https://2130706433:{port}/a",
        "https://0.0.0.0:{port}/a",
        "http://localhost:{port}/a",  # the trusted server under another name
        "http://127.0.0.1/a",  # another port is another origin
        "http://example.com/a",
        "https://127.0.0.1:{port}@example.com/a",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/a",
        "https://192.168.0.1/a",
        "https://[fd00::1]/a",
        "ftp://example.com/a",
        "file:///etc/passwd",
        "//example.com/a",
        "/a",
        "",
        "https://",
        "https://exa mple.com/a",
        "https://example.com/a\r\nX-Header: y",
        "https://example.com:99999/a",
        "https://example.com/" + "a" * 5000,
    ],
)
async def test_the_provider_cannot_point_us_inside(downloader, server, tmp_path, url):
    server.serve(sends(b"secret"))
    port = server.url.rpartition(":")[2]
    with pytest.raises(MediaRefusedError):
        await downloader.download(url.replace("{port}", port), tmp_path / "a", max_bytes=5000)
    assert server.requests == []


def test_the_guard_makes_sockets_to_public_addresses():
    guard = _Guard()
    guard.make_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 443))).close()
    with pytest.raises(PermissionError):
        guard.make_socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443)))
    assert guard.refused == ["10.0.0.1"]


async def test_a_refused_address_never_sees_a_connection(downloader, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        with pytest.raises(MediaRefusedError):
            await downloader.download(
                f"https://localhost:{listener.getsockname()[1]}/a", tmp_path / "a", max_bytes=10
            )
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_redirect_cannot_lead_inside(downloader, server, tmp_path, trusted):
    async with running_server() as inner:
        inner.serve(sends(b"secret"))
        port = inner.url.rpartition(":")[2]
        for target in (f"http://localhost:{port}/a", f"https://localhost:{port}/a", inner.url):

            async def redirect(request, target=target):
                return web.Response(status=302, headers={"Location": target})

            server.serve(redirect)
            with pytest.raises(MediaRefusedError):
                await downloader.download(
                    f"{server.url}/a", tmp_path / "a", max_bytes=5000, trusted=trusted
                )
        assert inner.requests == []


async def test_a_redirect_within_the_trusted_origin_is_followed(downloader, server, tmp_path):
    async def handler(request):
        if request.path == "/a":
            return web.Response(status=307, headers={"Location": "b/c?x=%2F"})
        return web.Response(body=request.raw_path.encode())

    server.serve(handler)
    done = await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    assert done.path.read_bytes() == b"/b/c?x=%2F"


async def test_a_circle_of_redirects_ends(downloader, server, tmp_path):
    async def redirect(request):
        return web.Response(status=302, headers={"Location": "/a"})

    server.serve(redirect)
    with pytest.raises(MediaUnreachableError, match="redirected too often"):
        await downloader.download(f"{server.url}/a", tmp_path / "a", max_bytes=5000)
    assert len(server.requests) == 4


async def test_what_discord_handed_over_is_fetched_from_anywhere(http, server, tmp_path):
    downloader = Downloader(http, trusted_origin="https://api.cometapi.com", limits=QUICK)
    server.serve(sends(b"clip"))
    done = await downloader.download(
        f"{server.url}/a", tmp_path / "a", max_bytes=5000, trusted=True
    )
    assert done.path.read_bytes() == b"clip"


async def test_a_server_that_is_down_is_unreachable_not_refused(http, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    downloader = Downloader(http, trusted_origin=f"http://127.0.0.1:{port}", limits=QUICK)
    with pytest.raises(MediaUnreachableError):
        await downloader.download(f"http://127.0.0.1:{port}/a", tmp_path / "a", max_bytes=10)


async def test_a_name_that_does_not_exist_is_unreachable_not_refused(downloader, tmp_path):
    with pytest.raises(MediaUnreachableError):
        await downloader.download("https://output.invalid/a", tmp_path / "a", max_bytes=10)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("::ffff:8.8.8.8", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 - data
        ("224.0.1.1", False),
        ("240.0.0.1", False),
        ("255.255.255.255", False),
        ("192.0.2.1", False),
        ("::1", False),
        ("::", False),
        ("fe80::1%eth0", False),
        ("fd00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::1", False),
        ("2002:7f00:1::", False),
        ("2001:0:1::1", False),
    ],
)
def test_public_addresses_are_told_from_all_others(address, public):
    assert is_public_address(address) is public
