"""An archive in a bucket of an S3-compatible store."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import obstore
from obstore.exceptions import (
    BaseError,
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from obstore.store import S3Store
from yarl import URL

from bot import __version__
from bot.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from obstore.store import S3Config

    from bot.archive.address import BucketAddress

PIECE_BYTES: Final = 8 * 1024 * 1024
"""A larger file goes up in pieces of this size. Stores want 5 MiB at least.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
"""
PIECES_AT_ONCE: Final = 2
"""They bound the memory of one upload (about 40 MiB, for a file of any size)."""

_CHECK_NAME: Final = "restyle-check.txt"
_REQUEST_SECONDS: Final = 60
_MAX_REPEATS: Final = 3
_CACHING: Final = "private, max-age=3600"
"""A file that was removed must not live on in a cache that many people share."""

_LASTING: Final = (
    FileNotFoundError,  # there is no such bucket
    InvalidPathError,
    NotSupportedError,
    PermissionDeniedError,
    UnauthenticatedError,
    ValueError,
)


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except (BaseError, FileNotFoundError, ValueError) as exc:
        # What follows the first line are the library's insides.
        reason = str(exc).strip().partition("\n")[0][:500]
        raise ArchiveError(
            f"the archive's bucket: {doing}: {reason}",
            retryable=not isinstance(exc, _LASTING),
        ) from exc


class BucketBackend:
    """Keeps files in a bucket; implements ``ArchiveBackend``.

    Requests are repeated a few times by the library itself, and nothing of it runs on the event
    loop: it has threads of its own.

    Args:
        address: Which bucket, and where.
        access_key_id: With the secret, who we are. Empty: what the machine is allowed to do (a
            role of AWS).
        secret_access_key: The secret to it.
        session_token: Of temporary credentials; else empty.
        proxy: The address of the proxy on the way there, if there is one.

    Raises:
        ArchiveError: The library does not take these values.
    """

    def __init__(
        self,
        address: BucketAddress,
        *,
        access_key_id: str = "",
        secret_access_key: str = "",
        session_token: str = "",
        proxy: str | None = None,
    ) -> None:
        # One DELETE for each file: not every store knows how to delete many at once.
        config: S3Config = {
            "disable_bulk_delete": True,
            "virtual_hosted_style_request": address.is_virtual,
        }
        if address.endpoint:
            # By this name, because it wins over what the environment may hold.
            config["aws_endpoint_url_s3"] = _host(address, address.endpoint)
        if address.region:
            config["region"] = address.region
        if access_key_id:
            config["access_key_id"] = access_key_id
            config["secret_access_key"] = secret_access_key
        if session_token:
            config["session_token"] = session_token
        with _explained("its settings are not accepted"):
            self._store = S3Store(
                address.bucket,
                prefix=address.prefix or None,
                config=config,
                client_options={
                    "allow_http": (address.endpoint or "").startswith("http:"),
                    "connect_timeout": timedelta(seconds=10),
                    "timeout": timedelta(seconds=_REQUEST_SECONDS),
                    "user_agent": f"Restyle/{__version__}",
                    **({} if proxy is None else {"proxy_url": proxy}),
                },
                retry_config={
                    "max_retries": _MAX_REPEATS,
                    "retry_timeout": timedelta(seconds=2 * _REQUEST_SECONDS),
                },
            )

    async def check(self) -> None:
        """Write a small file and remove it again."""
        with _explained("it cannot be written to, so check the bucket and the access key"):
            await obstore.put_async(self._store, _CHECK_NAME, b"Restyle can write here.\n")
            await obstore.delete_async(self._store, _CHECK_NAME)

    async def put(self, path: Path, name: str, content_type: str) -> None:
        """Upload the file at ``path``, a large one in pieces; it is there whole or not at all."""
        with _explained("a file cannot be kept in it"):
            await obstore.put_async(
                self._store,
                name,
                path,
                attributes={"Content-Type": content_type, "Cache-Control": _CACHING},
                chunk_size=PIECE_BYTES,
                max_concurrency=PIECES_AT_ONCE,
            )

    async def delete(self, name: str) -> None:
        """Remove ``name``; nothing happens when there is no such file."""
        # AWS does not say that there is none; some other stores do.
        with _explained("a file in it cannot be removed"), suppress(FileNotFoundError):
            await obstore.delete_async(self._store, name)

    async def names_before(self, moment: datetime) -> list[str]:
        """Return the names of what was stored before ``moment``, without the prefix."""
        names = []
        with _explained("it cannot be listed"):
            async for batch in obstore.list(self._store):
                names += [meta["path"] for meta in batch if meta["last_modified"] < moment]
        return names


def _host(address: BucketAddress, endpoint: str) -> str:
    """Return the endpoint as the library wants it: with the bucket, if that is in the host."""
    url = URL(endpoint)
    return str(url.with_host(f"{address.bucket}.{url.host}")) if address.is_virtual else endpoint
