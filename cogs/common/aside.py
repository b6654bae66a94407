"""Work that one person can start, aside from the threads that everybody shares."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

ResultT = TypeVar("ResultT")


async def in_own_thread(work: Callable[[], ResultT]) -> ResultT:
    """Return what ``work`` does in a thread of its own.

    The shared threads serve files and downloads; large imports and exports of a few people would
    hold all of them up.
    """
    thread = ThreadPoolExecutor(1, thread_name_prefix="aside")
    try:
        return await asyncio.get_running_loop().run_in_executor(thread, work)
    finally:
        thread.shutdown(wait=False)
