"""The options of a PostgreSQL address, as libpq and hosting services write them, for asyncpg.

Source: https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping

_DRIVERS_OWN: Final = frozenset(
    {
        "sslmode",
        "sslrootcert",
        "sslcert",
        "sslkey",
        "sslpassword",
        "sslcrl",
        "ssl_min_protocol_version",
        "ssl_max_protocol_version",
        "target_session_attrs",
        "passfile",
        "krbsrvname",
        "gsslib",
    }
)
"""What asyncpg reads by itself, but only from an address."""
_PLACES: Final = frozenset({"host", "port", "user", "password", "database"})
_SETTLED: Final = frozenset({"channel_binding", "gssencmode"})
"""What asyncpg settles by itself, and hosting services write all the same."""
SHORTEST_TIMEOUT: Final = 2
"""As libpq has it, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresOptions:
    """What an address says of how to connect."""

    query: Mapping[str, str]
    """What stays in the address: where the server is."""
    connect: Mapping[str, Any]
    """Arguments of ``asyncpg.connect``."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Settings of the server's, for each session."""
    is_pooled: bool = False
    """Whether a pooler stands before the server that gives each transaction another session."""


def read_options(query: Mapping[str, str | tuple[str, ...]]) -> PostgresOptions:
    """Translate the options of an address.

    Raises:
        ValueError: One of them is not known, or its value not taken; it is named.
    """
    places: dict[str, str] = {}
    connect: dict[str, Any] = {}
    settings: dict[str, str] = {}
    for_driver: dict[str, str] = {}
    is_pooled = False
    for name, value in query.items():
        if not isinstance(value, str):
            if name not in {"host", "port"}:
                raise ValueError(f"names its option {name} twice")
            value = ",".join(value)
        if name in _PLACES:
            places[name] = value
        elif name == "dbname":
            places["database"] = value
        elif name in _DRIVERS_OWN:
            for_driver[name] = value
        elif name == "ssl":
            for_driver["sslmode"] = value
        elif name == "connect_timeout":
            connect["timeout"] = _seconds(value)
        elif name in {"application_name", "fallback_application_name"}:
            settings.setdefault("application_name", value)
        elif name == "options":
            settings |= _settings_of(value)
        elif name == "pooler":
            if value != "transaction":
                raise ValueError("has an option pooler that is not pooler=transaction")
            is_pooled = True
        elif name not in _SETTLED:
            raise ValueError(f"has an option that the bot does not know: {name}")
    if for_driver:
        connect["dsn"] = f"postgresql://?{urlencode(for_driver)}"
    return PostgresOptions(query=places, connect=connect, settings=settings, is_pooled=is_pooled)


def _seconds(value: str) -> float:
    if not value.isascii() or not value.isdecimal() or int(value) == 0:
        raise ValueError("needs a whole number of seconds, at least 1, as its connect_timeout")
    return float(max(int(value), SHORTEST_TIMEOUT))


def _settings_of(options: str) -> dict[str, str]:
    """Return the settings in libpq's ``options``: ``-c name=value`` or ``--name=value``."""
    found = {}
    words = iter(shlex.split(options))
    for word in words:
        assignment = next(words, "") if word == "-c" else word.removeprefix("--")
        name, equals, value = assignment.removeprefix("-c").partition("=")
        if word[:1] != "-" or not equals or not name.replace(".", "").isidentifier():
            raise ValueError("needs -c name=value in its options")
        found[name] = value
    return found
