"""Which job, server, person, interaction, task and request a line of the log is about."""

from __future__ import annotations

import contextlib
import re
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping

ID_NAMES: Final = ("job", "server", "user", "interaction", "task", "request")
"""The fields of every record, in the order in which they are shown."""

_ids: ContextVar[Mapping[str, str]] = ContextVar("log_ids", default={})  # noqa: B039 - never changed
_NAMED: Final = re.compile(
    r"\b(job|guild|server|user|interaction|task|request) ([0-9]{1,20}|[\w-]*[0-9][\w-]*)\b"
)
"""How messages name what they are about, as in "job 12: …"; code says guild, people say server."""


def note_ids(**ids: object) -> None:
    """Put ids on every line that this asyncio task logs from here on; ``None`` is left out."""
    _ids.set({**_ids.get(), **_texts(ids)})


@contextlib.contextmanager
def with_ids(**ids: object) -> Iterator[None]:
    """Put ids on every line that is logged inside; ``None`` is left out."""
    before = _ids.set({**_ids.get(), **_texts(ids)})
    try:
        yield
    finally:
        _ids.reset(before)


def _texts(ids: Mapping[str, object]) -> dict[str, str]:
    return {name: str(value) for name, value in ids.items() if value is not None}


def add_ids(record: logging.LogRecord) -> bool:
    """Give a record the attributes of ``ID_NAMES``, as a filter of a handler.

    What the message itself names wins: a line about one job may be logged while another is at work.
    """
    found = dict(_ids.get())
    named: set[str] = set()
    for name, value in _NAMED.findall(record.getMessage()):
        field = "server" if name == "guild" else name
        if field not in named:  # the first is what it is about
            named.add(field)
            found[field] = value
    for field in ID_NAMES:
        setattr(record, field, found.get(field))
    record.is_named = bool(named)
    return True
