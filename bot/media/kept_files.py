"""Files of jobs that are kept from one step to the next, so that nothing is fetched twice.

They lie in the scratch folder of this process, and whatever happens to them does no harm: who
finds none fetches or makes it again. So there is no more of them than half the room for temporary
files; the oldest go first, none stays longer than an hour, and a start begins with none.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = logging.getLogger(__name__)

LONGEST_SECONDS: Final = 3600.0
"""A job may have gone on in another process, or wait for a moderator for days."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kept:
    path: Path
    user_id: int
    size_bytes: int
    since: float


class KeptFiles:
    """The kept files, by job and name.

    Args:
        folder: Made when missing; nothing else lies in it.
        most_bytes: Of all of them together.
        monotonic: Tells the time, in seconds.
    """

    def __init__(
        self, folder: Path, *, most_bytes: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._monotonic = monotonic
        self._files: dict[tuple[int, str], _Kept] = {}  # the oldest first
        self._used = 0

    def keep(self, job_id: int, name: str, file: Path, *, user_id: int) -> None:
        """Keep what ``file`` holds, in place of what was kept under that name.

        The file stays where it is, and is not to be changed. Whoever asked for the job is its
        ``user_id``. What cannot be kept is not.
        """
        self.drop(job_id, name)
        self.tidy()
        path = self._folder / f"{job_id}-{name}{file.suffix}"
        try:
            size = file.stat().st_size
            if size > self._most_bytes:
                return
            self._make_room(size)
            self._folder.mkdir(parents=True, exist_ok=True)
            _copy(file, path)
        except OSError as exc:
            log.info("job %s: its %s is not kept: %s", job_id, name, exc.strerror)
            with suppress(OSError):
                path.unlink(missing_ok=True)
            return
        kept = _Kept(path=path, user_id=user_id, size_bytes=size, since=self._monotonic())
        self._files[job_id, name] = kept
        self._used += size

    def hand_over(self, request_id: int, job_id: int) -> None:
        """Let a job have what was kept under the id of the request that it came from."""
        if request_id == job_id:
            return
        for key in [key for key in self._files if key[0] == request_id]:
            self.drop(job_id, key[1])
            self._files[job_id, key[1]] = self._files.pop(key)

    def suffix(self, job_id: int, name: str) -> str | None:
        """Return the suffix of the file that was kept, as it was; ``None`` if there is none."""
        kept = self._files.get((job_id, name))
        return None if kept is None else kept.path.suffix

    def size(self, job_id: int, name: str) -> int:
        """Return how many bytes it has; 0 if there is none."""
        kept = self._files.get((job_id, name))
        return 0 if kept is None else kept.size_bytes

    def lend(self, job_id: int, name: str, target: Path) -> bool:
        """Put the file at ``target``, which is not there yet; ``False`` if none is kept.

        It is not to be changed. Dropping it meanwhile takes nothing from the borrower.
        """
        kept = self._files.get((job_id, name))
        if kept is None:
            return False
        try:
            _copy(kept.path, target)
        except OSError as exc:  # somebody tidied up, or the disk is full
            log.info("job %s: its kept %s is lost: %s", job_id, name, exc.strerror)
            with suppress(OSError):
                target.unlink(missing_ok=True)
            self.drop(job_id, name)
            return False
        return True

    def read(self, job_id: int, name: str) -> bytes | None:
        """Return what a small file holds; ``None`` if it is not kept, or lost."""
        kept = self._files.get((job_id, name))
        try:
            return None if kept is None else kept.path.read_bytes()
        except OSError as exc:
            log.info("job %s: its kept %s is lost: %s", job_id, name, exc.strerror)
            self.drop(job_id, name)
            return None

    def drop(self, job_id: int, name: str | None = None) -> None:
        """Remove what is kept of a job: the file of that name, or all of them."""
        for key in [key for key in self._files if key[0] == job_id and name in {None, key[1]}]:
            self._remove(key)

    def drop_person(self, user_id: int) -> None:
        """Remove what is kept of the jobs that somebody asked for."""
        for key in [key for key, kept in self._files.items() if kept.user_id == user_id]:
            self._remove(key)

    def tidy(self) -> None:
        """Remove what has been kept for too long."""
        oldest = self._monotonic() - LONGEST_SECONDS
        for key in [key for key, kept in self._files.items() if kept.since <= oldest]:
            self._remove(key)

    def clear(self) -> None:
        """Remove all."""
        for key in list(self._files):
            self._remove(key)

    def drop_oldest(self) -> bool:
        """Remove the file that has been kept for the longest; ``False`` if there is none."""
        if not self._files:
            return False
        self._remove(next(iter(self._files)))
        return True

    def _make_room(self, size_bytes: int) -> None:
        while self._used + size_bytes > self._most_bytes and self.drop_oldest():
            pass

    def _remove(self, key: tuple[int, str]) -> None:
        kept = self._files.pop(key)
        self._used -= kept.size_bytes
        try:
            kept.path.unlink(missing_ok=True)
        except OSError:  # the next start removes it with the folder
            log.warning("%s could not be removed", kept.path.name, exc_info=True)


def _copy(file: Path, to: Path) -> None:
    """Let ``to`` be the same file, or one with the same content where a disk has no links."""
    try:
        os.link(file, to)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(file, to)
