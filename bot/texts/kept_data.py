"""What the database keeps, as the table in ``docs/privacy.md``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.domain.kept_data import KEPT_DATA, Wish

if TYPE_CHECKING:
    from bot.domain.kept_data import KeptData

_BEGIN = "<!-- kept: made by `make privacy` -->\n"
_END = "<!-- /kept -->"


def table() -> str:
    """Return a row for each kind of data, in Markdown."""
    head = ["What", "Why", "How long", "In the export", "Delete my data", "Server gone", "Columns"]
    rows = [head, ["---"] * len(head), *map(_row, KEPT_DATA)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def page_with_table(page: str) -> str:
    """Return the text ``page`` with today's table in the place of the one that it has."""
    found = re.compile(f"({re.escape(_BEGIN)}).*?({re.escape(_END)})", re.DOTALL)
    return found.sub(lambda match: f"{match[1]}{table()}{match[2]}", page)


def _row(kept: KeptData) -> list[str]:
    wish = kept.wish.value
    if kept.wish is Wish.KEPT:
        wish += f": {kept.kept_because}"
    exported = f"no: {kept.unexported_because}"
    if kept.exported is not None:
        sections = dict.fromkeys(key.partition(".")[0] for key in kept.exported.split())
        exported = ", ".join(f"`{section}`" for section in sections)
    columns = "; ".join(f"{table}: {names}" for table, names in kept.columns.items())
    gone = "deleted" if kept.goes_with_server else "kept"
    return [kept.what, kept.why, kept.term.value, exported, wish, gone, columns]
