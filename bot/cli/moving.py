"""``python -m bot migrate-data``: everything from one database to another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sqlalchemy import URL
from sqlalchemy.engine import make_url

from bot.cli.output import say
from bot.errors import SettingsError
from bot.setting_checks import complete_database_url
from bot.settings import load_settings
from bot.storage.database import open_database
from bot.storage.reading import check_ours
from bot.storage.transfer import move

if TYPE_CHECKING:
    import argparse

    from bot.cli.output import Commands


def add_to(commands: Commands) -> None:
    """Add the command's words to the parser."""
    command = commands.add_parser(
        "migrate-data",
        help="copy everything to another database",
        description="Copy everything from the database of DATABASE_URL to an empty one, and "
        "compare what arrived. Stop the bot first. Jobs in progress continue in the new database.",
    )
    command.add_argument(
        "--to",
        required=True,
        metavar="URL",
        help="an empty database: postgresql://… or sqlite:///…",
    )
    command.set_defaults(execute=execute)


def execute(chosen: argparse.Namespace) -> int:
    """Copy the database, and say what was copied."""
    # Shards are of no concern to moving data, which may be from SQLite or to it.
    source = load_settings(shards="").database_url
    try:
        target = complete_database_url(chosen.to)
    except ValueError as exc:
        raise SettingsError(f"--to: {exc}") from exc
    asyncio.run(_migrate_data(source, target))
    return 0


async def _migrate_data(source_url: str, target_url: str) -> None:
    await check_ours(source_url)
    async with open_database(source_url) as source, open_database(target_url) as target:
        for copy in await move(source, target, address=_shown(target_url)):
            say(f"{copy.name:<20} {copy.rows:>8} rows  sha256 {copy.digest}")
    say(
        "Everything arrived. Set DATABASE_URL to the new address and start the bot. The old "
        "database still holds the same jobs and is marked, so a bot refuses to start on it."
    )


def _shown(url: str) -> str:
    """Return an address for people: without the password, and without options."""
    parsed = make_url(url)
    return URL.create(
        parsed.get_backend_name(),
        username=parsed.username,
        host=parsed.host,
        port=parsed.port,
        database=parsed.database,
    ).render_as_string()
