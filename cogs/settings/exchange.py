"""A server's settings as a file: handed out, and read again."""

from __future__ import annotations

import asyncio
import io
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.domain.guilds import guild_key
from bot.errors import MediaError, MediaTooLargeError
from bot.policy.exchange import MAX_FILE_BYTES, MAX_VALUES, dump, load, replacing
from bot.policy.mentioned import mentioned
from bot.policy.problems import SettingsFileError
from bot.texts import exchange as exchange_texts
from bot.texts import panel_answer as answers
from bot.texts import policy as policy_texts
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.messages import NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.media.download import Downloader
    from bot.media.scratch import Scratch
    from bot.policy.mentioned import Mentioned
    from bot.storage.store import Store
    from cogs.common.aside import Aside
    from cogs.common.pages import Page
    from cogs.settings.items import PanelLocation
    from cogs.settings.panel import SettingsPanel

log = logging.getLogger(__name__)

FILENAME: Final = "restyle-settings.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that somebody attached, as Discord tells of it."""

    url: str
    size_bytes: int

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Upload:
        """Return the file of a form's field."""
        return cls(url=str(told.get("url", "")), size_bytes=int(told.get("size", 0)))


class Exchange:
    """Exports and imports."""

    def __init__(
        self,
        panel: SettingsPanel,
        *,
        store: Store,
        downloader: Downloader,
        scratch: Scratch,
        aside: Aside,
    ) -> None:
        self._panel = panel
        self._aside = aside
        self._store = store
        self._downloader = downloader
        self._scratch = scratch

    async def export(
        self, interaction: discord.Interaction[Any], location: PanelLocation
    ) -> str | Page:
        """Hand out all that is set as a file, to the person alone."""
        guild_id = guild_key(interaction.guild_id)
        policy = await self._store.policies.read(guild_id)
        data = await self._aside.run(interaction.user.id, lambda: dump(policy))
        name = interaction.guild.name if interaction.guild else "this server"
        try:
            await interaction.followup.send(
                answers.exported(name, interaction.client.command_mentions.of("restyle-settings")),
                file=discord.File(io.BytesIO(data), FILENAME),
                ephemeral=True,
                allowed_mentions=NOBODY,
            )
        except DISCORD_ERRORS as exc:
            log.warning("guild %s: settings not exported: %s", guild_id, exc)
            return answers.NOT_EXPORTED
        return await self._panel.panel(guild_id, location)

    async def take(
        self, interaction: discord.Interaction[Any], location: PanelLocation, upload: Upload
    ) -> str | Page:
        """Show what a file would change, to be saved or not; see ``SettingsPanel.propose``."""
        guild_id = guild_key(interaction.guild_id)
        try:
            data = await self._fetch(upload)
            # Trying patterns out takes time.
            loaded = await self._aside.run(interaction.user.id, lambda: load(data))
        except MediaTooLargeError:
            return await self._refused(guild_id, location, answers.file_too_big(MAX_FILE_BYTES))
        except MediaError as exc:
            log.warning("guild %s: a file of settings was not fetched: %s", guild_id, exc)
            return await self._refused(guild_id, location, answers.FILE_UNREADABLE)
        except SettingsFileError as exc:
            words = exchange_texts.refused_file(exc, explain=policy_texts.problem)
            return await self._refused(guild_id, location, words)
        if elsewhere := _elsewhere(loaded, interaction.guild):
            return await self._refused(guild_id, location, answers.not_on_this_server(elsewhere))
        changes = replacing(await self._store.policies.read(guild_id), loaded)
        if sum(map(len, changes.values())) > MAX_VALUES:  # one Undo could not take it all back
            return await self._refused(guild_id, location, answers.too_many_changes(MAX_VALUES))
        return await self._panel.propose(
            interaction,
            location,
            changes,
            what=answers.IMPORTED,
            unchanged=answers.NOTHING_TO_IMPORT,
        )

    async def _refused(self, guild_id: int, location: PanelLocation, words: str) -> Page:
        return await self._panel.panel(guild_id, location, said=words)

    async def _fetch(self, upload: Upload) -> bytes:
        if upload.size_bytes > MAX_FILE_BYTES:
            raise MediaTooLargeError(f"{upload.size_bytes} bytes")
        with self._scratch.folder() as folder:
            fetched = await self._downloader.download(
                upload.url, folder / FILENAME, max_bytes=MAX_FILE_BYTES, trusted=True
            )
            return await asyncio.to_thread(fetched.path.read_bytes)


def _elsewhere(
    loaded: Mapping[Any, Mapping[str, Any]], guild: discord.Guild | None
) -> list[Mentioned]:
    """Return the channels and roles that are not on this server."""

    def is_here(one: Mentioned) -> bool:
        if guild is None:
            return False
        get = guild.get_channel if one.of == "channel" else guild.get_role
        return get(one.id) is not None

    return [one for one in mentioned(loaded) if not is_here(one)]
