"""Files and pictures in our messages: how they are named and shown, and what hides them.

Whatever lies behind a spoiler stays behind one, in each of Discord's three places for it: the
component that shows the file, its name, and for what a person shows, the flag of their attachment.
Whether a job's media are hidden is decided once, when it is accepted (``Request.is_spoiler`` or
the server's setting), and stands in its row.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.texts import clip as clip_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from bot.domain.jobs import Job

_HIDING_PREFIX: Final = "SPOILER_"

_PICTURE: Final = "moment.jpg"

_PLAYABLE: Final = frozenset({"mp4", "mov", "webm", "gif", "png", "jpg", "jpeg", "webp"})
"""Others are shown as files.

Source: https://docs.discord.com/developers/reference#uploading-files
"""


def upload(path: Path, name: str, *, spoiler: bool) -> discord.File:
    """Return a file to be posted; :func:`attached` is how a component names it."""
    return discord.File(path, filename=name, spoiler=spoiler)


def attached(name: str, *, spoiler: bool) -> str:
    """Return the address of a file of the same message."""
    return f"attachment://{_HIDING_PREFIX if spoiler else ''}{name}"


def name_of(attachment: discord.Attachment) -> str:
    """Return the name that a file of ours was given, hidden or not."""
    return attachment.filename.removeprefix(_HIDING_PREFIX)


def gallery(url: str, description: str, *, spoiler: bool) -> ui.MediaGallery[Any]:
    """Return one picture or video; in a gallery of several Discord crops each of them."""
    return ui.MediaGallery(discord.MediaGalleryItem(url, description=description, spoiler=spoiler))


def attached_media(name: str, description: str, *, spoiler: bool) -> ui.Item[Any]:
    """Return a file of the same message; as a player or picture where Discord's clients have one.

    Args:
        name: Given to :func:`upload`.
        description: What is to be seen, for people who cannot see it.
        spoiler: Likewise.
    """
    address = attached(name, spoiler=spoiler)
    if name.rpartition(".")[2] in _PLAYABLE:
        return gallery(address, description, spoiler=spoiler)
    return ui.File(address, spoiler=spoiler)


def picture_of(job: Job) -> ui.Thumbnail[Any]:
    """Return the small picture beside a record: of the clip, and in the end of the result.

    It is a file of the message, :func:`picture_file`, and stays so while edits bring no other.
    """
    return ui.Thumbnail(
        attached(_PICTURE, spoiler=job.spoiler),
        description=clip_texts.RECORD_PICTURE,
        spoiler=job.spoiler,
    )


def picture_file(job: Job, picture: bytes | Path) -> discord.File:
    """Return the file of :func:`picture_of`."""
    content = io.BytesIO(picture) if isinstance(picture, bytes) else picture
    return discord.File(
        content, _PICTURE, spoiler=job.spoiler, description=clip_texts.RECORD_PICTURE
    )


def is_spoiler(attachment: discord.Attachment, message: discord.Message | None = None) -> bool:
    """Tell whether a file that somebody shows is behind a spoiler.

    Args:
        attachment: The file.
        message: The message that it is taken from. There a component may hide it, which says
            nothing about the file itself; anything hidden hides all files of the message.
    """
    return attachment.is_spoiler() or (message is not None and _hides(message.components))


def is_hidden(filename: str, flags: int) -> bool:
    """Tell the same of a file that is known by its name and its flags alone."""
    return filename.startswith(_HIDING_PREFIX) or discord.AttachmentFlags._from_value(flags).spoiler  # noqa: SLF001 - there is no other way to read flags


def _hides(components: Iterable[Any]) -> bool:
    return any(getattr(found, "spoiler", False) for found in _walk(components))


def _walk(components: Iterable[Any]) -> Iterator[Any]:
    """Yield all components, and the items of galleries, which have spoilers of their own."""
    for component in components:
        yield component
        for inside in ("children", "items"):
            yield from _walk(getattr(component, inside, None) or ())
        if (accessory := getattr(component, "accessory", None)) is not None:
            yield accessory
