"""The archive in a local folder, which some web server offers to the public."""

from __future__ import annotations

import asyncio
import errno
import os
import re
import secrets
import shutil
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from bot.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

_PIECE_BYTES: Final = 1024 * 1024
_FOR_READERS: Final = 0o644
_TO_ENTER: Final = 0o755
_UNFINISHED: Final = re.compile(r"\.[a-z0-9.-]+\.[0-9a-f]{16}\.part")
_UNFINISHED_SECONDS: Final = 24 * 60 * 60
"""No copy takes so long; what is older was left by a process that died."""

_PASSING: Final = frozenset(
    {errno.EAGAIN, errno.EBUSY, errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EHOSTDOWN}
)
"""What network folders do now and then."""


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        raise ArchiveError(
            f"the archive's folder: {doing}: {exc.strerror or exc}",
            retryable=exc.errno in _PASSING,
        ) from exc


class FolderBackend:
    """Keeps files in a folder that a web server shows; implements ``ArchiveBackend``.

    Several processes may share it. What else lies in it is left alone.

    Args:
        folder: Made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def check(self) -> None:
        """Make the folder, see whether it can be written to, and tidy it up."""
        await asyncio.to_thread(self._check)

    async def put(self, path: Path, name: str, content_type: str) -> None:
        """Copy the file at ``path``; readers find the old one or the whole new one."""
        await asyncio.to_thread(self._put, path, name)

    async def delete(self, name: str) -> None:
        """Remove ``name``, if there is such a file."""
        await asyncio.to_thread(self._delete, name)

    async def names_before(self, moment: datetime) -> list[str]:
        """Return the names of the files that were stored before ``moment``."""
        return await asyncio.to_thread(self._names_before, moment.timestamp())

    def _check(self) -> None:
        with _explained("it cannot be written to, so give the bot's user a folder of its own"):
            self._make_folder()
            part = self._unfinished("check")
            part.touch()
            part.unlink()
        for name in self._names_before(time.time() - _UNFINISHED_SECONDS):
            if _UNFINISHED.fullmatch(name):
                self._delete(name)

    def _put(self, path: Path, name: str) -> None:
        with _explained("a file cannot be kept in it"):
            self._make_folder()
            part = self._unfinished(name)
            try:
                with path.open("rb") as source, part.open("xb") as target:
                    shutil.copyfileobj(source, target, _PIECE_BYTES)
                    target.flush()
                    os.fsync(target.fileno())  # the link is given out for good
                part.chmod(_FOR_READERS)
                part.replace(self._folder / name)
            finally:
                part.unlink(missing_ok=True)

    def _make_folder(self) -> None:
        """Make the folder if there is none; the web server, which is another user, may enter it."""
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder.chmod(_TO_ENTER)

    def _delete(self, name: str) -> None:
        with _explained("a file in it cannot be removed"):
            (self._folder / name).unlink(missing_ok=True)

    def _names_before(self, seconds: float) -> list[str]:
        names = []
        with _explained("it cannot be listed"), os.scandir(self._folder) as entries:
            for entry in entries:
                try:
                    if entry.is_file(follow_symlinks=False) and entry.stat().st_mtime < seconds:
                        names.append(entry.name)
                except FileNotFoundError:
                    continue  # another process was quicker
        return names

    def _unfinished(self, name: str) -> Path:
        """Return a hidden name beside the real one: renaming works within one disk only."""
        return self._folder / f".{name}.{secrets.token_hex(8)}.part"
