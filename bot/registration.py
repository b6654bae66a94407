"""Registering the commands at Discord, where they have changed, beside everything else."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord
from discord import app_commands

from bot.engine.poll_schedule import backoff_seconds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from discord.ext import commands

    from bot.settings import Settings
    from bot.texts.commands import CommandMentions

log = logging.getLogger(__name__)

REGISTER_AGAIN_SECONDS: Final = 30.0
REGISTER_LATEST_SECONDS: Final = 3600.0
ANSWER_SECONDS: Final = 10.0
ANSWERS_ODDLY: Final = (aiohttp.ClientError, OSError, KeyError, TypeError, ValueError)
"""No network, or an answer that is not the API's."""


_IN_DIRECT_MESSAGES: Final = (
    *("restyle", "restyle-usage", "restyle-help", "restyle-looks", "restyle-jobs"),
)
"""Commands that are there for direct messages only where the operator lets jobs start in them."""
_FOR_USERS: Final = (*_IN_DIRECT_MESSAGES, "restyle-privacy")
"""Commands that people can then add to their own account, to have them in direct messages."""


def follow_settings(tree: app_commands.CommandTree[Any], settings: Settings) -> None:
    """Offer the commands where they do something, as ``DIRECT_MESSAGES`` says."""
    is_on = settings.direct_messages
    for command in tree.get_commands():
        if not isinstance(command, app_commands.Command):
            continue
        if command.name in _IN_DIRECT_MESSAGES:
            command.allowed_contexts = app_commands.AppCommandContext(
                guild=True, dm_channel=is_on, private_channel=False
            )
        if command.name in _FOR_USERS:
            command.allowed_installs = app_commands.AppInstallationType(guild=True, user=is_on)


class Registration:
    """Sees to it that Discord knows the commands of this version; the bot works meanwhile.

    Args:
        mentions: Learns which ids Discord gave them.
    """

    def __init__(
        self, bot: commands.AutoShardedBot, settings: Settings, mentions: CommandMentions
    ) -> None:
        self._bot = bot
        self._mentions = mentions
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self.trouble: str | None = None
        """Why the list of commands is not registered yet; ``None`` while nothing is wrong."""

    @property
    def is_answered(self) -> bool:
        """Whether it is known by now if something is wrong."""
        return self._answered.is_set()

    def start(self) -> None:
        """Begin, once the extensions are loaded and the bot has logged in."""
        self._task = asyncio.create_task(self._run(), name="registration")

    async def ask_again(self) -> None:
        """Ask now instead of after the pause; return once Discord has answered, or after 10 s."""
        self.stop()
        self._answered.clear()
        self.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._answered.wait()

    def stop(self) -> None:
        """Give up what is not registered yet; the next start begins anew."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        """Register the commands beside everything else; what Discord refuses is asked again.

        The commands of an earlier start work meanwhile, and so does all that is under way.
        """
        failures = 0
        while True:
            try:
                await self._sync_if_changed()
            except (discord.HTTPException, discord.RateLimited, *ANSWERS_ODDLY) as exc:
                failures += 1
                if self.trouble is None:
                    log.warning(
                        "The commands could not be registered; the bot keeps trying: %s", exc
                    )
                self.trouble = str(exc) or type(exc).__name__
                self._answered.set()
                await asyncio.sleep(_pause(failures, exc))
            else:
                self.trouble = None
                self._answered.set()
                break
        await self._learn_ids()

    async def _learn_ids(self) -> None:
        """Ask Discord for the commands' ids unless it told them just now; texts do without.

        The process with shard 0 may not have registered any yet.
        """
        failures = 0
        while self._bot.tree.get_commands() and not self._mentions.are_known:
            if failures:
                await asyncio.sleep(_pause(failures))
            failures += 1
            try:
                self._learn(await self._bot.tree.fetch_commands())
            except (discord.HTTPException, discord.RateLimited, *ANSWERS_ODDLY) as exc:
                log.info("The commands' ids are not known yet: %s", exc)

    def _learn(self, registered: Sequence[app_commands.AppCommand]) -> None:
        self._mentions.learn({command.name: command.id for command in registered})

    async def _sync_if_changed(self) -> None:
        """Overwrite the commands at Discord unless they are those of the last time.

        Of several processes the one with shard 0 does it. (Twice would do no harm: it is the same
        list.)

        Creating commands is limited to 200 a day, and clients reload after every overwrite.

        Source: https://docs.discord.com/developers/interactions/application-commands
        """
        if 0 not in (self._settings.shard_ids or (0,)):
            return
        mark = self._mark()
        digest = self._command_digest()
        try:
            known = mark.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            known = ""  # never synced, or from a folder that was lost
        if known == digest:
            return
        synced = await self._bot.tree.sync()
        self._learn(synced)
        log.info("Registered %d commands with Discord", len(synced))
        try:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.write_text(digest, encoding="ascii")
        except OSError as exc:
            log.warning("%s cannot be written, so the next start registers again: %s", mark, exc)

    def _mark(self) -> Path:
        return self._settings.data_dir / "commands.sha256"

    def _command_digest(self) -> str:
        payload = [command.to_dict(self._bot.tree) for command in self._bot.tree.get_commands()]
        text = json.dumps(payload, sort_keys=True, default=str)
        # The token is part of it, hashed beyond recovery: another one may be another bot's.
        token = self._settings.discord_token.get_secret_value()
        return hashlib.sha256(
            "\n".join((str(self._bot.application_id), token, text)).encode()
        ).hexdigest()


def _pause(failures: int, error: Exception | None = None) -> float:
    """Return how many seconds to wait before Discord is asked again."""
    return backoff_seconds(
        failures,
        base=REGISTER_AGAIN_SECONDS,
        cap=REGISTER_LATEST_SECONDS,
        at_least=getattr(error, "retry_after", None),
    )
