"""Values of settings that can be read and still cannot be right: addresses, prices."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr
from sqlalchemy.engine import URL as SqlUrl  # noqa: N811 - yarl's is named so as well
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError
from yarl import URL

from bot.domain.money import MICROS_PER_DOLLAR, PRICES, dollars
from bot.prices import read_prices
from bot.system.hosts import is_loopback
from bot.system.postgres_options import read_options

if TYPE_CHECKING:
    from collections.abc import Collection

COMETAPI_URL: Final = "https://api.cometapi.com/runwayml/v1"
RUNWAY_URL: Final = "https://api.dev.runwayml.com/v1"
_PROVIDERS: Final = {"cometapi.com": COMETAPI_URL, "runwayml.com": RUNWAY_URL}
ACCOUNT_PAGES: Final = {
    COMETAPI_URL: "https://www.cometapi.com/console/token",
    RUNWAY_URL: "https://dev.runwayml.com/",
}
"""Where the owner of the key sees to it and to the money."""
_ROUTES: Final = {"video_to_video", "tasks", "organization"}

_DEAR_SECOND: Final = 2 * MICROS_PER_DOLLAR
_DEAR_JOB: Final = 50 * MICROS_PER_DOLLAR


def check_base_url(value: str) -> str:
    """Return the address of the API without a slash at its end.

    Raises:
        ValueError: The key would travel openly, or nobody answers there as Runway's API does.
    """
    url = URL(value.strip().rstrip("/"))
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(f"must be an address such as {COMETAPI_URL}")
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError("must be https: the API key travels with every request")
    if url.query_string or url.fragment or url.user:
        raise ValueError("must have no user, query or fragment")
    if url.name in _ROUTES:
        raise ValueError(f"must end before /{url.name}, which the bot adds itself")
    for domain, right in _PROVIDERS.items():
        is_theirs = url.host == domain or url.host.endswith(f".{domain}")
        if is_theirs and str(url) != right:
            raise ValueError(f"must be {right} for this provider: nothing answers elsewhere")
    return str(url)


def check_priced_models(words: str, models: Collection[str]) -> None:
    """Make sure that ``PRICES`` names models that exist or are used.

    Args:
        words: The setting, as ``read_prices`` takes it.
        models: Those that ``RUNWAY_MODEL`` names.

    Raises:
        ValueError: It names another one, whose price would never be used.
    """
    known = {*PRICES, *models}
    for name in read_prices(words):
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(
                f"{name} is neither a model that Restyle knows nor in RUNWAY_MODEL{hint} "
                f"(known: {', '.join(sorted(known))})"
            )


def suspicious_prices(words: str) -> list[str]:
    """Return a sentence about each price that is probably a slip, such as credits for dollars."""
    lines = []
    for name, price in read_prices(words).items():
        if price.per_second >= _DEAR_SECOND:
            lines.append(
                f"PRICES: {name} would cost {dollars(price.per_second)} a second. Prices are in "
                "dollars; 15 credits are 0.15."
            )
        if max(price.per_job, price.minimum) >= _DEAR_JOB:
            lines.append(
                f"PRICES: one job with {name} would cost "
                f"{dollars(max(price.per_job, price.minimum))} or more. Prices are in dollars."
            )
        if not (price.per_second or price.per_job or price.minimum):
            lines.append(
                f"PRICES: {name} would cost nothing, so no budget would ever stop a job with it."
            )
    return lines


_ADDRESS: Final = re.compile(r"(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.\-]+):([0-9]{1,5})")


def check_address(value: str) -> str:
    """Return ``host:port`` on which a server can listen, as it was written; empty is none.

    Raises:
        ValueError: It is something else.
    """
    found = _ADDRESS.fullmatch(value)
    if value and (found is None or not 0 < int(found[1]) < 65536):
        raise ValueError("must be a host and a port, such as 127.0.0.1:9464 or [::1]:9464")
    return value


def check_update_url(value: str) -> str:
    """Return the address as it was written; empty is none.

    Raises:
        ValueError: It is no https address, or one with a user in it.
    """
    try:
        url = URL(value)
        is_right = url.scheme == "https" and bool(url.host) and url.user is None
    except ValueError:
        is_right = False
    if value and not is_right:
        raise ValueError("must be an https address")
    return value


def check_proxy(value: str) -> str:
    """Return the address of a proxy as it was written; empty is none.

    Raises:
        ValueError: It is of another kind, such as SOCKS, or none at all.
    """
    try:
        url = URL(value)
        is_right = url.scheme in {"http", "https"} and bool(url.host) and url.path in {"", "/"}
    except ValueError:
        is_right = False
    if value and not is_right:
        raise ValueError("must be an HTTP proxy, such as http://proxy.example.com:3128")
    return value


def check_filled(value: SecretStr) -> SecretStr:
    """Return a secret without the spaces around it.

    Raises:
        ValueError: It is empty, or has a space in it.
    """
    secret = value.get_secret_value().strip()
    if not secret:
        raise ValueError("must not be empty")
    if any(c.isspace() for c in secret):
        raise ValueError("must not contain spaces")
    return SecretStr(secret)


def read_unlimited(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over what it was given
    """Return ``None`` for the word ``unlimited``, and anything else as it was given."""
    is_word = isinstance(value, str) and value.strip().lower() == "unlimited"
    return None if is_word else value


_DRIVERS: Final = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",  # as hosting services spell it
}


_ESCAPES: Final = (
    "in a user name or password write %40 for @, %2F for /, %3A for :, %23 for #, %3F for ?, "
    "%25 for %"
)


def complete_database_url(value: str) -> str:
    """Return a database's address as people write it with the driver that is used for it.

    Raises:
        ValueError: It is no address, or of a database that is not known.
    """
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):  # the latter quotes what it takes for a port
        raise ValueError(f"must be a URL such as sqlite:///data/restyle.db; {_ESCAPES}") from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise ValueError("must start with sqlite:// or postgresql://")
    if "@" in (url.host or ""):  # its end is of the password
        raise ValueError(f"has one @ too many; {_ESCAPES}")
    if driver == "postgresql+asyncpg":
        url = _without_libpq_options(url)
    return url.set(drivername=driver).render_as_string(hide_password=False)


def _without_libpq_options(url: SqlUrl) -> SqlUrl:
    """Return ``url`` with the options that hosting services add in the words of asyncpg.

    Raises:
        ValueError: It has an option that is not known.
    """
    read_options(url.query)
    query = dict(url.query)
    query.pop("channel_binding", None)  # asyncpg settles that by itself
    if sslmode := query.pop("sslmode", None):
        query["ssl"] = sslmode
    return url.set(query=query)


_IDS: Final = re.compile(r"[0-9]{15,20}(?:,[0-9]{15,20})*")


def check_user_ids(value: str) -> str:
    """Return ids of Discord users with commas between them and no spaces; empty is none.

    Raises:
        ValueError: They are something else.
    """
    ids = value.replace(" ", "")
    if ids and not _IDS.fullmatch(ids):
        raise ValueError("must be the ids of Discord users, with commas between them")
    return ids


def check_servers(value: str) -> str:
    """Return ids of Discord servers with commas between them and no spaces, or ``any``.

    Raises:
        ValueError: It is something else.
    """
    ids = value.replace(" ", "").lower()
    if ids != "any" and not _IDS.fullmatch(ids):
        raise ValueError("must be the ids of Discord servers, with commas, or the word any")
    return ids


def check_shards(value: str, *, is_sqlite: bool) -> str:
    """Return ``SHARDS`` without spaces: `0,1/4` is the first two of four; empty is all.

    Raises:
        ValueError: It names shards that there are not, or, with SQLite, not all of them.
    """
    if not value:
        return value
    match = re.fullmatch(r"(\d+(?:,\d+)*)/(\d+)", value.replace(" ", ""))
    if match is None:
        raise ValueError("must look like 0,1/4: shards 0 and 1 of 4")
    named, count = {int(shard) for shard in match[1].split(",")}, int(match[2])
    if max(named) >= count:
        raise ValueError("must name existing shards: of 4 there are 0, 1, 2 and 3")
    if len(named) < count and is_sqlite:
        raise ValueError(
            "must name every shard with SQLite, which has one process; "
            "several processes need PostgreSQL in DATABASE_URL"
        )
    return match[0]


RETENTION: Final = {
    "words": (90, 1),
    "questions": (90, 1),
    "strikes": (365, 120),
    "changes": (365, 1),
}
"""For each kind of data the days that hold where nothing is said, and the fewest that make sense.

Strikes count together for up to 90 days, and the pause that follows lasts up to 30.
"""


def read_retention(words: str) -> dict[str, float]:
    """Return after how many days each kind of data is deleted; 0 is never.

    Raises:
        ValueError: It is not a list of such kinds, as ``words=90,questions=90``.
    """
    found = {kind: float(days) for kind, (days, _) in RETENTION.items()}
    for part in filter(None, words.replace(" ", "").split(",")):
        kind, _, days = part.partition("=")
        if kind not in RETENTION or not re.fullmatch(r"[0-9]{1,5}", days):
            raise ValueError(
                "must be days by kind, such as words=90,questions=90; the kinds are "
                f"{', '.join(RETENTION)}, and 0 keeps one for good"
            )
        least = RETENTION[kind][1]
        if 0 < int(days) < least:
            raise ValueError(f"{kind} must be 0 or at least {least} days")
        found[kind] = float(days)
    return found


def check_retention(words: str) -> str:
    """Return ``words`` without spaces if :func:`read_retention` can read them.

    Raises:
        ValueError: It cannot.
    """
    read_retention(words)
    return words.replace(" ", "")
