"""``python -m bot health``: what a container's health check runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.settings import load_settings
from bot.system.health import is_alive

if TYPE_CHECKING:
    import argparse

    from bot.cli.output import Commands


def add_to(commands: Commands) -> None:
    """Add the command's words to the parser."""
    command = commands.add_parser(
        "health", help="exit with 0 if a bot with this data folder is well"
    )
    command.set_defaults(execute=execute)


def execute(_: argparse.Namespace) -> int:
    """Return 0 if the bot with this data folder and these shards gave a sign of life lately."""
    settings = load_settings()
    return 0 if is_alive(settings.data_dir, shards=settings.shards) else 1
