"""``python -m bot migrate``: the schema brought up to date, or only looked at."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final

from bot.cli.output import say
from bot.settings import load_settings
from bot.storage.database import open_database
from bot.storage.reading import StoreOutdatedError, check_there, open_for_reading
from bot.storage.upgrade import newest_revision

if TYPE_CHECKING:
    import argparse

    from bot.cli.output import Commands

EXIT_OUTDATED: Final = 3
"""The schema must be brought up to date before this version can run."""


def add_to(commands: Commands) -> None:
    """Add the command's words to the parser."""
    command = commands.add_parser(
        "migrate",
        help="bring the database's schema up to date, or check whether it is",
        description="Bring the schema of DATABASE_URL's database up to date, as starting the bot "
        "does. Make a backup and stop the bot first. With --check nothing is changed: the exit "
        f"status is 0 if it is up to date, {EXIT_OUTDATED} if it is not.",
    )
    command.add_argument("--check", action="store_true", help="only check whether it is up to date")
    command.set_defaults(execute=execute)


def execute(chosen: argparse.Namespace) -> int:
    """Migrate or look, and say how the schema stands."""
    url = load_settings(shards="").database_url
    if chosen.check:
        return asyncio.run(_look(url))
    if url.startswith("sqlite"):
        check_there(url)
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    logging.getLogger("bot.storage").setLevel(logging.INFO)
    asyncio.run(_migrate(url))
    return 0


async def _look(url: str) -> int:
    try:
        async with open_for_reading(url):
            pass
    except StoreOutdatedError as exc:
        say(str(exc))
        return EXIT_OUTDATED
    say(f"The database is up to date: schema {newest_revision()}.")
    return 0


async def _migrate(url: str) -> None:
    async with open_database(url):
        say(f"The database is up to date: schema {newest_revision()}.")
