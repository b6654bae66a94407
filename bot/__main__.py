"""``python -m bot`` runs the bot until it is told to stop; ``bot.cli`` has the other commands."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code.

    ``health`` is asked twice a minute for as long as the bot lives, so it loads nothing of it.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["health"]:
        from bot.cli.health import main as health

        return health(words[1:])
    from bot.cli.entry import main as others

    return others(words)


if __name__ == "__main__":
    sys.exit(main())
