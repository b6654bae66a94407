"""How long a press may wait for the database, so that Discord still gets its answer in time.

Whatever reads or writes the database in ``cogs/`` raises ``StoreError`` when that does not answer,
and says so only where it means more; whoever pressed is told by ``cogs/common/pages.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from bot.errors import StoreUnavailableError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

STORE_SECONDS = 1.0
"""How long the database may take before an answer is due; Discord waits for 3 s."""


@contextlib.asynccontextmanager
async def store_deadline(seconds: float | None = None) -> AsyncIterator[None]:
    """Give what is awaited inside ``seconds``; after that the database counts as unreachable.

    Without a number it is ``STORE_SECONDS``.

    Raises:
        StoreUnavailableError: The time is over. Whatever else goes wrong inside comes out as it is.
    """
    seconds = STORE_SECONDS if seconds is None else seconds
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise StoreUnavailableError(f"no answer within {seconds:g} s") from exc
