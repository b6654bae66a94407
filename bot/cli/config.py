"""``python -m bot config``: every setting, the value that holds, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from bot.cli.output import add_json, say, say_json, table
from bot.errors import SettingsError
from bot.setting_display import in_words, shown
from bot.setting_sources import origins
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    import argparse

    from bot.cli.output import Commands

MISSING: Final = "(missing)"
WRONG: Final = "(wrong)"


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
    """Print the settings; what looks like a slip follows as a warning.

    Raises:
        SettingsError: Some are missing or wrong. The others are printed before that.
    """
    complaint: SettingsError | None = None
    bad: dict[str, str] = {}
    try:
        settings = load_settings()
    except SettingsError as exc:
        complaint = exc
        settings, bad = _as_far_as_readable(exc)
    found = origins(Settings)
    rows = {
        name.upper(): (
            bad.get(name, shown(settings, name)),
            found.get(name, "-" if bad.get(name) == MISSING else "default"),
        )
        for name in Settings.model_fields
    }
    if chosen.json:
        say_json(
            {
                "settings": {
                    name: {"value": value, "from": place} for name, (value, place) in rows.items()
                },
                "warnings": settings.warnings,
                "errors": str(complaint).splitlines()[1:] if complaint else [],
            }
        )
    else:
        lines = [(name, in_words(value), place) for name, (value, place) in rows.items()]
        say(table(("SETTING", "VALUE", "FROM"), lines))
        for warning in settings.warnings:
            say(f"\nWarning: {warning}")
    if complaint is not None:
        raise complaint
    return 0


def _as_far_as_readable(complaint: SettingsError) -> tuple[Settings, dict[str, str]]:
    """Return settings in which defaults stand for what is missing or wrong, and what that is.

    Raises:
        SettingsError: The complaint itself: a whole place, such as a file, cannot be read.
    """
    bad: dict[str, str] = {}
    stand_ins: dict[str, Any] = {}
    while True:
        try:
            return Settings(**stand_ins), bad
        except ValidationError as exc:
            for error in exc.errors():
                name = str(error["loc"][0]) if error["loc"] else ""
                if name not in Settings.model_fields or name in bad:
                    raise complaint from None
                field = Settings.model_fields[name]
                bad[name] = MISSING if error["type"] == "missing" else WRONG
                stand_ins[name] = MISSING if field.is_required() else field.default
        except (SettingsError, UnicodeDecodeError):
            raise complaint from None
