"""The words of the command line, and which function does what they say."""

from __future__ import annotations

import argparse
from typing import Final

from bot import __version__
from bot.cli import backup, config, doctor, health, jobs, migrating, moving

EXIT_STATUS: Final = """\
exit status: 0 done, 1 refused or failed (the text says why), 2 a setting or an option is wrong
"""


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; what it reads has ``execute``, or none when the bot is to run."""
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Run the Restyle bot, or see to its settings, jobs and database.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Restyle {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="run the bot (this happens without a command, too)")
    for module in (health, doctor, config, jobs, backup, migrating, moving):
        module.add_to(commands)
    return parser
