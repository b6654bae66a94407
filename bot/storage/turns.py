"""Transactions whose caller may leave at any moment: begun, ended and cleared away by tasks here.

A time limit around work that cannot be cancelled is none: SQLite's driver hears of no cancellation,
and a line to PostgreSQL may have to be given up first. So a caller never waits for a statement or a
commit that it no longer wants. It leaves, and a task of ours ends what it began.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import logging
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import StoreUnavailableError
from bot.storage.engines import WAIT_SECONDS
from bot.storage.shielded_connection import ShieldedConnection

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncTransaction

log = logging.getLogger(__name__)

GROUP_SIZE: Final = 16
"""How many changes one commit keeps at most: whoever came first waits for the last of them."""


class _Caller:
    """Somebody who wants a transaction.

    Attributes:
        is_grouped: Whether it may share its commit with others.
        begun: The connection, once it is the caller's turn; cancelled if the caller left before.
        ended: Whether what was changed is to be kept, once the caller has done all it wanted.
        told: Done once the outcome is certain; cancelled if nobody waits for it any more.
    """

    def __init__(self, *, is_grouped: bool) -> None:
        loop = asyncio.get_running_loop()
        self.is_grouped = is_grouped
        self.begun: asyncio.Future[AsyncConnection] = loop.create_future()
        self.ended: asyncio.Future[bool] = loop.create_future()
        self.told: asyncio.Future[None] = loop.create_future()

    async def use(self, connection: AsyncConnection) -> bool:
        """Give the connection to the caller; return whether to keep what it did there."""
        if self.begun.done():
            return False  # it left
        self.begun.set_result(connection)
        keeps = await self.ended
        if isinstance(connection, ShieldedConnection):
            await connection.settle()
        return keeps

    def leave(self, error: BaseException) -> bool:
        """End it with nothing kept; return whether its caller waits until that is done."""
        self.begun.cancel()
        if not self.ended.done():
            self.ended.set_result(False)
        has_begun = not self.begun.cancelled() and self.begun.exception() is None
        waits = has_begun and isinstance(error, Exception)
        if not waits:
            self.told.cancel()
        return waits

    def tell(self, error: Exception | None = None) -> None:
        """Tell the caller the outcome, if it waits for that."""
        if error is None:
            if not self.told.done():
                self.told.set_result(None)
            return
        for future in (self.begun, self.told):
            if not future.done():
                future.set_exception(error)
                future.exception()  # asked for, in case the caller leaves before it does
                return
        if not self.begun.cancelled():
            log.warning("failed after its caller had left: %r", error)


class Turns(ABC):
    """Hands out transactions on connections of one engine.

    Args:
        engine: Whose connections they are.
        on_end: Called with the connection of each transaction once that has ended, however it did.
    """

    wait_seconds: float | None = None
    """How long a caller waits for its turn; ``None`` leaves that to the engine's pool."""

    def __init__(
        self, engine: AsyncEngine, *, on_end: Callable[[AsyncConnection], None] = lambda _: None
    ) -> None:
        self._engine = engine
        self._on_end = on_end
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def open_count(self) -> int:
        """How many transactions have not ended, those of callers that left among them."""
        return len(self._tasks)

    async def wait_until_idle(self) -> None:
        """Wait until none is open."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    @contextlib.asynccontextmanager
    async def turn(self, *, is_grouped: bool = False) -> AsyncIterator[AsyncConnection]:
        """Open a transaction: kept at the end, undone on any exception.

        Cancelled, the caller leaves at once. If that was inside, everything is undone; if it was
        already waiting for the commit, that goes on.
        """
        caller = _Caller(is_grouped=is_grouped)
        self._start(caller)
        try:
            async with asyncio.timeout(self.wait_seconds):
                connection = await caller.begun
            yield connection
        except BaseException as exc:
            if caller.leave(exc):
                await caller.told  # not before: what it read may be somebody's change that is lost
            raise
        caller.ended.set_result(True)
        await caller.told

    @abstractmethod
    def _start(self, caller: _Caller) -> None:
        """See to it that the turn comes."""

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[AsyncConnection]:
        connection = AsyncConnection(self._engine)
        if self._engine.dialect.name == "sqlite":
            connection = ShieldedConnection(self._engine)
        try:
            await connection.start()
            yield connection
        finally:
            if connection.sync_connection is not None:
                await connection.close()
            self._on_end(connection)


class PooledTurns(Turns):
    """Every transaction at once, as far as the pool has connections.

    Args:
        engine: Whose connections they are.
        is_read_only: Whether PostgreSQL refuses whatever would write; on SQLite the engine does.
        on_end: As for all ``Turns``.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        is_read_only: bool = False,
        on_end: Callable[[AsyncConnection], None] = lambda _: None,
    ) -> None:
        super().__init__(engine, on_end=on_end)
        self._options = {"postgresql_readonly": True} if is_read_only else {}

    def _start(self, caller: _Caller) -> None:
        self._spawn(self._carry_out(caller))

    async def _carry_out(self, caller: _Caller) -> None:
        try:
            async with self._connected() as connection:
                if self._options:
                    await connection.execution_options(**self._options)
                transaction = await connection.begin()
                if await caller.use(connection):
                    await _keep(connection, transaction)
                else:
                    await _undo(transaction)
        except Exception as exc:  # noqa: BLE001 - it is the caller's, who is told
            caller.tell(exc)
        else:
            caller.tell()


