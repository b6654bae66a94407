"""A clip out of somebody's message: which file it is, and whose it is.

The bot asks Discord for no message content: a message that a person chose in the menu brings its
files along, and no other way does.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

from bot.domain.jobs import JobState
from bot.errors import StoreError
from bot.requests.validation import Refusal, Rule, is_declared_video
from cogs.common.limits import store_deadline
from cogs.common.media import is_spoiler, name_of
from cogs.common.messages import is_ours
from cogs.delivery.answers import OUTPUT_FILENAME
from cogs.restyle.refusals import RefusedError
from cogs.restyle.requests import RequestedClip

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from bot.domain.jobs import Job
    from bot.storage.store import Store

log = logging.getLogger(__name__)

_JOB_SECONDS: Final = 0.5
MOST_CLIPS: Final = 10
"""Files that a message has at most."""

_JOB_ID: Final = re.compile(r"restyle:([0-9]{1,20}):(?:more|delete)")


def clips_of(message: discord.Message) -> list[discord.Attachment]:
    """Return the video files of a message, in their order; links and embeds do not count."""
    return [
        found
        for found in message.attachments[:MOST_CLIPS]
        if is_declared_video(found.content_type, found.filename)
    ]


async def sources_of(
    interaction: discord.Interaction[Any], message: discord.Message, *, store: Store
) -> list[RequestedClip]:
    """Return the clips of a message, each with whose it is; at least one.

    Args:
        interaction: Through which it was chosen.
        message: The message, with its files.
        store: Knows whose clip a result of ours was made from.

    Raises:
        RefusedError: There is none, or it cannot be told whose it is.
    """
    clips = clips_of(message)
    if not clips:
        forwarded = any(snapshot.attachments for snapshot in message.message_snapshots)
        rule = Rule.MESSAGE_FORWARDED if forwarded else Rule.MESSAGE_WITHOUT_CLIP
        raise RefusedError(Refusal(rule=rule))
    is_own = is_ours(interaction.client, message)
    job = await _job_of(message, store) if is_own else None
    author_id, people_ids = _people(message, job)
    if is_own:
        clips = [clip for clip in clips if name_of(clip) == OUTPUT_FILENAME] or clips
    return [
        RequestedClip(
            url=clip.url,
            filename=clip.filename,
            content_type=clip.content_type,
            size_bytes=clip.size,
            is_spoiler=is_spoiler(clip, message) or (job is not None and job.spoiler),
            author_id=author_id,
            message_url=message.jump_url,
            people_ids=people_ids,
        )
        for clip in clips
    ]


def _people(message: discord.Message, job: Job | None) -> tuple[int | None, frozenset[int]]:
    """Return who can be asked about a message's clips, and who else is behind them.

    Args:
        message: The message.
        job: Whose answer it is, if it is one of ours.
    """
    if job is None:
        is_app = message.webhook_id is not None or message.author.bot
        return (None if is_app else message.author.id), frozenset()
    # Of a result, consent follows the person in the clip that it was made from.
    author_id = job.source_author_id
    if author_id is None and job.source_message_url is None:
        author_id = job.user_id
    return author_id, frozenset({job.user_id})


async def _job_of(message: discord.Message, store: Store) -> Job:
    """Return the job whose answer a message of ours is.

    Raises:
        RefusedError: It is something else, or the database does not answer.
    """
    job = None
    job_id = _job_id_in(message.components)
    if job_id is not None:
        try:
            async with store_deadline(_JOB_SECONDS):
                job = await store.get(job_id)
        except StoreError as exc:
            log.warning("message %s: whose clip it is is not known: %r", message.id, exc)
            raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
    if job is None or job.state is not JobState.DONE or job.answer_message_id != message.id:
        raise RefusedError(Refusal(rule=Rule.MESSAGE_NOT_AN_ANSWER))
    return job


def _job_id_in(components: Sequence[Any]) -> int | None:
    for component in components:
        match = _JOB_ID.fullmatch(getattr(component, "custom_id", None) or "")
        if match is not None:
            return int(match[1])
        found = _job_id_in(getattr(component, "children", None) or [])
        if found is not None:
            return found
    return None
