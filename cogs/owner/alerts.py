"""Telling the bot's owner what is wrong: one message per condition, edited when it is over."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from discord.ext import commands, tasks

from bot.domain.conditions import ConditionKind
from bot.engine.poll_schedule import backoff_seconds
from bot.system.status import overwrite, own_name
from bot.texts import alert as alert_texts
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, classify
from cogs.common.items import add_item
from cogs.common.messages import NOBODY
from cogs.common.pages import answer_press
from cogs.owner.alert_buttons import CheckButton, ShowButton, look_at, steps
from cogs.owner.menu import owners_refusal

if TYPE_CHECKING:
    from pathlib import Path

    import discord
    from discord import ui

    from bot.app import RestyleBot
    from bot.domain.conditions import Condition

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 10.0
MOST_PAUSE_SECONDS: Final = 600.0
"""How long nothing is tried, at most half as long again, where Discord takes no message for the
owner: refused requests count towards a ban."""
TOLD_AFTER: Final = {
    ConditionKind.SHARDS: 120.0,
    ConditionKind.DATABASE: 60.0,
    ConditionKind.COMMANDS: 1800.0,
}
"""How many seconds some conditions last before anybody is told; the others none."""
_COUNTED: Final = frozenset({ConditionKind.UNCERTAIN, ConditionKind.QUARANTINE})
"""Whose messages follow the number that is in them."""
_OF_ALL: Final = frozenset(
    {ConditionKind.KEY, ConditionKind.MODEL, ConditionKind.BALANCE} | _COUNTED
)
"""What every process finds alike: the one with shard 0 tells of it."""
_FORGOTTEN: Final = frozenset({ConditionKind.CREDIT, ConditionKind.ADDRESS, ConditionKind.CHILDREN})
"""What a process that starts knows nothing of until the next clip."""


class Alerts(commands.Cog):
    """Tells of the conditions of this process, and remembers its messages over a restart."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._path: Path = bot.settings.data_dir / own_name("alerts", bot.settings.shards, ".json")
        self._told: dict[ConditionKind, list[list[int]]] = _read(self._path)
        self._earlier = set(self._told)
        """Of what the last run told, and this one has not found itself."""
        self._shown: dict[ConditionKind, str] = {}
        self._since: dict[ConditionKind, datetime] = {}
        """When what this run told, or was to tell, began."""
        self._untold: set[ConditionKind] = set()
        """What Discord has not taken any message about yet."""
        self._looking = asyncio.Lock()
        self._failures = 0
        self._pause_until: datetime | None = None

    async def cog_load(self) -> None:
        """Start looking, with a file that also a full disk then takes changes of."""
        self._write()
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
        """Tell what has lasted long enough, once, and say of what was told when it is over.

        Where Discord takes none of it, nothing is tried for a while, and ever longer.
        """
        if not self._bot.conditions.has_looked:
            return
        if self._pause_until is not None and now < self._pause_until:
            return
        async with self._looking:
            is_taken = await self._follow(now)
        if is_taken:
            self._failures, self._pause_until = 0, None
        else:
            self._failures += 1
            pause = backoff_seconds(self._failures, base=LOOK_SECONDS, cap=MOST_PAUSE_SECONDS)
            self._pause_until = now + timedelta(seconds=pause)

    async def press(
        self, interaction: discord.Interaction[RestyleBot], button: CheckButton
    ) -> None:
        """Look at what a message is about, now, and say beside it what was found."""
        await answer_press(interaction, lambda: self._check(interaction, button.kind))

    async def _check(
        self, interaction: discord.Interaction[RestyleBot], kind: ConditionKind
    ) -> str:
        if (refused := owners_refusal(interaction)) is not None:
            return refused
        bot, message = self._bot, interaction.message
        was_told = message is not None and any(
            message_id == message.id for _, message_id in self._told.get(kind, ())
        )
        await look_at(bot, kind)
        now = datetime.now(UTC)
        held = {condition.kind: condition for condition in bot.conditions.held}
        if kind in held:
            await interaction.edit_original_response(
                content=alert_texts.begun(held[kind], bot.command_mentions.of),
                allowed_mentions=NOBODY,
            )
            left = bot.watch.left if bot.watch is not None else None
            return alert_texts.still(held[kind], left, bot.command_mentions.of)
        if not was_told and not bot.settings.has_all_shards:
            return alert_texts.NOT_HERE  # another process may well find it
        await interaction.edit_original_response(
            content=alert_texts.over(kind, now, self._since.get(kind)),
            view=None,
            allowed_mentions=NOBODY,
        )
        return alert_texts.ALL_WELL

    async def _follow(self, now: datetime) -> bool:
        """Bring the messages up to date; return whether Discord took what there was to say."""
        held = {condition.kind: condition for condition in self._bot.conditions.held}
        for condition in held.values():
            if not await self._tell(condition, now):
                return False
        for kind in [kind for kind in (*self._told, *self._untold) if kind not in held]:
            if not await self._tell_end(kind, now):
                return False
        return True

    async def _tell(self, condition: Condition, now: datetime) -> bool:
        """Say what is wrong, once, and what has changed of it; return whether Discord took it."""
        kind = condition.kind
        text = alert_texts.begun(condition, self._bot.command_mentions.of)
        # Not the whole text: the room on a disk changes at every look.
        mark = text if kind in _COUNTED else str(condition.finding.grave_after)
        if kind in self._told:
            self._earlier.discard(kind)
            is_changed = self._shown.get(kind, "" if kind in _COUNTED else mark) != mark
            if is_changed and not await self._edit(kind, text):
                return False
        elif self._is_due(condition, now):
            self._untold.add(kind)
            self._since[kind] = condition.since
            if not await self._post(kind, text, view=steps(kind, self._bot.settings)):
                return False
        else:
            return True
        self._shown[kind] = mark
        return True

    async def _tell_end(self, kind: ConditionKind, now: datetime) -> bool:
        """Say that it is over, where that is known; return whether Discord took it."""
        if kind is ConditionKind.COMMANDS and not self._bot.registration.is_answered:
            return True
        ended_at = self._bot.conditions.ended_at.get(kind, now)
        text = alert_texts.over(kind, ended_at, self._since.get(kind))
        if kind in self._untold:  # as when it was Discord that was away
            if not await self._post(kind, text):
                return False
        else:
            if kind in self._earlier and self._is_unknown(kind):
                text = alert_texts.unknown(kind, now)
            if not await self._edit(kind, text, is_over=True):
                return False
        del self._told[kind]
        self._earlier.discard(kind)
        self._since.pop(kind, None)
        self._write()
        return True

    async def _post(self, kind: ConditionKind, text: str, *, view: ui.View | None = None) -> bool:
        sent = await self._bot.post_to_owners(text, view=view)
        if not sent:
            return False
        self._told[kind] = [[one.channel.id, one.id] for one in sent]
        self._untold.discard(kind)
        self._write()
        return True

    def _is_unknown(self, kind: ConditionKind) -> bool:
        """Tell whether only a clip would show how it is after a restart."""
        watch = self._bot.watch
        match kind:
            case ConditionKind.KEY:
                return watch is not None and not watch.is_key_known
            case ConditionKind.MODEL:
                return watch is not None and not watch.is_model_known
            case _:
                return kind in _FORGOTTEN

    def _is_due(self, condition: Condition, now: datetime) -> bool:
        if condition.kind in _OF_ALL and 0 not in (self._bot.settings.shard_ids or (0,)):
            return False
        lasted = (now - condition.since).total_seconds()
        return lasted >= TOLD_AFTER.get(condition.kind, 0.0)

    async def _edit(self, kind: ConditionKind, text: str, *, is_over: bool = False) -> bool:
        """Edit the messages about a condition; return whether nothing is left to do."""
        buttons: dict[str, Any] = {"view": None} if is_over else {}
        for channel_id, message_id in self._told[kind]:
            message = self._bot.get_partial_messageable(channel_id).get_partial_message(message_id)
            try:
                await message.edit(content=text, allowed_mentions=NOBODY, **buttons)
            except DISCORD_ERRORS as exc:
                if classify(exc) is ErrorMeaning.RETRY:
                    log.warning("%s: the owner's message is edited later: %s", kind, exc)
                    return False
                log.info("%s: the owner's message stays as it is: %s", kind, exc)
        return True

    def _write(self) -> None:
        try:
            overwrite(self._path, json.dumps(self._told).encode())
        except OSError as exc:  # a full disk, of which this may be the very message
            log.debug("%s cannot be written: %s", self._path, exc)


def _read(path: Path) -> dict[ConditionKind, list[list[int]]]:
    """Return what the last run told of; what only another version knows is left alone."""
    try:
        found = json.loads(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return {}
    known = set(ConditionKind)
    if not isinstance(found, dict):
        return {}
    return {ConditionKind(kind): told for kind, told in found.items() if kind in known}


async def setup(bot: RestyleBot) -> None:
    """Add the listener, and the buttons below its messages and other messages to the owner."""
    alerts = Alerts(bot)
    bot.add_dynamic_items(ShowButton)
    add_item(bot, CheckButton, alerts.press)
    await bot.add_cog(alerts)
