"""What every table is made of: the schema they are part of, kinds of columns, constraints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, MetaData, text

if TYPE_CHECKING:
    import enum

    from sqlalchemy.types import TypeEngine

metadata: Final = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

KEY: Final = BigInteger().with_variant(Integer, "sqlite")
"""64 bits on both: on SQLite a key of exactly this type is the row's own number.

https://sqlite.org/lang_createtable.html#rowid
"""


def key_ids(*names: str) -> list[Column[int]]:
    """Return columns for ids of Discord's that are the key, or its first parts."""
    return [Column(name, BigInteger, primary_key=True, autoincrement=False) for name in names]


def required(kind: type[TypeEngine[Any]], *names: str) -> list[Column[Any]]:
    """Return columns of one kind that every row fills."""
    return [Column(name, kind, nullable=False) for name in names]


def optional(kind: type[TypeEngine[Any]], *names: str) -> list[Column[Any]]:
    """Return columns of one kind that may be NULL."""
    return [Column(name, kind) for name in names]


def check(column: str, words: type[enum.StrEnum]) -> CheckConstraint:
    """Return the constraint that ``column`` holds the word of a member of ``words``."""
    listed = ", ".join(repr(str(word)) for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def partial(name: str, *columns: str, where: str) -> Index:
    """Return an index of the rows alone for which ``where`` holds."""
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))
