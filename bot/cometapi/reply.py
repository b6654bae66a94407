"""An HTTP answer as a value, and what every kind of answer has in common."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import orjson

from bot.system.redaction import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

_REQUEST_ID: Final = re.compile(r"\(request id: ?([\w.:-]{1,128})\)", re.ASCII)
_REQUEST_ID_HEADERS: Final = (
    "X-Cometapi-Request-Id",
    "X-Oneapi-Request-Id",  # as it was called before, and by the gateway software itself
)
_HEADER_REQUEST_ID: Final = re.compile(r"[\w.:-]{1,128}", re.ASCII)
_EXACT: Final = 2**53
"""Whole numbers below are exact as they are; no id of ours is a number."""
_SECONDS: Final = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of CometAPI: nothing in it has been judged yet."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Looked up without regard to case, as aiohttp's are."""
    body: bytes = field(repr=False)
    """It may hold a signed link."""

    @property
    def is_success(self) -> bool:
        """Whether HTTP calls it a success (2xx)."""
        return 200 <= self.status < 300

    def payload(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body as JSON; ``None`` if it is none, whatever its ``Content-Type``.

        HTML comes with a status of 200 too when the path is wrong.

        Source: https://apidoc.cometapi.com/errors/error-codes-handling
        """
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return _nearly_json(self.body)

    def text(self) -> str:
        """Return the start of the body for the log, without secrets."""
        return redact(self.body[:65536].decode("utf-8", "replace"))

    @property
    def request_id(self) -> str | None:
        """CometAPI's id of the request: a header, or in the text of an error.

        It is the only id that CometAPI's log can be asked for, and comes with a success as well.
        """
        for name in _REQUEST_ID_HEADERS:
            named = self.headers.get(name, "")
            if _HEADER_REQUEST_ID.fullmatch(named):
                return named
        if self.is_success:
            return None
        match = _REQUEST_ID.search(self.body[:65536].decode("utf-8", "replace"))
        return match[1] if match else None

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent by the other side's clock; ``None`` where it does not say."""
        return _http_date(self.headers.get("Date", ""))

    @property
    def retry_after_seconds(self) -> float | None:
        """How long to wait, when ``Retry-After`` says so, in seconds or as a date.

        A date is read against the answer's own ``Date``, so a wrong clock here does no harm.
        """
        value = self.headers.get("Retry-After", "").strip()
        if not value:
            return None
        if _SECONDS.fullmatch(value):
            return float(value)
        until = _http_date(value)
        if until is None:
            return None
        now = _http_date(self.headers.get("Date", "")) or datetime.now(UTC)
        return max(0.0, (until - now).total_seconds())


def _nearly_json(body: bytes) -> Any:  # noqa: ANN401 - JSON
    """Return what is JSON but for NaN, numbers beyond all bounds, half characters or a mark before.

    A paid task must not be lost sight of for a number that nobody needs: such become ``None``.
    """
    try:
        value = json.loads(
            body.decode("utf-8-sig", "replace"),
            parse_constant=lambda _: None,
            parse_float=_finite,
            parse_int=_finite,
        )
        return orjson.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _finite(digits: str) -> int | float | None:
    number = float(digits)
    if not math.isfinite(number):
        return None
    return int(digits) if digits.lstrip("-").isdigit() and abs(number) < _EXACT else number


def _http_date(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_number(value: object) -> float | None:
    """Return a JSON number that is finite and not negative, else ``None``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value) if value >= 0 and math.isfinite(value) else None
        except OverflowError:  # a whole number beyond all floats
            return None
    return None


def read_credits(body: Mapping[str, Any], key: str) -> float | None:
    """Return the credits in ``{key: {"credits": number}}``; 1 credit is $0.01."""
    cost = body.get(key)
    return read_number(cost.get("credits")) if isinstance(cost, dict) else None
