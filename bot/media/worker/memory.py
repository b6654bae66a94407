"""How much memory this process may take, and whether it has; in the child processes only."""

from __future__ import annotations

import gc
import math
import sys
from typing import Final

_FULL_SHARE: Final = 0.75  # of the limit; libraries give up earlier than at the last byte


def collect_often() -> None:
    """Give pictures back as soon as nobody needs them; call it once everything is imported.

    PyAV's frames point to themselves, so each waits for the collector, which counts objects and
    not bytes: by default it lets 70 of them pile up, which is 900 MB of 4K.
    """
    gc.freeze()
    gc.set_threshold(10, 1, 1)


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
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    taken = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return taken + more_bytes > limit * _FULL_SHARE
