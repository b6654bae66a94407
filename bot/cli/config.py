"""``python -m bot config``: every setting, the value that holds, and where it comes from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from pydantic import SecretStr

from bot.cli.output import add_json, say, say_json, table
from bot.setting_sources import origins
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    import argparse

    from bot.cli.output import Commands

MASK: Final = "********"
_LONGEST: Final = 100
_PASSWORDS: Final = re.compile(
    r"(?P<before>://[^/?#@:]*:)[^/?#]*(?=@)|(?P<asked>[?&](?:\w*(?:password|secret|token|key)\w*)=)[^&]+",
    re.IGNORECASE,
)
"""The secret parts of an address, such as a database's: ``user:PASSWORD@`` and ``?password=``."""


def add_to(commands: Commands) -> None:
    """Add the command's words to the parser."""
    command = commands.add_parser(
        "config",
        help="print every setting, its value and where it comes from; secrets are masked",
        description="Print every setting with the value that holds and where it comes from: "
        "default, environment, .env, a file that NAME_FILE names, or /run/secrets. Secrets are "
        "masked, so the output can be shown to others.",
    )
    add_json(command)
    command.set_defaults(execute=execute)


def execute(chosen: argparse.Namespace) -> int:
    """Print the settings; what looks like a slip follows as a warning."""
    settings = load_settings()
    found = origins(Settings)
    rows = {
        name.upper(): (_shown(settings, name), found.get(name, "default"))
        for name in Settings.model_fields
    }
    if chosen.json:
        say_json(
            {
                "settings": {
                    name: {"value": value, "from": place} for name, (value, place) in rows.items()
                },
                "warnings": settings.warnings,
            }
        )
        return 0
    lines = [(name, _words(value), place) for name, (value, place) in rows.items()]
    say(table(("SETTING", "VALUE", "FROM"), lines))
    for warning in settings.warnings:
        say(f"\nWarning: {warning}")
    return 0


def _shown(settings: Settings, name: str) -> Any:  # noqa: ANN401 - each field has its own type
    """Return a value as others may see it: no secret, nor an address that holds one."""
    value = getattr(settings, name)
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    if not isinstance(value, str):
        return value if value is None or isinstance(value, bool | int | float) else str(value)
    return _PASSWORDS.sub(lambda found: (found["before"] or found["asked"]) + MASK, value)


def _words(value: Any) -> str:  # noqa: ANN401 - as above
    if value in {None, ""}:
        return "-"
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
