"""``python -m bot backup`` and ``restore``: the whole database in one file, and back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from bot import __version__
from bot.cli.output import add_json, say, say_json, table
from bot.settings import load_settings
from bot.storage.backup import back_up, restore, verify

if TYPE_CHECKING:
    import argparse

    from bot.cli.output import Commands
    from bot.storage.backup import Manifest


def add_to(commands: Commands) -> None:
    """Add both commands' words to the parser."""
    command = commands.add_parser(
        "backup",
        help="copy the whole database to a file, while the bot runs",
        description="Copy the whole database to a file that does not exist yet. The bot can keep "
        "running. The file appears once it is complete and checked, only its owner can read it, "
        "and it can be restored into SQLite or PostgreSQL. It holds what people wrote: keep it as "
        "safe as the database.",
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.add_argument(
        "--verify",
        action="store_true",
        help="make no backup: check the one in FILE against its manifest",
    )
    add_json(command)
    command.set_defaults(execute=execute_backup)

    command = commands.add_parser(
        "restore",
        help="put a backup into an empty database",
        description="Put a backup into the database of DATABASE_URL, which must be empty, while "
        "no bot is running on it. Jobs that were waiting in the backup may have been paid for "
        "since, so nothing is spent on them until you decide: `python -m bot jobs list` shows "
        "them.",
    )
    command.add_argument("file", type=Path, metavar="FILE")
    command.set_defaults(execute=execute_restore)


def execute_backup(chosen: argparse.Namespace) -> int:
    """Make a backup, or check one, and say what it holds."""
    file: Path = chosen.file
    if chosen.verify:
        manifest = verify(file)
    else:
        url = load_settings(shards="").database_url
        manifest = asyncio.run(back_up(url, file, program=__version__))
    if chosen.json:
        say_json(_as_json(file, manifest))
        return 0
    rows = [(name, str(rows), digest) for name, (rows, digest) in manifest.tables.items()]
    say(table(("TABLE", "ROWS", "SHA-256"), rows))
    done = "is complete" if chosen.verify else "is written and checked"
    say(
        f"\n{file} {done}: {manifest.database}, schema {manifest.schema}, made at "
        f"{manifest.made_at} by Restyle {manifest.program}."
    )
    return 0


def _as_json(file: Path, manifest: Manifest) -> dict[str, object]:
    return {
        "file": str(file),
        "program": manifest.program,
        "made_at": manifest.made_at,
        "database": manifest.database,
        "schema": manifest.schema,
        "tables": {
            name: {"rows": rows, "sha256": digest}
            for name, (rows, digest) in manifest.tables.items()
        },
    }


def execute_restore(chosen: argparse.Namespace) -> int:
    """Restore a backup, and say what arrived and what comes next."""
    url = load_settings(shards="").database_url
    copies = asyncio.run(restore(chosen.file, url))
    say(table(("TABLE", "ROWS"), [(copy.name, str(copy.rows)) for copy in copies]))
    say(
        "\nEverything arrived. Jobs that were waiting are in quarantine: nothing is spent "
        "on them until you decide, with `python -m bot jobs` or in Discord. Start the bot."
    )
    return 0
