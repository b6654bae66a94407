"""A lock on a file, which the operating system drops with the process, however that ends."""

from __future__ import annotations

import sys
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[str]) -> None:
        # A byte far behind the text, because Windows lets nobody read a locked byte.
        file.seek(1 << 20)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)

else:
    import fcntl

    def _lock(file: IO[str]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def try_lock(file: IO[str]) -> bool:
    """Lock an open file until it is closed; ``False`` if somebody else has it locked.

    Never delete a file that serves as a lock: two processes could each lock one of that name.
    """
    try:
        _lock(file)
    except OSError:
        return False
    return True
