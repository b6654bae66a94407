"""The command, and a look once a day whether a newer version is out, if the operator wants that."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from discord import app_commands
from discord.ext import commands, tasks

from bot import __version__
from bot.errors import MediaError
from bot.texts import about as about_texts
from cogs.common.cards import BLURPLE, card
from cogs.common.pages import Page, answer_command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import discord

    from bot.app import RestyleBot

log = logging.getLogger(__name__)

LOOK_HOURS: Final = 24.0
MOST_BYTES: Final = 256 * 1024
_VERSION: Final = re.compile(r"\bv?(\d{1,4}\.\d{1,4}\.\d{1,4})\b")
_KEYS: Final = ("tag_name", "version", "name")
_Parts = tuple[int, ...]


class AboutCog(commands.Cog):
    """Says which program this is, and tells the owner once of each newer one."""

    def __init__(self, bot: RestyleBot) -> None:
        self._bot = bot
        self._since = datetime.now(UTC)
        self._newer: str | None = None
        self._told: Path = bot.settings.data_dir / "told-of-version"

    async def cog_load(self) -> None:
        """Begin to look, where an address is set; of several processes one does."""
        if self._bot.settings.update_url and 0 in (self._bot.settings.shard_ids or (0,)):
            self._keep_looking.start()

    async def cog_unload(self) -> None:
        """Stop looking."""
        self._keep_looking.cancel()

    @app_commands.command(name="restyle-about", description=about_texts.COMMAND)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle_about(self, interaction: discord.Interaction[Any]) -> None:
        """Show it to the person alone."""
        await answer_command(interaction, lambda: self._page(interaction))

    async def _page(self, interaction: discord.Interaction[Any]) -> Page:
        bot, application = self._bot, self._bot.application
        shard_id = interaction.guild.shard_id if interaction.guild is not None else 0
        latencies = {one.id: one.latency_seconds for one in bot.shard_facts()}
        is_owner = interaction.user.id in bot.owner_user_ids
        lines = about_texts.about(
            version=__version__,
            models=bot.settings.models,
            since=self._since,
            latency_seconds=latencies.get(shard_id),
            privacy_url=application.privacy_policy_url if application else None,
            terms_url=application.terms_of_service_url if application else None,
            newer=self._newer if is_owner else None,
            privacy=bot.command_mentions.of("restyle-privacy"),
        )
        return Page(view=card(BLURPLE, lines))

    @tasks.loop(hours=LOOK_HOURS)
    async def _keep_looking(self) -> None:
        try:
            await self.look()
        except Exception:  # tomorrow it is looked at again
            log.exception("The check for a newer version broke")

    @_keep_looking.before_loop
    async def _wait(self) -> None:
        await self._bot.wait_until_ready()

    async def look(self) -> None:
        """Look once at what ``UPDATE_URL`` names, and tell the owner if it is newer."""
        newest = await self._newest()
        if newest is None or _parts(newest) <= _parts(__version__):
            self._newer = None
            return
        self._newer = newest
        log.info("Restyle %s is out; this is %s", newest, __version__)
        if self._known() == newest:
            return
        if await self._bot.post_to_owners(about_texts.newer_version(newest, __version__)):
            try:
                self._told.write_text(newest, encoding="ascii")
            except OSError as exc:  # then they are told again after the next start
                log.warning("%s cannot be written: %s", self._told, exc)

    def _known(self) -> str:
        try:
            return self._told.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return ""

    async def _newest(self) -> str | None:
        """Return the version that the address names; ``None`` if it names none just now."""
        url = self._bot.settings.update_url
        try:
            with self._bot.scratch.folder() as folder:
                page = folder / "version"
                await self._bot.downloader.download(url, page, max_bytes=MOST_BYTES)
                found = next(versions_in(page.read_text(encoding="utf-8", errors="replace")), None)
        except MediaError as exc:
            log.info("The check for a newer version failed: %s", exc)
            return None
        if found is None:
            log.warning("UPDATE_URL does not name a version")
        return found


def versions_in(text: str) -> Iterator[str]:
    """Yield the versions that a text, or JSON as of a list of releases, names; the first counts."""
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        said = text
    if isinstance(said, list):
        said = said[0] if said else ""
    if isinstance(said, dict):
        inner = said.get("info")
        said = {**inner, **said} if isinstance(inner, dict) else said
        words = [said[key] for key in _KEYS if isinstance(said.get(key), str)]
    else:
        words = [said] if isinstance(said, str) else []
    for word in words:
        yield from _VERSION.findall(word)


def _parts(version: str) -> _Parts:
    return tuple(int(part) for part in version.split("."))


async def setup(bot: RestyleBot) -> None:
    """Offer the command."""
    await bot.add_cog(AboutCog(bot))
