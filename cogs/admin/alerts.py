"""Telling the bot's owner what is wrong: one message per condition, edited when it is over."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import discord
from discord.ext import commands, tasks

from bot.domain.conditions import ConditionKind
from bot.texts import alert as alert_texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.messages import NOBODY

if TYPE_CHECKING:
    from pathlib import Path

    from bot.app import RestyleBot
    from bot.domain.conditions import Condition

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 10.0
TOLD_AFTER: Final = {
    ConditionKind.SHARDS: 120.0,
    ConditionKind.DATABASE: 60.0,
    ConditionKind.COMMANDS: 1800.0,
}
"""How many seconds some conditions last before anybody is told; the others none."""
TOLD_BY_OTHERS: Final = frozenset({ConditionKind.CLOCK})
"""What the engine tells of, once, in words of its own."""
_MOST_TRIES: Final = 3
"""So often a message is tried to be edited; then it stays as it is."""


class Alerts(commands.Cog):
    """Tells of the conditions of this process, and remembers its messages over a restart."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._path: Path = bot.settings.data_dir / "alerts.json"
        self._told: dict[str, list[list[int]]] = _read(self._path)
        self._tries: dict[str, int] = {}

    async def cog_load(self) -> None:
        """Start looking."""
        self._keep_looking.start()

    async def cog_unload(self) -> None:
        """Stop looking."""
        self._keep_looking.cancel()

    @tasks.loop(seconds=LOOK_SECONDS)
    async def _keep_looking(self) -> None:
        try:
            await self.look(datetime.now(UTC))
        except Exception:  # an owner who is told nothing thinks that all is well
            log.exception("Telling the owner broke in the program")

    @_keep_looking.before_loop
    async def _wait(self) -> None:
        await self._bot.wait_until_ready()

    async def look(self, now: datetime) -> None:
        """Tell what has lasted long enough, once, and say of what was told when it is over."""
        held = {condition.kind.value: condition for condition in self._bot.conditions.held}
        for kind, condition in held.items():
            if kind not in self._told and _is_due(condition, now):
                sent = await self._bot.post_to_owners(alert_texts.begun(condition))
                if sent:
                    self._told[kind] = [[one.channel.id, one.id] for one in sent]
                    self._write()
        for kind in [kind for kind in self._told if kind not in held]:
            if await self._say_over(kind, now):
                del self._told[kind]
                self._tries.pop(kind, None)
                self._write()

    async def _say_over(self, kind: str, now: datetime) -> bool:
        """Edit the messages about a condition; return whether nothing is left to do."""
        text = alert_texts.over(kind, now)
        try:
            for channel_id, message_id in self._told[kind]:
                channel = self._bot.get_partial_messageable(channel_id)
                with suppress(discord.NotFound, discord.Forbidden):  # they were tidied away
                    await channel.get_partial_message(message_id).edit(
                        content=text, allowed_mentions=NOBODY
                    )
        except DISCORD_ERRORS as exc:
            tries = self._tries[kind] = self._tries.get(kind, 0) + 1
            log.warning("%s: it is over, but the owner's message was not edited: %s", kind, exc)
            return tries >= _MOST_TRIES
        return True

    def _write(self) -> None:
        try:
            self._path.write_text(json.dumps(self._told), encoding="ascii")
        except OSError as exc:  # a full disk, of which this may be the very message
            log.debug("%s cannot be written: %s", self._path, exc)


def _is_due(condition: Condition, now: datetime) -> bool:
    if condition.kind in TOLD_BY_OTHERS:
        return False
    lasted = (now - condition.since).total_seconds()
    return lasted >= TOLD_AFTER.get(condition.kind, 0.0)


def _read(path: Path) -> dict[str, list[list[int]]]:
    try:
        found = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


async def setup(bot: RestyleBot) -> None:
    """Add the listener."""
    await bot.add_cog(Alerts(bot))
