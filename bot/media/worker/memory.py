"""How much memory this process may take, and whether it has; in the child processes only."""

from __future__ import annotations

import contextlib
import gc
import math
import os
import re
import sys
from typing import Final

_STATUS: Final = "/proc/self/status"
_MOST: Final = re.compile(rb"^VmHWM:\s*(\d+) kB", re.MULTILINE)
_FULL_SHARE: Final = 0.75  # of the limit; libraries give up earlier than at the last byte


_opened: list[int] = []
"""What tells how much was taken, opened while this process may still open files."""


def watch_memory() -> None:
    """Have :func:`was_full` look where Linux tells it; call it before rights are given up."""
    with contextlib.suppress(OSError):  # another system
        _opened.append(os.open(_STATUS, os.O_RDONLY | os.O_CLOEXEC))


def collect_often() -> None:
    """Give pictures back as soon as nobody needs them; call it once everything is imported.

    PyAV's frames point to themselves, so each waits for the collector, which counts objects and
    not bytes: by default it lets 70 of them pile up, which is 900 MB of 4K.
    """
    gc.freeze()
    gc.set_threshold(10, 1, 1)
    gc.enable()


def memory_limit() -> float:
    """Return how much this process may take, in bytes."""
    try:
        import resource
    except ImportError:  # Windows
        return math.inf
    limit = resource.getrlimit(resource.RLIMIT_DATA)[0]
    return math.inf if limit == resource.RLIM_INFINITY else limit


def was_full(more_bytes: float = 0) -> bool:
    """Tell whether so many bytes more than were ever taken would not have been there.

    When memory ends, FFmpeg says of some decoders that their data is invalid.
    """
    limit = memory_limit()
    if limit == math.inf:
        return False
    return _most_taken() + more_bytes > limit * _FULL_SHARE


def _most_taken() -> float:
    """Return the most bytes of memory that this process ever had.

    What ``getrusage`` says counts what the parent had when it forked, too (Linux's exec keeps it),
    and a bot that is large itself would make each of its children look full.
    """
    for descriptor in _opened:
        with contextlib.suppress(OSError):
            if found := _MOST.search(os.pread(descriptor, 8192, 0)):
                return int(found[1]) * 1024
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
