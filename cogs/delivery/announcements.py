"""Announcing finished clips in the channel that a server has chosen for it, once each.

An announcement is a courtesy: nothing that goes wrong with it reaches the job, or anybody but the
log. It never carries words out of a place to people who cannot see that place.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import discord
from cachetools import LRUCache
from discord import ui

from bot.domain.jobs import JobState
from bot.errors import StoreError
from bot.requests.text_safety import quote
from bot.texts import clip as clip_texts
from bot.texts import common as texts
from bot.texts.common import mention
from cogs.common.cards import GREEN, card, jump_url, mark, markdown_url
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, classify
from cogs.common.messages import NOBODY, find_marked, may_be_posted

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.domain.jobs import Job
    from bot.engine.ports import Delivered
    from bot.storage.store import Store

log = logging.getLogger(__name__)

ANNOUNCE_SECONDS: Final = 10.0
"""How long an announcement may hold up the note that the answer is out."""

_KIND: Final = "announced"
_MOST_REMEMBERED: Final = 10_000


class Announcements:
    """Posts them once, and takes them back.

    Args:
        store: Tells which channel a server has chosen.
    """

    def __init__(
        self, client: discord.Client, store: Store, *, now: Callable[[], datetime]
    ) -> None:
        self._client = client
        self._store = store
        self._now = now
        # channels that cannot be posted in, as the log knows
        self._lost: LRUCache[int, None] = LRUCache(_MOST_REMEMBERED)

    async def announce(self, job: Job, delivered: Delivered) -> None:
        """Announce an answer that was posted; call it again after a crash, it comes once."""
        if job.guild_id is None or delivered.channel_id not in {job.thread_id, job.channel_id}:
            return  # a direct message is nobody else's business
        try:
            async with asyncio.timeout(ANNOUNCE_SECONDS):
                await self._announce(job, job.guild_id, delivered)
        except (TimeoutError, StoreError, *DISCORD_ERRORS) as exc:
            log.warning("job %s: not announced: %r", job.id, exc)
        except Exception:  # the job is done; nothing here may make it look otherwise
            log.exception("job %s: its announcement broke", job.id)

    async def take_back(self, job: Job) -> None:
        """Delete the announcement of an answer that was deleted; best effort."""
        if job.guild_id is None or job.answer_message_id is None:
            return
        try:
            async with asyncio.timeout(ANNOUNCE_SECONDS):
                channel_id = await self._chosen(job)
                if channel_id is None:
                    return
                message = await self._find(job, channel_id, since=job.answer_message_id)
                if message is not None:
                    await message.delete()
        except (TimeoutError, StoreError, *DISCORD_ERRORS) as exc:
            log.info("job %s: its announcement stays: %r", job.id, exc)

    async def _announce(self, job: Job, guild_id: int, delivered: Delivered) -> None:
        channel_id = await self._chosen(job)
        if channel_id is None or channel_id in {job.channel_id, job.thread_id}:
            return
        guild = self._client.get_guild(guild_id) or await self._client.fetch_guild(guild_id)
        source, target = await _look_up(guild, job.channel_id, channel_id)
        if target is None:
            self._note_lost(guild_id, channel_id, "it is gone")
            return
        if source is None or not _may_go(source, target, job, self._client):
            log.info("job %s: not announced: more people see channel %s", job.id, channel_id)
            return
        if source.id == target.id:  # asked for in one of its threads
            return
        if may_be_posted(job, self._now()) and await self._find(
            job, channel_id, since=job.record_message_id
        ):
            return
        await self._post(job, guild_id, channel_id, delivered)

    async def _chosen(self, job: Job) -> int | None:
        policy = await self._store.policies.read(job.guild_id)
        channel_id: int | None = policy.server("announce_channel_id")
        return channel_id

    async def _post(self, job: Job, guild_id: int, channel_id: int, delivered: Delivered) -> None:
        channel = self._client.get_partial_messageable(channel_id, guild_id=guild_id)
        url = jump_url(guild_id, delivered.channel_id, delivered.message_id)
        for quoted in (True, False):  # without the prompt, where AutoMod does not take it
            try:
                await channel.send(
                    view=announcement_card(
                        job, url, quoted=quoted, picture_url=delivered.picture_url
                    ),
                    silent=True,
                    nonce=f"{job.id}n",
                    allowed_mentions=NOBODY,
                )
            except discord.HTTPException as exc:
                verdict = classify(exc)
                if quoted and verdict is ErrorMeaning.BLOCKED:
                    continue
                if verdict is ErrorMeaning.RETRY:
                    raise
                self._note_lost(guild_id, channel_id, str(exc))
            else:
                self._lost.pop(channel_id, None)
            return

    def _note_lost(self, guild_id: int, channel_id: int, why: str) -> None:
        """Tell the log of a channel that cannot be posted in: once, until it can again."""
        if channel_id in self._lost:
            return
        self._lost[channel_id] = None
        log.warning(
            "guild %s: nothing can be announced in channel %s: %s", guild_id, channel_id, why
        )

    async def _find(self, job: Job, channel_id: int, *, since: int) -> discord.Message | None:
        channel = self._client.get_partial_messageable(channel_id, guild_id=job.guild_id)
        return await find_marked(
            self._client, channel, mark(job.id, _KIND), after=since, must_read=True
        )


def announcement_card(
    job: Job, url: str, *, quoted: bool = True, picture_url: str | None = None
) -> ui.LayoutView:
    """Return the announcement; ``url`` leads to the answer, ``picture_url`` to its picture."""
    who = mention(job.user_id)
    lines = [texts.record_title(JobState.DONE, who)]
    if quoted:
        lines.append(quote(job.shown_prompt))
    if job.spoiler:
        lines.append(clip_texts.BEHIND_SPOILER)
    button: ui.Button[ui.LayoutView] = ui.Button(label="Watch", url=url)
    row: ui.ActionRow[Any] = ui.ActionRow(button)
    provenance = "-# " + _provenance(job)
    picture: ui.Thumbnail[Any] | None = None
    if picture_url is not None:
        picture = ui.Thumbnail(
            picture_url, description=clip_texts.PICTURE_OF_RESULT, spoiler=job.spoiler
        )
    below = ui.TextDisplay[Any](provenance)
    return card(GREEN, lines, below, row, id_=mark(job.id, _KIND), picture=picture)


def _provenance(job: Job) -> str:
    """Return whose clip it was; who asked stands above."""
    requester = mention(job.user_id)
    if job.source_author_id is not None:
        return texts.provenance(mention(job.source_author_id))
    if job.source_message_url is None:
        return texts.provenance(requester)
    return texts.provenance(requester, clip=markdown_url(job.source_message_url))


async def _look_up(
    guild: discord.Guild, source_id: int, target_id: int
) -> tuple[discord.abc.GuildChannel | None, discord.abc.GuildChannel | None]:
    """Return the channel that the job is from and the one for announcements, if they are there.

    The first is a thread's parent; ``None`` also for a private thread.
    """
    known = {channel.id: channel for channel in guild.channels or await guild.fetch_channels()}
    source = known.get(source_id)
    if source is None:
        try:
            place = guild.get_thread(source_id) or await guild.fetch_channel(source_id)
        except discord.HTTPException as exc:
            if classify(exc) is ErrorMeaning.RETRY:
                raise
            return None, known.get(target_id)
        if isinstance(place, discord.Thread) and not place.is_private():
            source = known.get(place.parent_id)
    return source, known.get(target_id)


def _may_go(
    source: discord.abc.GuildChannel,
    target: discord.abc.GuildChannel,
    job: Job,
    client: discord.Client,
) -> bool:
    """Tell whether whoever sees ``target`` may see what happens in ``source``."""
    for_adults = job.is_age_restricted or getattr(source, "nsfw", False)
    if for_adults and not getattr(target, "nsfw", False):
        return False
    for role in source.guild.roles:
        sees = target.permissions_for(role).view_channel
        if sees and not source.permissions_for(role).view_channel:
            return False
    let_in = _single(target, allowed=True) - _single(source, allowed=True)
    everybody = source.permissions_for(source.guild.default_role).view_channel
    shut_out = _single(source, allowed=False) - _single(target, allowed=False)
    us = {client.user.id} if client.user is not None else set()
    return not (shut_out - us) and (everybody or not (let_in - us))


def _single(channel: discord.abc.GuildChannel, *, allowed: bool) -> set[int]:
    """Return the members who, each by name, are let into a channel or shut out of it."""
    return {
        target.id
        for target, overwrite in channel.overwrites.items()
        # Roles and members that are not in the cache are objects that know what they stand for.
        if getattr(target, "type", type(target)) is not discord.Role
        and overwrite.view_channel is allowed
    }
