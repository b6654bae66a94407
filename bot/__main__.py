"""``python -m bot`` runs the bot until it is told to stop; ``bot.cli`` has the other commands."""

from __future__ import annotations

import sys

from bot.cli.entry import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
