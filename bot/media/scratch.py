"""Temporary files: one folder, with a quota, that holds nothing longer than its work takes."""

from __future__ import annotations

import logging
import shutil
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from bot.errors import MediaStorageError
from bot.media.kept_files import KeptFiles
from bot.system.filelock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger(__name__)

_PREFIX: Final = "restyle-"  # only what bears it is ever removed, whatever folder is named
_MAX_PROCESSES: Final = 1000  # if none of so many is free, the disk does not know locks


class Scratch:
    """A folder for temporary files, used by one process at a time: see :func:`own_scratch`.

    Args:
        folder: Made when missing. Nothing else should lie in it.
        quota_bytes: While at least this much lies in it, no further folder is handed out; what is
            kept (``kept``) goes before that.
    """

    def __init__(self, folder: Path, *, quota_bytes: int = 4 * 1024**3) -> None:
        self._folder = folder
        self._quota_bytes = quota_bytes
        self.kept = KeptFiles(folder / f"{_PREFIX}kept", most_bytes=quota_bytes // 2)
        """What one step of a job leaves for a later one."""

    @property
    def used_bytes(self) -> int:
        """How much lies in the folders that were handed out, and is kept."""
        used = 0
        for path in self._folder.glob(f"{_PREFIX}*/**/*"):
            with suppress(FileNotFoundError):  # its owner was quicker
                used += path.lstat().st_size
        return used

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """Hand out a fresh, empty folder; it is removed with all it holds at every outcome.

        Raises:
            MediaStorageError: The quota is used up, or the disk takes no more.
        """
        self.kept.tidy()
        while (used := self.used_bytes) >= self._quota_bytes and self.kept.drop_oldest():
            pass
        if used >= self._quota_bytes:
            raise MediaStorageError(f"temporary files use {used} bytes: over the quota")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=self._folder))
        except OSError as exc:
            raise MediaStorageError(f"no folder for temporary files: {exc.strerror}") from exc
        try:
            yield path
        finally:
            _remove(path)

    def clean(self) -> int:
        """Remove what an earlier run left behind; return how many folders that were.

        Call it once at start, before the first :meth:`folder`.
        """
        leftovers = list(self._folder.glob(f"{_PREFIX}*"))
        for path in leftovers:
            _remove(path)
        return len(leftovers)


@contextmanager
def own_scratch(folder: Path, *, quota_bytes: int = 4 * 1024**3) -> Iterator[Scratch]:
    """Hand out a scratch folder inside ``folder`` that no other process uses, tidied up.

    Several processes may share ``folder``. What those that are no more left behind is removed;
    what the living have there is not touched.

    Raises:
        MediaStorageError: The folder cannot be made, or no lock can be had in it.
    """
    for number in range(_MAX_PROCESSES):
        place = folder / str(number)
        lock = _claim(place)
        if lock is not None:
            break
    else:
        raise MediaStorageError(f"{folder}: the folders for temporary files cannot be locked")
    with lock:
        for path in folder.glob("*.lock"):
            if path.stem != place.name and (left := _claim(path.with_suffix(""))) is not None:
                left.close()
        scratch = Scratch(place, quota_bytes=quota_bytes)
        try:
            yield scratch
        finally:
            scratch.kept.clear()


def _claim(place: Path) -> IO[str] | None:
    """Make ``place`` ours for as long as the returned file is open, and empty it.

    ``None`` if a living process has it. The lock files stay (see ``try_lock``); there are never
    more of them than there were processes at once.
    """
    try:
        place.mkdir(parents=True, exist_ok=True)
        lock = place.with_suffix(".lock").open("a", encoding="ascii")
    except OSError as exc:
        raise MediaStorageError(f"{place} cannot be made: {exc.strerror}") from exc
    if not try_lock(lock):
        lock.close()
        return None
    Scratch(place).clean()
    return lock


def _remove(path: Path) -> None:
    try:
        shutil.rmtree(path)
    except FileNotFoundError:
        pass  # somebody tidied up; that is what we wanted
    except OSError:
        # Its quota shows it and the next start tries again: no reason to lose a finished video.
        log.warning("temporary folder %s could not be removed", path.name, exc_info=True)
