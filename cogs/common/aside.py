"""Work that one person can start, aside from the event loop and from the threads of everybody."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ResultT = TypeVar("ResultT")

THREADS: Final = 3
"""So many people's work is done at once; they share the processor with everything else."""


class Aside:
    """A few threads for imports, exports and previews, of which nobody gets two.

    The threads that asyncio shares serve files and downloads; large imports of a few people would
    hold all of them up. Here who starts much waits for their own work, not others for it.
    """

    def __init__(self, threads: int = THREADS) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="aside")
        self._busy: dict[int, asyncio.Future[Any]] = {}

    async def run(self, user_id: int, work: Callable[[], ResultT]) -> ResultT:
        """Return what ``work`` does, once what this person started before is done."""
        while (earlier := self._busy.get(user_id)) is not None:
            await asyncio.wait([earlier])
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        self._busy[user_id] = future

        def is_free(_: asyncio.Future[Any]) -> None:
            del self._busy[user_id]

        future.add_done_callback(is_free)
        # Who stops waiting does not stop the thread, so their next work waits for it all the same.
        return await asyncio.shield(future)

    def close(self) -> None:
        """Let the threads end with what they are at."""
        self._pool.shutdown(wait=False, cancel_futures=True)
