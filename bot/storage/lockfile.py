"""The lock that keeps a SQLite database to one process."""

from __future__ import annotations

import contextlib
import os
import socket
from typing import TYPE_CHECKING

from bot.errors import StoreInUseError, StoreUnavailableError
from bot.system.filelock import try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextlib.contextmanager
def exclusive(database: Path) -> Iterator[None]:
    """Hold ``<database>.lock`` for as long as the context lasts, making folders as needed.

    The operating system drops the lock with the process, however that ends. The file stays: if it
    were deleted, two processes could each hold a lock on a file of that name.

    Raises:
        StoreInUseError: Another process holds it; the text names the file and what to do.
        StoreUnavailableError: The folder or the file cannot be made.
    """
    if not database.name or database.is_dir():
        raise StoreUnavailableError(f"{database} is a folder; DATABASE_URL must name a file in one")
    path = database.with_name(database.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+", encoding="utf-8")
    except OSError as exc:
        raise StoreUnavailableError(f"{path} cannot be made: {exc.strerror}") from exc
    with file:
        if not try_lock(file):
            file.seek(0)
            holder = file.read(200).strip() or "unknown"
            raise StoreInUseError(
                f"Another process uses the database {database} (it holds {path}; last known "
                f"holder: {holder}). Stop it first, or use PostgreSQL (DATABASE_URL), which "
                "several processes may share."
            )
        file.seek(0)
        file.truncate()
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield
