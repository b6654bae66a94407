import asyncio
from base64 import b64encode
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr
from yarl import URL

from bot.app import DISCORD
from bot.cometapi.client import CometClient, open_http
from bot.cometapi.wire import CreateRequest
from bot.errors import CometNotSentError, MediaRefusedError, MediaUnreachableError, SettingsError
from bot.media.download import Downloader, DownloadLimits
from bot.settings import load_settings
from bot.system.proxies import Proxy

TOKENS = {"discord_token": "token-of-bot", "cometapi_key": "key-of-account"}


@asynccontextmanager
async def proxy_that_opens_no_way(**more):
    """Yield a proxy, and what it was asked."""
    asked = []

    async def answer(reader, writer):
        asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Proxy(address=f"http://bot:pass-word@127.0.0.1:{port}", **more), asked
    finally:
        server.close()
        await server.wait_closed()


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        ("https://discord.com", True),
        ("https://api.cometapi.com/runwayml/v1", True),
        ("https://example.com", False),
        ("https://files.example.com", False),
        ("https://notexample.com", True),
        ("https://a.other.test:8443", False),
        ("http://127.0.0.1:8080", False),
        ("http://localhost", False),
        ("http://[::1]:8080", False),
    ],
)
def test_the_proxy_leads_to_all_hosts_but_those_that_are_named_and_this_machine(url, leads):
    proxy = Proxy(address="http://proxy:3128", exceptions="example.com, other.test")
    assert (proxy.way_to(URL(url)) == "http://proxy:3128") is leads
    assert Proxy().way_to(URL(url)) is None
    assert Proxy(address="http://proxy:3128", exceptions="*").way_to(URL(url)) is None


async def test_a_paid_request_that_the_proxy_lets_nowhere_was_surely_not_sent():
    async with proxy_that_opens_no_way() as (proxy, asked), open_http() as http:
        comet = CometClient(
            http,
            base_url="https://api.cometapi.com/runwayml/v1",
            api_key=SecretStr("key-of-account"),
            version="2024-11-06",
            proxy=proxy,
        )
        request = CreateRequest(
            model="gen4_aleph", video_uri="https://cdn.example/x.mp4", prompt="a charcoal sketch"
        )
        with pytest.raises(CometNotSentError):
            await comet.create_task(request)
    [head] = asked
    assert head.startswith("CONNECT api.cometapi.com:443 ")
    assert b64encode(b"bot:pass-word").decode() in head
    assert "key-of-account" not in head


async def test_clips_come_through_the_proxy_and_no_name_of_a_private_network_is_asked_of_it(
    tmp_path,
):
    async with proxy_that_opens_no_way() as (proxy, asked), open_http() as http:
        downloader = Downloader(
            http,
            trusted_origin="https://api.cometapi.com",
            limits=DownloadLimits(attempts=1),
            proxy=proxy,
        )
        with pytest.raises(MediaUnreachableError):
            await downloader.download("https://out.example.com/x", tmp_path / "x", max_bytes=9)
        assert [head.split()[1] for head in asked] == ["out.example.com:443"]
        for host in ("10.0.0.7", "169.254.169.254", "metadata", "db.internal", "[fd00::1]"):
            with pytest.raises(MediaRefusedError):
                await downloader.download(f"https://{host}/x", tmp_path / "x", max_bytes=9)
        assert len(asked) == 1


def test_the_proxy_of_every_program_is_taken_and_its_password_is_a_secret(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("https_proxy", "http://bot:pass-word@proxy:3128")
    monkeypatch.setenv("http_proxy", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", "discord.com")
    settings = load_settings(**TOKENS)
    assert settings.proxy.way_to(DISCORD) is None
    assert settings.proxy.way_to(URL("https://api.cometapi.com")) is not None
    assert "pass-word" in settings.secrets
    assert "pass-word" not in repr(settings)


@pytest.mark.parametrize("address", ["socks5://proxy:1080", "proxy:3128", "http://", "://"])
def test_what_is_no_http_proxy_is_refused(address, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="HTTPS_PROXY: must be an HTTP proxy"):
        load_settings(https_proxy=address, **TOKENS)
