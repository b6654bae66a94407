"""Logging set-up: one event is one line, as text or JSON, and no secret reaches a handler."""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pythonjsonlogger.json import JsonFormatter

from bot.system.log_context import ID_NAMES, add_ids
from bot.system.redaction import DATA_URIS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import TracebackType

    from bot.settings import Settings

    ExceptionInfo = (
        tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]
    )

log = logging.getLogger(__name__)

SHORTEST_SECRET: Final = 8
"""A shorter one is part of too many words: taking it out would make the log unreadable."""
_SURE_SECRET: Final = 16
"""One of so many characters is nothing else by accident, whatever stands around it."""
_MOST_FRAMES: Final = 20

_SIGNATURES: Final = re.compile(
    r"(?P<name>[?&](?:_jwt|hm|Signature|X-Amz-Signature|sig)=)[^&\s\"'<>]+", re.IGNORECASE
)
_LINE_ENDS: Final = str.maketrans(
    {"\n": "\\n", "\r": "\\r", "\v": "\\v", "\f": "\\f", "\x1b": "\\x1b"}
    | {"\x85": "\\x85", "\u2028": "\\u2028", "\u2029": "\\u2029"}
)
"""What others wrote could otherwise end a line, and begin one that looks like ours."""
_ROOT: Final = Path(__file__).parents[1]


class Redaction:
    """Removes secrets, the signatures in signed links, and the contents of data URIs.

    A secret of fewer than ``SHORTEST_SECRET`` characters is not removed; one of fewer than 16 only
    where it stands alone, not as a part of a longer word.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        long_enough = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
        # The longest first: one secret may be part of another.
        parts = [
            re.escape(secret)
            if len(secret) >= _SURE_SECRET
            else rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])"
            for secret in sorted(long_enough, key=len, reverse=True)
        ]
        self._secrets = re.compile("|".join(parts) or r"(?!)")

    def of(self, text: str) -> str:
        """Return ``text`` without what must not be read."""
        text = self._secrets.sub("[secret]", text)
        text = _SIGNATURES.sub(r"\g<name>[signature]", text)
        return DATA_URIS.sub(r"\1[data]", text)


class LineFormatter(logging.Formatter):
    """Writes a record in one line, its exception and where that came from included.

    What is removed is removed from the words, never from the names of level and logger.
    """

    def __init__(self, *, secrets: Iterable[str]) -> None:
        super().__init__()
        self._redaction = Redaction(secrets)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; ids that the message does not name follow it in brackets."""
        words = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            words += f": {told_in_short(record.exc_info[1])}"
        if not getattr(record, "is_named", True):
            ids = [(name, getattr(record, name, None)) for name in ID_NAMES]
            around = ", ".join(f"{name} {value}" for name, value in ids if value is not None)
            words += f" [{around}]" if around else ""
        words = self._redaction.of(words).translate(_LINE_ENDS)
        return f"{self.formatTime(record)} {record.levelname:<7} {record.name}: {words}"


class RedactingJsonFormatter(JsonFormatter):
    """Writes a record as an object of JSON in one line, ids and the whole traceback as fields."""

    def __init__(self, *, secrets: Iterable[str]) -> None:
        super().__init__(
            ["levelname", "name", "message", *ID_NAMES],
            rename_fields={"levelname": "level", "name": "logger", "exc_info": "traceback"},
            reserved_attrs=[*logging.makeLogRecord({}).__dict__, "is_named", "message", "asctime"],
            timestamp="time",
            json_ensure_ascii=False,
        )
        self._redaction = Redaction(secrets)

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """Return the fields that say something, without what must not be read."""
        kept = super().process_log_record(log_data)
        return {
            name: self._redaction.of(value)
            if isinstance(value, str) and name not in {"level", "logger"}
            else value
            for name, value in kept.items()
            if value is not None
        }


def told_in_short(error: BaseException) -> str:
    """Return an exception, what caused it, and the calls that led to it, in one line.

    The innermost call comes first; ``LOG_FORMAT=json`` has the whole traceback.
    """
    parts: list[str] = []
    seen: set[int] = set()
    told: BaseException | None = error
    while told is not None and id(told) not in seen:
        seen.add(id(told))
        calls = traceback.extract_tb(told.__traceback__)[-_MOST_FRAMES:]
        way = " < ".join(
            f"{_short(call.filename)}:{call.lineno} {call.name}" for call in reversed(calls)
        )
        name = type(told).__qualname__
        parts.append(f"{name}: {told}" + (f" ({way})" if way else ""))
        hidden = told.__suppress_context__
        told = told.__cause__ or (None if hidden else told.__context__)
    return "; because of ".join(parts)


def _short(filename: str) -> str:
    """Return the path of a module as people know it: from the project's root, or its package."""
    path = Path(filename)
    if path.is_relative_to(_ROOT) and "site-packages" not in path.parts:
        return path.relative_to(_ROOT).as_posix()
    return "/".join(path.parts[-2:])


def set_up_logging(settings: Settings) -> None:
    """Log to standard error at the level and in the form of ``settings``, secrets removed.

    Other libraries speak from WARNING on; discord.py from INFO, because it tells of reconnects.
    """
    form = RedactingJsonFormatter if settings.log_format == "json" else LineFormatter
    handler = logging.StreamHandler()
    handler.setFormatter(form(secrets=settings.secrets))
    handler.addFilter(add_ids)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.captureWarnings(capture=True)
    for name in ("bot", "cogs"):
        logging.getLogger(name).setLevel(settings.log_level)
    logging.getLogger("discord").setLevel(
        max(logging.INFO, logging.getLevelName(settings.log_level))
    )
    if any(len(secret) < SHORTEST_SECRET for secret in settings.secrets):
        log.warning(
            "A secret in the settings, such as the database's password, has fewer than %d "
            "characters: it cannot be kept out of this log. Choose a longer one",
            SHORTEST_SECRET,
        )
