"""Column types that mean the same on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from sqlalchemy import DateTime, Text
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    import enum

    from sqlalchemy import Dialect
    from sqlalchemy.types import TypeEngine

    EnumT = TypeVar("EnumT", bound=enum.StrEnum)
else:
    EnumT = TypeVar("EnumT")


class Moment(TypeDecorator[datetime]):
    """An aware moment in UTC, to the microsecond. A naive one is refused."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Use ``timestamptz`` where there is one; SQLite gets text that sorts as time does."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name != "sqlite"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn into UTC; SQLite stores no offset."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs its time zone: {value!r}")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give every moment back in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if dialect.name == "sqlite" else value.astimezone(UTC)


class PlainText(TypeDecorator[str]):
    """Text of any length that both databases take, whatever a stranger wrote.

    PostgreSQL takes no U+0000, and neither driver a lone surrogate (which JSON can carry). Both
    become U+FFFD: words of a provider must never stop the write that records a paid task.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what cannot be stored."""
        if value is None:
            return None
        joined = value.replace("\0", "\ufffd").encode("utf-16-le", "surrogatepass")
        return joined.decode("utf-16-le", "replace")


class EnumText(TypeDecorator[EnumT], Generic[EnumT]):
    """A member of a ``StrEnum``, stored as its word.

    Args:
        words: The ``StrEnum``.
        otherwise: What a word counts as that only a newer version knows, which may be at work on
            the same database. Without it such a word is an error: what follows from a state, or
            where money counts, is not to be guessed.
    """

    impl = Text
    cache_ok = True

    def __init__(self, words: type[EnumT], *, otherwise: EnumT | None = None) -> None:
        super().__init__()
        self.words = words
        self.otherwise = otherwise

    def process_bind_param(self, value: EnumT | None, dialect: Dialect) -> str | None:
        """Refuse what is no member, before the database sees it."""
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> EnumT | None:
        """Give the member back."""
        if value is None:
            return None
        try:
            return self.words(value)
        except ValueError:
            if self.otherwise is None:
                raise
            return self.otherwise


class IdSet(TypeDecorator[frozenset[int]]):
    """A set of ids, stored as a sorted JSON array."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: frozenset[int] | None, dialect: Dialect) -> str | None:
        """Sort, so that equal sets are equal texts."""
        return None if value is None else json.dumps(sorted(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> frozenset[int] | None:
        """Give the set back."""
        return None if value is None else frozenset(json.loads(value))
