"""How a job loses its words and links, be it for a person, for age, or for a server that left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, insert, select, text, update

from bot.domain.jobs import FINAL_STATES
from bot.storage.tables.deletion import archive_removals
from bot.storage.tables.job import PERSONAL, jobs
from bot.storage.tables.review import reviews

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database

WIPED: Final[dict[str, Any]] = {
    "prompt": "",
    "look_name": None,
    "own_words": None,
    "source_url": "",
    "source_filename": "",
    "source_message_url": None,
    "reference_url": None,
    "sent_url": None,
    "output_url": None,
    "archive_url": None,
    "cancel_note": None,
    "delete_note": None,
    "failure_detail": None,
    "role_ids": None,
}
"""What becomes of a job's words and links. Times, outcomes and money stay: caps and the operator's
books are sums over them, and so do the ids of our messages, without which nobody could delete a
result any more."""
WIPED_REVIEW: Final[dict[str, Any]] = {"note": None, "prompt_before": None, "reasons": "[]"}

IS_OVER: Final = and_(jobs.c.told_at.is_not(None), jobs.c.state.in_(sorted(FINAL_STATES)))
"""Nothing can come of the job any more. One that is UNCERTAIN can: somebody may settle it."""
IS_PERSONAL: Final[ColumnElement[bool]] = text(PERSONAL)  # type: ignore[assignment] # plain SQL serves as a condition


async def wipe_jobs(
    connection: AsyncConnection,
    database: Database,
    *conditions: ColumnElement[bool],
    limit: int,
    user_id: int | None = None,
    keep_file: bool = False,
) -> int:
    """Empty the words and links of up to ``limit`` jobs that are over, and of their reviews.

    Args:
        connection: Of an open transaction.
        database: Tells the time.
        conditions: Which jobs, besides that they are over.
        limit: How many at most; the oldest first.
        user_id: Who asked for it, to be told how many files are still there.
        keep_file: Whether the file in the archive stays, with its link; else it is noted for
            removal.

    Returns:
        How many jobs that were.
    """
    rows = await connection.execute(
        select(jobs.c.id, jobs.c.archive_url)
        .where(*conditions, IS_OVER)
        .order_by(jobs.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    found = rows.all()
    if not found:
        return 0
    ids = [row.id for row in found]
    values = WIPED.copy()
    if keep_file:
        del values["archive_url"]
    else:
        await _note_files(connection, database, {row.archive_url for row in found}, user_id)
    await connection.execute(
        update(jobs).where(jobs.c.id.in_(ids)).values(**values, updated_at=database.now())
    )
    await connection.execute(
        update(reviews).where(reviews.c.job_id.in_(ids)).values(**WIPED_REVIEW)
    )
    return len(ids)


async def _note_files(
    connection: AsyncConnection, database: Database, urls: set[str | None], user_id: int | None
) -> None:
    now = await database.read_now(connection)
    noted = [{"url": url, "user_id": user_id, "noted_at": now} for url in urls if url]
    if noted:
        await connection.execute(insert(archive_removals), noted)
