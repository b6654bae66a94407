"""What holds for the processes that read strangers' files, on this very system.

Kernels differ, and containers take features away, so nothing is concluded from versions: a process
like those that read clips tries what it must not be able to do (``worker/tasks/confinement.py``).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from bot.errors import MediaError
from bot.media.process_pool import WorkLimits

if TYPE_CHECKING:
    from bot.media.process_pool import ProcessPool

log = logging.getLogger(__name__)

PROMISES: Final = {
    "files": "reads and writes no files but its clip's and the libraries'",
    "network": "opens no connection",
    "processes": "starts no program and no other process",
    "signals": "stops no other process",
    "inspection": "sees nothing of the bot's memory and environment",
    "limits": "has limits of memory, processor time and size of files",
}
"""What a process that reads a stranger's file does, even when the file has taken it over."""

_LIMITS: Final = WorkLimits(wall_seconds=30, cpu_seconds=10)


async def holds(process_pool: ProcessPool) -> dict[str, bool]:
    """Tell for each of ``PROMISES``, in their order, whether it is kept.

    Raises:
        MediaError: No such process can be started just now.
    """
    found = await process_pool.run("confinement", {}, limits=_LIMITS)
    return {name: found.get(name) is True for name in PROMISES}


async def warn_of_gaps(process_pool: ProcessPool) -> None:
    """Log once what does not hold; whether to run the bot even so is the operator's choice."""
    try:
        kept = await holds(process_pool)
    except MediaError as exc:
        log.warning("Clips cannot be read, so none can be restyled: %s", exc)
        return
    if broken := [PROMISES[name] for name, is_kept in kept.items() if not is_kept]:
        log.warning(
            "This system does not ensure that a process hijacked by a clip %s "
            "(docs/media.md says what that needs)",
            "; ".join(broken),
        )
