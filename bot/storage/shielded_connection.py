"""A connection to SQLite that a cancellation does not tear."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from sqlalchemy.ext.asyncio import AsyncEngine

ResultT = TypeVar("ResultT")


class ShieldedConnection(AsyncConnection):
    """A connection whose statements go on to their end when their caller is cancelled and leaves.

    Made for SQLite. Its driver's thread never hears of a cancellation, so the statement is carried
    out anyway; and a connection that SQLAlchemy gives up and closes in the middle of one keeps its
    lock on the database until the last reference to the statement is gone, which may be never.
    """

    def __init__(self, async_engine: AsyncEngine) -> None:
        super().__init__(async_engine)
        self._statement: asyncio.Task[Any] | None = None

    async def settle(self) -> None:
        """Wait for a statement whose caller has left; nobody hears how it went."""
        if self._statement is not None:
            await asyncio.wait([self._statement])
            if not self._statement.cancelled():
                self._statement.exception()  # asked for, so that asyncio says nothing of it

    async def _carry_out(self, work: Coroutine[Any, Any, ResultT]) -> ResultT:
        self._statement = task = asyncio.ensure_future(work)
        await asyncio.wait([task])
        return task.result()

    async def execute(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as SQLAlchemy's overloads
        """Execute a statement; ``scalar`` and ``scalars`` come here too."""
        return await self._carry_out(super().execute(*args, **kwargs))

    async def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as SQLAlchemy's
        """Execute text as the driver understands it."""
        return await self._carry_out(super().exec_driver_sql(*args, **kwargs))

    async def run_sync(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as SQLAlchemy's overloads
        """Run a function that uses the connection the synchronous way."""
        return await self._carry_out(super().run_sync(*args, **kwargs))
