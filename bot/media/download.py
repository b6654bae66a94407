"""Downloads to files: capped, bounded in time, resumed, and never into a private network.

Two kinds of addresses are fetched. *Trusted* ones come from Discord itself (attachments) or lie on
the very origin of ``COMETAPI_BASE_URL``; they go through the session that the program shares. All
others are the provider's word (outputs) or a redirect's: https only, through a session made for
this one download, whose sockets open to public addresses only. The address is checked when the
socket is made, after the name was resolved, so a name cannot change its meaning in between.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import re
import socket
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO, Final

import aiohttp
from yarl import URL

from bot.errors import (
    MediaRefusedError,
    MediaStorageError,
    MediaTooLargeError,
    MediaUnreachableError,
)
from bot.system.hosts import is_internal
from bot.system.proxies import Proxy

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from aiohttp import AddrInfoType

_CHUNK_BYTES: Final = 256 * 1024
_MAX_URL_LENGTH: Final = 4096
_MAX_REDIRECTS: Final = 3
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_PASSING_STATUSES: Final = frozenset({408, 425, 429})  # and every 5xx
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")
_INTERNAL_ENDS: Final = (".local", ".internal", ".localhost", ".lan", ".home.arpa")
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


def is_public_address(address: str) -> bool:
    """Tell whether an IP address is one of the open internet.

    Private, loopback, link-local, multicast, reserved and documentation addresses are not; an
    IPv6 address that stands for an IPv4 address is judged by that one.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public_address(str(inner))
        if ip.is_site_local or ip.is_reserved:
            return False
    return ip.is_global and not ip.is_multicast


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadLimits:
    """How long a download may take, and how often it is tried."""

    connect_seconds: float = 10
    stall_seconds: float = 20
    """The longest silence of the server."""
    total_seconds: float = 300
    """All attempts together."""
    attempts: int = 4
    pause_seconds: float = 1
    """Before the second attempt; doubled before each further one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Downloaded:
    """A file that is whole on the disk, and what the server called it."""

    path: Path
    size_bytes: int
    content_type: str
    """As the server said, without parameters, in lower case; probe the file for the truth."""


class _Interrupted(Exception):  # noqa: N818 - an outcome of one attempt, seen by this module only
    """An attempt ended early; another one may bring the rest."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


@dataclass(slots=True)
class _Partial:
    """What earlier attempts brought."""

    file: BinaryIO
    size: int = 0
    validator: str | None = None
    """A strong ETag or a date; without one the rest could be that of another file."""
    content_type: str = ""

    async def write(self, data: bytes) -> None:
        try:
            await asyncio.to_thread(self.file.write, data)
        except OSError as exc:
            raise _storage_error(exc) from exc
        self.size += len(data)

    def restart(self) -> None:
        self.file.seek(0)
        self.file.truncate()
        self.size = 0
        self.validator = None


