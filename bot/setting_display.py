"""The settings as others may see them: no secret, nor an address that holds one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

if TYPE_CHECKING:
    from bot.settings import Settings

MASK: Final = "********"
_LONGEST: Final = 100
_PASSWORDS: Final = re.compile(
    r"(?P<before>://[^/?#@:]*:)[^/?#]*(?=@)|(?P<asked>[?&](?:\w*(?:password|secret|token|key)\w*)=)[^&]+",
    re.IGNORECASE,
)
"""The secret parts of an address, such as a database's: ``user:PASSWORD@`` and ``?password=``."""


def shown(settings: Settings, name: str) -> Any:  # noqa: ANN401 - each field has its own type
    """Return a value as others may see it, masked where it is secret."""
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if not isinstance(value, str):
        return value if value is None or isinstance(value, bool | int | float) else str(value)
    return _PASSWORDS.sub(lambda found: (found["before"] or found["asked"]) + MASK, value)


def in_words(value: Any) -> str:  # noqa: ANN401 - as above
    """Return what :func:`shown` returned as a person would write it, cut to 100 characters."""
    if value is None:
        return "unlimited"  # no other setting can be None
    if value == "":
        return "-"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def what_differs(settings: Settings) -> str:
    """Return every setting that is not as it is by default, in one line: ``NAME=value, …``."""
    return ", ".join(
        f"{name.upper()}={in_words(shown(settings, name))}"
        for name, field in type(settings).model_fields.items()
        if field.is_required() or getattr(settings, name) != field.default
    )
