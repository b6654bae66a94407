"""``python -m bot jobs …``: look at jobs, and settle those that the program must not."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

from bot.cli import job_output
from bot.cli.job_changes import CHANGES, open_for_changes
from bot.cli.output import add_json, say, whole_number
from bot.domain.jobs import JobState
from bot.errors import StoreError
from bot.settings import load_settings
from bot.storage.reading import open_for_reading
from bot.texts.common import counted

if TYPE_CHECKING:
    from bot.cli.output import Commands

_DESCRIPTION: Final = """\
Look at jobs, and decide what the program must not decide by itself. `list` and `show` work while
the bot runs. The others change the database: with PostgreSQL the bot may run meanwhile, with SQLite
it must be stopped, or use the owner's commands in Discord. A job's state and its money change
together, nothing is ever paid by these commands themselves, and people are told what became of
their job once a bot runs.
"""


def add_to(commands: Commands) -> None:
    """Add the command's words, and those of its parts, to the parser."""
    command = commands.add_parser(
        "jobs",
        help="see jobs; settle those that are uncertain or in quarantine",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = command.add_subparsers(dest="part", metavar="PART", required=True)

    part = parts.add_parser("list", help="list unfinished jobs, newest first")
    part.add_argument(
        "--state",
        action="append",
        default=[],
        choices=[str(state) for state in JobState],
        metavar="STATE",
        help=f"only jobs in this state, can be repeated: {', '.join(JobState)}",
    )
    part.add_argument(
        "--guild", type=whole_number, metavar="ID", help="only this server's; 0: direct messages"
    )
    part.add_argument("--user", type=whole_number, metavar="ID", help="only this person's")
    part.add_argument("--limit", type=_limit, default=25, metavar="N", help="at most N (25)")
    add_json(part)
    part.set_defaults(execute=_execute_list)

    part = parts.add_parser("show", help="show everything about one job, and its money")
    part.add_argument("job", type=whole_number, metavar="JOB")
    add_json(part)
    part.set_defaults(execute=_execute_show)

    for change in CHANGES:
        change.add_to(parts)

    part = parts.add_parser(
        "quarantine",
        help="put all waiting jobs into quarantine, as `restore` does",
        description="Put all waiting jobs into quarantine: nothing is spent on them until they "
        "are released. For a database that came back by other means than `restore`, such as a "
        "disk snapshot. Run it before a bot starts on it.",
    )
    part.set_defaults(execute=_execute_quarantine)


def _limit(word: str) -> int:
    with contextlib.suppress(ValueError):
        if 1 <= int(word) <= job_output.MOST:
            return int(word)
    raise argparse.ArgumentTypeError(f"must be a number from 1 to {job_output.MOST}")


def _execute_list(chosen: argparse.Namespace) -> int:
    url = load_settings(shards="").database_url
    asyncio.run(_list(url, chosen))
    return 0


async def _list(url: str, chosen: argparse.Namespace) -> None:
    async with open_for_reading(url) as store:
        found = await store.repairs.find(
            states=[JobState(word) for word in chosen.state],
            guild_id=chosen.guild,
            user_id=chosen.user,
            limit=chosen.limit + 1,
        )
    say(job_output.listed(found, limit=chosen.limit, as_json=chosen.json))


def _execute_show(chosen: argparse.Namespace) -> int:
    url = load_settings(shards="").database_url
    asyncio.run(_show(url, chosen))
    return 0


async def _show(url: str, chosen: argparse.Namespace) -> None:
    async with open_for_reading(url) as store:
        job = await store.get(chosen.job)
        if job is None:
            raise StoreError(f"There is no job {chosen.job}. `jobs list` shows them.")
        money = await store.repairs.money_of(job.id)
    say(job_output.shown(job, money, as_json=chosen.json))


def _execute_quarantine(_: argparse.Namespace) -> int:
    url = load_settings(shards="").database_url
    asyncio.run(_quarantine(url))
    return 0


async def _quarantine(url: str) -> None:
    async with open_for_changes(url) as store:
        count = await store.quarantine.enter()
    say(
        f"{counted(count, 'job')} put into quarantine. `jobs list --state queued --state held` "
        "shows all that wait. Decide with `jobs release` and `jobs settle`."
    )
