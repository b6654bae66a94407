"""The words of the command line, and which function does what they say."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import TYPE_CHECKING, Final

from bot import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS: Final = {
    "health": "health",
    "doctor": "doctor",
    "config": "config",
    "jobs": "jobs",
    "backup": "backup",
    "restore": "backup",
    "migrate": "migrating",
    "migrate-data": "moving",
}
"""Each command but ``run``, and the module beside this one that adds it."""
EXIT_STATUS: Final = """\
exit status: 0 done, 1 refused or failed (the text says why), 2 a setting or an option is wrong
"""


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser for ``words``; what it reads has ``execute``, or none to run the bot.

    Where the first of them names a command, that one's module alone is loaded, because loading all
    takes longer than most commands do. Otherwise all are there, to be listed.
    """
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="Run the Restyle bot, or manage its settings, jobs and database.",
        epilog=EXIT_STATUS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"Restyle {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="run the bot (also without a command)")
    for module in _modules_for(words):
        import_module(f"bot.cli.{module}").add_to(commands)
    return parser


def _modules_for(words: Sequence[str]) -> list[str]:
    if not words or words[0] == "run":
        return []
    if words[0] in COMMANDS:
        return [COMMANDS[words[0]]]
    return list(dict.fromkeys(COMMANDS.values()))
