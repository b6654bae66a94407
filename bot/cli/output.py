"""How commands write: plain tables for people, JSON for programs."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    Commands: TypeAlias = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - what argparse gives has no other name

GAP = "  "


def say(text: str) -> None:
    """Write a line, or several, to standard output."""
    sys.stdout.write(f"{text}\n")


def say_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Write ``value`` as indented JSON; what JSON does not know becomes its text."""
    say(json.dumps(value, indent=2, default=str, ensure_ascii=False))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows below their headings, each column as wide as its widest cell."""
    widths = [max(len(cell) for cell in column) for column in zip(head, *rows, strict=True)]
    return "\n".join(
        GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def short(text: str, length: int) -> str:
    """Return ``text`` in one line of at most ``length`` characters, control characters removed."""
    line = "".join(char if char.isprintable() else " " for char in " ".join(text.split()))
    return line if len(line) <= length else f"{line[: length - 1]}…"


def whole_number(word: str) -> int:
    """Return the id that was typed.

    Raises:
        argparse.ArgumentTypeError: It is none.
    """
    if not word.isascii() or not word.isdigit() or int(word) >= 1 << 63:
        raise argparse.ArgumentTypeError(f"{word!r} is not an id, which is a whole number")
    return int(word)


def add_json(command: argparse.ArgumentParser) -> None:
    """Let a command take ``--json``."""
    command.add_argument("--json", action="store_true", help="write JSON, for programs")
