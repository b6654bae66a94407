"""What moderators are asked to look at."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table

from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.storage.columns import EnumText, Moment, PlainText
from bot.storage.tables.base import check, key_ids, metadata, optional, required

reviews: Final = Table(
    "reviews",
    metadata,
    *key_ids("job_id"),
    Column("stage", EnumText(ReviewStage), primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("standing", EnumText(ReviewStatus), nullable=False),
    # JSON list of words: why it came to review.
    Column("reasons", PlainText, nullable=False),
    *required(Moment, "opened_at", "expires_at"),
    # Where its card is posted, or about to be; NULL while it has no place in the review channel.
    *optional(BigInteger, "channel_id", "message_id"),
    # Since when it waits for such a place; NULL when it has one, or has not asked for one yet.
    Column("folded_at", Moment),
    Column("taken_by", BigInteger),
    Column("taken_at", Moment),
    Column("decided_by", BigInteger),
    Column("decided_at", Moment),
    Column("note", PlainText),
    # What the prompt was before a moderator mended it, and who did.
    Column("prompt_before", PlainText),
    Column("mended_by", BigInteger),
    check("stage", ReviewStage),
    check("standing", ReviewStatus),
    Index("ix_reviews_open", "guild_id", "standing", "opened_at"),
)

review_folds: Final = Table(
    "review_folds",
    metadata,
    # The one message that stands for all requests of a guild that have no place.
    *key_ids("guild_id"),
    *required(BigInteger, "channel_id", "message_id"),
)

appeals: Final = Table(
    "appeals",
    metadata,
    # The job, or the interaction that was refused: each can be appealed once.
    *key_ids("id"),
    *required(BigInteger, "guild_id", "user_id"),
    Column("job_id", BigInteger),
    # What it is about, in the words that the member saw, and the member's own.
    *required(PlainText, "about", "words"),
    Column("opened_at", Moment, nullable=False),
    *optional(BigInteger, "channel_id", "message_id", "answered_by"),
    Column("answered_at", Moment),
    Column("answer", PlainText),
    # When the member got it.
    Column("told_at", Moment),
    Index("ix_appeals_guild", "guild_id", "opened_at"),
    Index("ix_appeals_user", "user_id", "opened_at"),
    Index("ix_appeals_opened_at", "opened_at"),
)
