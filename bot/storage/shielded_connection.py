"""A connection to SQLite that a cancellation does not tear."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.system.shielding import shielded


class ShieldedConnection(AsyncConnection):
    """A connection whose statements end before a cancellation of their caller goes on.

    Made for SQLite. Its driver's thread never hears of a cancellation, so the statement is carried
    out anyway; and a connection that SQLAlchemy gives up and closes in the middle of one keeps its
    lock on the database until the last reference to the statement is gone, which may be never.
    """

    async def start(self, is_ctxmanager: bool = False) -> AsyncConnection:
        """Connect; if cancelled meanwhile, give the connection back."""
        try:
            return await shielded(super().start(is_ctxmanager))
        except asyncio.CancelledError:
            if self.sync_connection is not None:
                await shielded(super().close())
            raise

    async def execute(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as SQLAlchemy's overloads
        """Execute a statement; ``scalar`` and ``scalars`` come here too."""
        return await shielded(super().execute(*args, **kwargs))

    async def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as SQLAlchemy's
        """Execute text as the driver understands it."""
        return await shielded(super().exec_driver_sql(*args, **kwargs))

    async def run_sync(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as SQLAlchemy's overloads
        """Run a function that uses the connection the synchronous way."""
        return await shielded(super().run_sync(*args, **kwargs))
