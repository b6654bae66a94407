"""Work that goes on to its end although its caller is cancelled."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine

log = logging.getLogger(__name__)

ResultT = TypeVar("ResultT")


async def shielded(work: Coroutine[Any, Any, ResultT]) -> ResultT:
    """Run ``work`` to its end even when cancelled meanwhile; only then let the cancellation go on.

    For what must not be left half done (a commit, or the note that money was spent) and has its
    own time limit: a cancelled caller waits until it is over.
    """
    task = asyncio.ensure_future(work)
    cancellation: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError as exc:
            cancellation = exc
    if cancellation is None:
        return task.result()
    if not task.cancelled() and (error := task.exception()) is not None:
        log.warning("failed after its caller was cancelled: %r", error)
    raise cancellation
