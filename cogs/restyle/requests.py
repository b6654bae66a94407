"""What a person asks for, wherever they ask."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.domain.looks import compose, shown_words
from cogs.common.media import is_hidden, is_spoiler

if TYPE_CHECKING:
    from collections.abc import Mapping

    import discord

    from bot.domain.looks import Look


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedClip:
    """One file at Discord, and whose it is."""

    url: str
    filename: str
    content_type: str | None
    """As Discord says; a hint."""
    size_bytes: int
    """As Discord says."""
    is_spoiler: bool
    """Whether it was shown behind a spoiler, or is or was made of something that was."""
    author_id: int | None = None
    """Who posted it; ``None`` when it came with the command, or when nobody can be asked."""
    message_url: str | None = None
    """The message it was taken from, if any."""
    people_ids: frozenset[int] = frozenset()
    """Who else is behind it, so that their opt-out counts as well."""

    @classmethod
    def attached(cls, attachment: discord.Attachment) -> RequestedClip:
        """Return the source that was attached to the command itself."""
        return cls(
            url=attachment.url,
            filename=attachment.filename,
            content_type=attachment.content_type,
            size_bytes=attachment.size,
            is_spoiler=is_spoiler(attachment),
        )

    @classmethod
    def told(cls, file: Mapping[str, Any]) -> RequestedClip:
        """Return the source that was put into a form, as Discord tells of it."""
        name = str(file.get("filename", ""))
        return cls(
            url=str(file.get("url", "")),
            filename=name,
            content_type=file.get("content_type"),
            size_bytes=int(file.get("size", 0)),
            is_spoiler=is_hidden(name, int(file.get("flags", 0))),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestedPicture:
    """The style picture at Discord."""

    url: str
    filename: str
    content_type: str | None
    """As Discord says; a hint."""
    size_bytes: int | None
    """As Discord says; ``None`` of one that an earlier job took, which was checked then."""
    is_spoiler: bool

    @classmethod
    def attached(cls, attachment: discord.Attachment) -> RequestedPicture:
        """Return the picture that was attached to the command itself."""
        return cls(
            url=attachment.url,
            filename=attachment.filename,
            content_type=attachment.content_type,
            size_bytes=attachment.size,
            is_spoiler=is_spoiler(attachment),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the person asked for, cleaned."""

    source: RequestedClip
    prompt: str
    reference: RequestedPicture | None = None
    ratio: str | None = None
    seed: int | None = None
    """``None``: one is chosen, where the model takes any."""
    start: float | None = None
    """Where the part begins, in seconds."""
    length: float | None = None
    """How long the part is, in seconds."""
    model: str | None = None
    """Which of the operator's models; ``None``, and any other name, leaves it to the bot."""
    look_name: str | None = None
    """The look whose words are in the prompt."""
    own_words: str | None = None
    """The person's own words in it; ``None`` without a look."""

    def looking(self, look: Look) -> Request:
        """Return the request with a look's words around its own, and what else the look brings.

        What was asked for besides the look comes first.
        """
        return replace(
            self,
            prompt=compose(look.words, self.prompt),
            look_name=look.name,
            own_words=self.prompt,
            seed=look.seed if self.seed is None else self.seed,
            ratio=look.ratio if self.ratio is None else self.ratio,
            model=look.model if self.model is None else self.model,
        )

    @property
    def shown_prompt(self) -> str:
        """The prompt as everybody reads it."""
        return shown_words(self.prompt, look_name=self.look_name, own_words=self.own_words)

    @property
    def is_spoiler(self) -> bool:
        """Whether everything that comes of it stays behind a spoiler."""
        return self.source.is_spoiler or (self.reference is not None and self.reference.is_spoiler)
