"""``python -m bot doctor``: look at everything that the bot needs, and say what mends what."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final

from bot.checkup.archive import ArchiveCheck
from bot.checkup.database import DatabaseCheck
from bot.checkup.finding import CheckSection, Diagnosis, Severity, collected
from bot.checkup.machine import Machine, versions
from bot.checkup.provider import Provider
from bot.cli.output import add_json, say
from bot.cometapi.client import open_http
from bot.discord_checkup import DiscordCheck
from bot.errors import SettingsError
from bot.log import Redaction
from bot.settings import load_settings

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from bot.cli.output import Commands
    from bot.settings import Settings

EXIT_BROKEN: Final = 1
EXIT_SETTINGS: Final = 2
EXIT_WARNING: Final = 3
_SIGNS: Final = {
    Severity.OK: "ok",
    Severity.UNKNOWN: "?",
    Severity.WARNING: "!",
    Severity.BROKEN: "BROKEN",
}


def add_to(commands: Commands) -> None:
    """Add the command's words to the parser."""
    command = commands.add_parser(
        "doctor",
        help="check everything the bot needs, and say how to fix what is wrong",
        description="Check settings, Discord, the provider, the database, this machine and the "
        "archive: one line for each finding, with its fix. Nothing is changed or spent, and the "
        "bot can keep running. Exit status: 0 all is well, 3 something needs attention, 1 "
        "something does not work, 2 a setting is missing or wrong. What could not be checked is "
        "marked with ? and does not count.",
    )
    add_json(command)
    command.set_defaults(execute=execute)


def execute(chosen: argparse.Namespace) -> int:
    """Look, say what was found, and return the exit status of the worst of it."""
    section = CheckSection("settings")
    settings = None
    try:
        settings = load_settings()
    except SettingsError as exc:
        head, *lines = str(exc).splitlines()
        found = [
            section.broken(line.strip(), "README.md and .env.example name every setting.")
            for line in lines or [head]
        ]
        found = [*asyncio.run(collected(CheckSection("versions"), versions)), *found]
    else:
        found = asyncio.run(_look(settings))
    if settings is not None:
        redaction = Redaction(settings.secrets)
        found = [
            Diagnosis(section=d.section, level=d.level, text=redaction.of(d.text), mend=d.mend)
            for d in found
        ]
    say(_as_json(found)) if chosen.json else say(_as_text(found))
    if settings is None:
        return EXIT_SETTINGS
    worst = max(one.level for one in found)
    return {Severity.BROKEN: EXIT_BROKEN, Severity.WARNING: EXIT_WARNING}.get(worst, 0)


async def _look(settings: Settings) -> list[Diagnosis]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(open_http())
        at_discord = DiscordCheck(settings)
        stack.push_async_callback(at_discord.close)
        machine = Machine(settings, now=time.time())
        provider = Provider(settings, http)
        database = DatabaseCheck(settings)

        async def discord_sections() -> list[Diagnosis]:  # the second needs what the first opens
            return [
                *await collected(CheckSection("discord"), at_discord.application),
                *await collected(CheckSection("servers"), at_discord.servers),
            ]

        async def of_settings(section: CheckSection) -> AsyncIterator[Diagnosis]:
            yield section.ok("everything needed is set; python -m bot config shows every value")
            if settings.served_guild_ids is None and settings.bot_dollars_per_month is None:
                yield section.warning(
                    "nothing limits what all servers together spend",
                    "Set BOT_DOLLARS_PER_MONTH, or name your servers in SERVERS.",
                )

        parts = await asyncio.gather(
            collected(CheckSection("versions"), versions),
            collected(CheckSection("settings"), of_settings),
            collected(CheckSection("process"), machine.process),
            discord_sections(),
            collected(CheckSection("provider"), provider.account),
            collected(CheckSection("models"), provider.models),
            collected(CheckSection("database"), database.database),
            collected(CheckSection("jobs"), database.jobs),
            collected(CheckSection("disk"), machine.disk),
            collected(CheckSection("ports"), machine.ports),
            collected(CheckSection("clips"), machine.clips),
            collected(CheckSection("archive"), ArchiveCheck(settings, http).look),
        )
    return [one for part in parts for one in part]


def _as_text(found: list[Diagnosis]) -> str:
    width = max(len(one.section) for one in found)
    lines = []
    for one in found:
        lines.append(f"{_SIGNS[one.level]:<7}{one.section:<{width}}  {one.text}")
        if one.mend:
            lines.append(f"{'':<7}{'':<{width}}  -> {one.mend}")
    count = Counter(one.level for one in found)
    lines.append(
        f"\n{count[Severity.BROKEN]} broken, {count[Severity.WARNING]} need attention, "
        f"{count[Severity.UNKNOWN]} could not be checked, {count[Severity.OK]} fine"
    )
    return "\n".join(lines)


def _as_json(found: list[Diagnosis]) -> str:
    import json

    return json.dumps(
        {
            "worst": max(one.level for one in found).name.lower(),
            "findings": [
                {
                    "section": one.section,
                    "level": one.level.name.lower(),
                    "text": one.text,
                    "mend": one.mend,
                }
                for one in found
            ],
        },
        indent=2,
        ensure_ascii=False,
    )