class GroupedTurns(Turns):
    """One transaction after the other, and one commit for all that wait while another is under way.

    A commit to a disk takes longer than all statements before it. So whoever waits may add to the
    transaction that is open, behind a savepoint of its own; nobody is told an outcome, good or bad,
    before the commit that they share. Where that fails, all of them failed.
    """

    wait_seconds = WAIT_SECONDS

    def __init__(
        self, engine: AsyncEngine, *, on_end: Callable[[AsyncConnection], None] = lambda _: None
    ) -> None:
        super().__init__(engine, on_end=on_end)
        self._line: collections.deque[_Caller] = collections.deque()
        self._is_at_work = False

    def _start(self, caller: _Caller) -> None:
        self._line.append(caller)
        if not self._is_at_work:
            self._is_at_work = True
            self._spawn(self._work())

    async def _work(self) -> None:
        try:
            while (first := self._next()) is not None:
                await self._carry_out(first)
        finally:
            self._is_at_work = False

    def _next(self) -> _Caller | None:
        while self._line:
            caller = self._line.popleft()
            if not caller.begun.done():  # or its caller left
                return caller
        return None

    def _next_of_group(self, size: int) -> _Caller | None:
        if size == GROUP_SIZE or (caller := self._next()) is None:
            return None
        if caller.is_grouped:
            return caller
        self._line.appendleft(caller)
        return None

    async def _carry_out(self, first: _Caller) -> None:
        group = [first]
        try:
            async with self._connected() as connection:
                transaction = await connection.begin()
                if not await first.use(connection):
                    await _undo(transaction)
                else:
                    while first.is_grouped and (caller := self._next_of_group(len(group))):
                        group.append(caller)
                        await _add(connection, caller)
                    await _keep(connection, transaction)
        except Exception as exc:  # noqa: BLE001 - it is the callers', who are told
            for caller in group:
                caller.tell(exc)
        else:
            for caller in group:
                caller.tell()


async def _add(connection: AsyncConnection, caller: _Caller) -> None:
    """Add one caller's changes to the transaction that is open; if it fails, only these are undone.

    Raises:
        StoreUnavailableError: SQLite gave the whole transaction up, as it does when the disk is
            full. https://sqlite.org/lang_transaction.html
    """
    savepoint = await connection.begin_nested()
    if await caller.use(connection):
        await savepoint.commit()
    else:
        await savepoint.rollback()
    raw = await connection.get_raw_connection()
    if not getattr(raw.driver_connection, "in_transaction", True):
        raise StoreUnavailableError("the database undid what was written together")


async def _keep(connection: AsyncConnection, transaction: AsyncTransaction) -> None:
    try:
        await transaction.commit()
    except BaseException:
        # SQLAlchemy takes a failed commit for the end, and SQLite may not: closed, it is undone.
        await connection.invalidate()
        raise


async def _undo(transaction: AsyncTransaction) -> None:
    try:
        await transaction.rollback()
    except Exception as exc:  # noqa: BLE001 - the caller's own error is the one to be told
        log.debug("rolling back: %s", exc)
