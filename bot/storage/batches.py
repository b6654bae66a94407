"""Thousands of rows, made into values without keeping everybody else waiting meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import CursorResult, RowMapping

ValueT = TypeVar("ValueT")

AT_ONCE: Final = 200
"""Rows made into values before others have their turn: some milliseconds of work."""


async def in_batches(rows: CursorResult[Any], make: Callable[[RowMapping], ValueT]) -> list[ValueT]:
    """Return what ``make`` makes of each row, in their order."""
    found: list[ValueT] = []
    for some in rows.mappings().partitions(AT_ONCE):
        found += map(make, some)
        await asyncio.sleep(0)
    return found
