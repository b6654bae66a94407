"""What people read about the settings, made from ``Settings``: the README's table, .env.example."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import SecretStr

from bot.settings import Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

ROOT: Final = Path(__file__).parents[1]
README: Final = ROOT / "README.md"
EXAMPLE: Final = ROOT / ".env.example"

_EMPTY: Final = "; empty means "
_COMMENT_COLUMNS: Final = 100

_EXAMPLE_HEAD: Final = (
    "# Copy to .env and fill in the first two. Everything else has a default, shown here: look at\n"
    "# BOT_DOLLARS_PER_MONTH before you start.\n"
    "# Made by `make settings`.\n"
)
_EXAMPLE_TAIL: Final = """
# Only with Docker Compose: sqlite is one bot; postgres is PostgreSQL and two bots, and needs a
# password of letters and digits (see docs/several-processes.md).
COMPOSE_PROFILES=sqlite
#POSTGRES_PASSWORD=
"""


def readme_table() -> str:
    """Return the README's table of settings, in Markdown: one row for each field."""
    rows = ["| Variable | Default | Meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        meaning, _, empty = _description(field).partition(_EMPTY)
        value = _default(field)
        default = "required" if field.is_required() else f"`{value}`" if value else empty
        rows.append(f"| `{name.upper()}` | {default} | {meaning} |")
    return re.sub(r"`(docs/[\w-]+\.md)`", r"[\1](\1)", "\n".join(rows)) + "\n"


def readme_with_table(readme: str) -> str:
    """Return the text ``readme`` with today's table in the place of the one that it has."""
    table = readme_table()
    return re.sub(r"^\| Variable \|.*\n(?:\|.*\n)+", lambda _: table, readme, flags=re.MULTILINE)


def example_file() -> str:
    """Return ``.env.example``: every variable below its description, with its default."""
    parts = [_EXAMPLE_HEAD]
    for name, field in Settings.model_fields.items():
        comment = textwrap.fill(
            f"{_description(field).replace('`', '')}.",
            _COMMENT_COLUMNS,
            initial_indent="# ",
            subsequent_indent="# ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        mark = "" if field.is_required() else "#"
        parts.append(f"{comment}\n{mark}{name.upper()}={_default(field)}\n")
    return "\n".join(parts) + _EXAMPLE_TAIL


def write() -> None:
    """Write the table into the README, and ``.env.example``."""
    README.write_text(readme_with_table(README.read_text(encoding="utf-8")), encoding="utf-8")
    EXAMPLE.write_text(example_file(), encoding="utf-8")


def _description(field: FieldInfo) -> str:
    """Return the field's docstring in one line, without its full stop."""
    return " ".join((field.description or "").split()).removesuffix(".")


def _default(field: FieldInfo) -> str:
    if field.is_required() or field.default is None:
        return ""
    value = field.default
    if isinstance(value, bool):
        return "on" if value else "off"
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)