@dataclass(slots=True)
class _Guard:
    """Makes the sockets of one download, to public addresses only."""

    refused: list[str] = field(default_factory=list)
    is_needed: bool = True

    def make_socket(self, info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = info
        if self.is_needed and not is_public_address(str(address[0])):
            self.refused.append(str(address[0]))
            raise PermissionError(errno.EACCES, "not a public address")
        return socket.socket(family=family, type=kind, proto=protocol)


def _storage_error(exc: OSError) -> MediaStorageError:
    return MediaStorageError(f"no room for a temporary file: {exc.strerror}")


class Downloader:
    """Fetches files from Discord, CometAPI and the provider's storage.

    Args:
        http: The program's session, for trusted addresses. It is borrowed, and must carry no
            credentials: a download never sends any.
        trusted_origin: Scheme, host and port of this address (``COMETAPI_BASE_URL``) may be
            fetched although it may be private or plain http.
        limits: Times and attempts.
        proxy: The way to the internet, if there is a special one. It resolves the names, so what
            cannot be checked is where a public name leads; the proxy has to see to that.

    Raises:
        ValueError: ``http`` would send credentials by itself.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        trusted_origin: str,
        limits: DownloadLimits | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        if http.auth is not None or any(
            name in http.headers for name in ("Authorization", "Cookie")
        ):
            raise ValueError("the session for downloads must carry no credentials")
        self._http = http
        self._trusted_origin = URL(trusted_origin).origin()
        self._limits = limits or DownloadLimits()
        self._proxy = proxy or Proxy()

    async def download(
        self, url: str, to: Path, *, max_bytes: int, trusted: bool = False
    ) -> Downloaded:
        """Write what ``url`` serves to the file ``to``, wholly or not at all.

        Args:
            url: The address, percent-encoded as it came: signed addresses are sent unchanged.
            to: The file to make; its folder exists. An existing file is replaced at the end.
            max_bytes: More than this is refused, by the announced size or on the way.
            trusted: Discord itself gave us this address. Redirects are not trusted even so.

        Raises:
            MediaTooLargeError: It has more than ``max_bytes``.
            MediaRefusedError: The address, or one that it leads to, is not one we fetch from.
            MediaUnreachableError: It was not served; ``status`` says why when the server did.
            MediaStorageError: The disk takes no more.
        """
        address = _parse(url)
        part = to.with_name(f"{to.name}.part")
        try:
            try:
                file = part.open("w+b")
            except OSError as exc:
                raise _storage_error(exc) from exc
            with file:
                partial = _Partial(file)
                await self._fetch_whole(address, partial, max_bytes, trusted)
                try:
                    await asyncio.to_thread(file.flush)
                except OSError as exc:
                    raise _storage_error(exc) from exc
            part.replace(to)
        finally:
            part.unlink(missing_ok=True)
        return Downloaded(path=to, size_bytes=partial.size, content_type=partial.content_type)

    async def _fetch_whole(
        self, url: URL, partial: _Partial, max_bytes: int, trusted: bool
    ) -> None:
        limits = self._limits
        failure: _Interrupted | None = None
        try:
            async with asyncio.timeout(limits.total_seconds):
                for attempt in range(limits.attempts):
                    if attempt:
                        await asyncio.sleep(limits.pause_seconds * 2 ** (attempt - 1))
                    try:
                        await self._attempt(url, partial, max_bytes, trusted)
                    except _Interrupted as exc:
                        failure = exc
                    else:
                        return
        except TimeoutError as exc:
            raise MediaUnreachableError(
                f"{url.host}: not finished within {limits.total_seconds:g} s"
            ) from exc
        raise MediaUnreachableError(
            f"{url.host}: {failure}", status=failure.status if failure else None
        ) from failure

    async def _attempt(self, url: URL, partial: _Partial, max_bytes: int, trusted: bool) -> None:
        for _ in range(_MAX_REDIRECTS + 1):
            async with self._get(url, partial, trusted) as response:
                if response.status not in _REDIRECTS:
                    await _receive(response, partial, max_bytes)
                    return
                location = response.headers.get("Location", "")
            url = _parse(location, base=url)
            trusted = False  # it is the server's word now, not Discord's
        raise MediaUnreachableError(f"{url.host}: redirected too often")

    @asynccontextmanager
    async def _get(
        self, url: URL, partial: _Partial, trusted: bool
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        guard = _Guard()
        # What comes packed cannot be resumed, and its announced size is not that of the file.
        headers = {"Accept-Encoding": "identity"}
        if partial.size and partial.validator:
            headers |= {"Range": f"bytes={partial.size}-", "If-Range": partial.validator}
        else:
            partial.restart()
        timeout = aiohttp.ClientTimeout(
            total=None,
            sock_connect=self._limits.connect_seconds,
            sock_read=self._limits.stall_seconds,
        )
        try:
            async with (
                self._session(url, guard, trusted) as session,
                session.get(
                    url,
                    headers=headers,
                    timeout=timeout,
                    allow_redirects=False,
                    proxy=self._proxy.way_to(url),
                ) as response,
            ):
                yield response
        except aiohttp.InvalidURL as exc:
            raise MediaRefusedError("not an address") from exc
        except (TimeoutError, aiohttp.ClientError) as exc:  # a stall is no ClientError
            if guard.refused:
                raise MediaRefusedError(
                    f"{url.host} is not public: {', '.join(guard.refused)}"
                ) from exc
            raise _Interrupted(type(exc).__name__) from exc

    @asynccontextmanager
    async def _session(
        self, url: URL, guard: _Guard, trusted: bool
    ) -> AsyncIterator[aiohttp.ClientSession]:
        if trusted or url.origin() == self._trusted_origin:
            yield self._http
            return
        if url.scheme != "https":
            raise MediaRefusedError(f"{url.host}: not https")
        if self._proxy.way_to(url) is not None:
            _check_name(url.host or "")
            guard.is_needed = False  # the only socket is the one to the proxy
        async with aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guard.make_socket, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
        ) as session:
            yield session


def _check_name(host: str) -> None:
    """Refuse a host of which its name alone says that it is none of the open internet."""
    try:
        is_public = is_public_address(host)
    except ValueError:
        is_public = not is_internal(host) and not host.endswith(_INTERNAL_ENDS)
    if not is_public:
        raise MediaRefusedError(f"{host} is not public")


def _parse(text: str, base: URL | None = None) -> URL:
    """Read an address without changing a character of it; relative ones start at ``base``."""
    if not text or len(text) > _MAX_URL_LENGTH or not re.fullmatch(r"[!-~]+", text):
        raise MediaRefusedError("not an address")
    try:
        url = URL(text, encoded=True)
        url = base.join(url) if base else url
        url.origin()  # raises unless it has a scheme and a host
        has_credentials = url.user is not None or url.password is not None
    except ValueError as exc:
        raise MediaRefusedError("not an address") from exc
    if url.scheme not in {"http", "https"}:
        raise MediaRefusedError("not a web address")
    if has_credentials:
        raise MediaRefusedError(f"{url.host}: an address with credentials")
    return url


async def _receive(response: aiohttp.ClientResponse, partial: _Partial, max_bytes: int) -> None:
    """Append the body to ``partial``, or start it anew when the server sends everything."""
    _check_status(response, partial)
    if response.status != 206:  # Partial Content
        partial.restart()
        partial.content_type = response.headers.get("Content-Type", "").partition(";")[0]
        partial.content_type = partial.content_type.strip().lower()
        partial.validator = _validator(response)
    announced = response.content_length
    if announced is not None and partial.size + announced > max_bytes:
        raise MediaTooLargeError(f"{partial.size + announced} bytes; {max_bytes} are allowed")
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        if partial.size + len(chunk) > max_bytes:
            raise MediaTooLargeError(f"more than the {max_bytes} bytes that are allowed")
        await partial.write(chunk)


def _check_status(response: aiohttp.ClientResponse, partial: _Partial) -> None:
    status = response.status
    if status == 206:  # Partial Content
        sent = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if sent is None or int(sent[1]) != partial.size or not partial.size:
            partial.restart()
            raise _Interrupted("sent another part than asked for", status)
    elif status == 416:  # Range Not Satisfiable: what we have is not its beginning
        partial.restart()
        raise _Interrupted("has no such part", status)
    elif status >= 500 or status in _PASSING_STATUSES:  # server errors
        raise _Interrupted(f"answered {status}", status)
    elif status != 200:  # OK
        raise MediaUnreachableError(f"{response.url.host}: answered {status}", status=status)


def _validator(response: aiohttp.ClientResponse) -> str | None:
    if response.headers.get("Accept-Ranges", "").lower() == "none":
        return None
    if "Content-Encoding" in response.headers:
        return None
    etag = response.headers.get("ETag", "")
    if etag.startswith('"'):
        return etag
    return response.headers.get("Last-Modified")
