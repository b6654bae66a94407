"""Fetching and examining what was attached to a command."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.errors import MediaError, MediaTooLargeError, MediaUnreadableError, RestyleError
from bot.media.probe import probe_image, probe_video
from bot.refusal_texts import refusal
from bot.validation import (
    MAX_REFERENCE_BYTES,
    TAKEN_CONTAINERS,
    TAKEN_IMAGES,
    Decider,
    Refusal,
    Rule,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import discord

    from bot.media.download import Downloader
    from bot.media.probe import VideoFacts
    from bot.media.scratch import Scratch
    from bot.validation import Limit

log = logging.getLogger(__name__)


class RefusedError(RestyleError):
    """A request breaks a rule; nothing was started.

    Attributes:
        refusal: Which rule, and by what.
    """

    def __init__(self, found: Refusal) -> None:
        super().__init__(refusal(found))
        self.refusal = found


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedClip:
    """What is known of a source clip once it was here."""

    facts: VideoFacts
    size_bytes: int


async def fetch_clip(
    attachment: discord.Attachment, *, downloader: Downloader, scratch: Scratch, limit: Limit
) -> FetchedClip:
    """Download the clip, look into it, and throw it away again.

    Raises:
        RefusedError: It is too big, cannot be fetched, or is no video.
    """
    too_big = Refusal(
        rule=Rule.VIDEO_TOO_BIG,
        value=max(attachment.size, limit.value + 1),
        limit=limit.value,
        decided_by=limit.decided_by,
    )
    with _refusing(unreadable=Rule.VIDEO_UNREADABLE, too_big=too_big), scratch.folder() as folder:
        fetched = await downloader.download(
            attachment.url, folder / "source", max_bytes=int(limit.value), trusted=True
        )
        if fetched.size_bytes == 0:
            raise RefusedError(Refusal(rule=Rule.EMPTY_FILE))
        facts = await probe_video(fetched.path)
    if facts.container not in TAKEN_CONTAINERS:
        raise RefusedError(Refusal(rule=Rule.CONTAINER_NOT_TAKEN, value=facts.container))
    return FetchedClip(facts=facts, size_bytes=fetched.size_bytes)


async def check_reference(
    attachment: discord.Attachment, *, downloader: Downloader, scratch: Scratch
) -> None:
    """Download the reference picture and look into it.

    Raises:
        RefusedError: It is too big, cannot be fetched, or is no picture.
    """
    too_big = Refusal(
        rule=Rule.REFERENCE_TOO_BIG,
        value=max(attachment.size, MAX_REFERENCE_BYTES + 1),
        limit=MAX_REFERENCE_BYTES,
        decided_by=Decider.PROVIDER,
    )
    with (
        _refusing(unreadable=Rule.REFERENCE_UNREADABLE, too_big=too_big),
        scratch.folder() as folder,
    ):
        fetched = await downloader.download(
            attachment.url, folder / "reference", max_bytes=MAX_REFERENCE_BYTES, trusted=True
        )
        facts = await probe_image(fetched.path)
    if facts.format not in TAKEN_IMAGES:
        raise RefusedError(Refusal(rule=Rule.REFERENCE_NOT_AN_IMAGE, value=f"image/{facts.format}"))


@contextmanager
def _refusing(*, unreadable: Rule, too_big: Refusal) -> Iterator[None]:
    """Turn what is wrong with a file into a refusal."""
    try:
        yield
    except MediaTooLargeError as exc:
        raise RefusedError(too_big) from exc
    except MediaUnreadableError as exc:
        raise RefusedError(Refusal(rule=unreadable, value=exc.reason.value)) from exc
    except MediaError as exc:  # unreachable, no room, no process to look into it
        log.warning("an attachment could not be examined: %s", exc)
        raise RefusedError(Refusal(rule=Rule.DOWNLOAD_FAILED)) from exc
