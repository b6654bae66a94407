"""A PostgreSQL server for a measurement."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@asynccontextmanager
async def durable_postgres() -> AsyncIterator[str]:
    """Run a server that is as durable as an operator's, and yield its URL for SQLAlchemy."""
    from tests import postgres

    postgres.OPTIONS.update(
        fsync="on", synchronous_commit="on", full_page_writes="on", autovacuum="on"
    )
    server = postgres.PostgresServer()
    await asyncio.to_thread(server.create)
    try:
        yield server.dsn.replace("postgresql://", "postgresql+asyncpg://")
    finally:
        await asyncio.to_thread(server.remove)
