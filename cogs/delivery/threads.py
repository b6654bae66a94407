"""The threads of jobs: opened, and named after what was asked for once others may read it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.requests.text_safety import thread_name
from bot.texts import common as texts
from cogs.common.discord_errors import DISCORD_ERRORS, ErrorMeaning, lasting_verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.domain.jobs import Job

log = logging.getLogger(__name__)

ARCHIVE_MINUTES: Final = 1440
NAME_SECONDS: Final = 10.0
"""How long the courtesy of a name may hold anything up."""

_MALFORMED: Final = 50035
_THREAD_EXISTS: Final = 160004


class Threads:
    """Makes and names them by ids and the bot's token alone."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client

    async def open(self, job: Job) -> int | None:
        """Make the thread, or find it; ``None`` where Discord makes none.

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring the thread.
        """
        # Before anybody allowed the request, its words are not for everybody.
        name = _own_name(job) if job.hold is None else await self._neutral_name(job)
        for tried in (name, texts.NEUTRAL_NAME):  # where AutoMod does not take the first
            try:
                # PartialMessage.create_thread needs the guild in the cache; this does not.
                await self._client.http.start_thread_with_message(
                    job.channel_id,
                    job.record_message_id,
                    name=tried,
                    auto_archive_duration=ARCHIVE_MINUTES,
                )
            except DISCORD_ERRORS as exc:
                code = exc.code if isinstance(exc, discord.HTTPException) else None
                if code == _THREAD_EXISTS:
                    return job.record_message_id
                verdict = lasting_verdict(exc)
                log.info("job %s: no thread: %s", job.id, exc)
                if verdict is not ErrorMeaning.BLOCKED and code != _MALFORMED:
                    return None
            else:
                return job.record_message_id  # a thread has the id of the message it starts from
        return None

    async def name(self, job: Job) -> None:
        """Name the thread of a job that was allowed after what was asked for; best effort."""
        if job.thread_id is None or job.hold is not None:
            return
        try:
            async with asyncio.timeout(NAME_SECONDS):
                await self._client.http.edit_channel(job.thread_id, name=_own_name(job))
        except (TimeoutError, *DISCORD_ERRORS) as exc:
            log.info("job %s: its thread keeps its first name: %r", job.id, exc)

    async def _neutral_name(self, job: Job) -> str:
        """Return a name that tells requests under approval apart, without their words."""
        try:
            async with asyncio.timeout(NAME_SECONDS):
                who = await self._display_name(job)
        except (TimeoutError, *DISCORD_ERRORS) as exc:
            log.info("job %s: its requester's name is not known: %r", job.id, exc)
            who = None
        return thread_name(texts.held_name(who, job.created_at), otherwise=texts.NEUTRAL_NAME)

    async def _display_name(self, job: Job) -> str | None:
        guild = self._client.get_guild(job.guild_id) if job.guild_id is not None else None
        member = guild.get_member(job.user_id) if guild is not None else None
        if member is not None:
            return member.display_name
        if job.guild_id is None:
            return (await self._client.fetch_user(job.user_id)).display_name
        found: Mapping[str, Any] = await self._client.http.get_member(job.guild_id, job.user_id)
        user = found.get("user", {})
        names = (found.get("nick"), user.get("global_name"), user.get("username"))
        return next((str(name) for name in names if name), None)


def _own_name(job: Job) -> str:
    return thread_name(job.shown_prompt, otherwise=texts.NEUTRAL_NAME)
