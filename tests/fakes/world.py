"""The state of the local Discord: guilds, channels, messages, and how they look as JSON."""

from __future__ import annotations

import datetime as dt
import itertools
import mimetypes
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

VIEW_CHANNEL = 1 << 10
SEND_MESSAGES = 1 << 11
EMBED_LINKS = 1 << 14
ATTACH_FILES = 1 << 15
READ_MESSAGE_HISTORY = 1 << 16
MANAGE_GUILD = 1 << 5
USE_APPLICATION_COMMANDS = 1 << 31
MANAGE_THREADS = 1 << 34
CREATE_PUBLIC_THREADS = 1 << 35
SEND_MESSAGES_IN_THREADS = 1 << 38

BOT_PERMISSIONS = (
    VIEW_CHANNEL
    | SEND_MESSAGES
    | EMBED_LINKS
    | ATTACH_FILES
    | READ_MESSAGE_HISTORY
    | CREATE_PUBLIC_THREADS
    | SEND_MESSAGES_IN_THREADS
)
MEMBER_PERMISSIONS = BOT_PERMISSIONS | USE_APPLICATION_COMMANDS

TEXT, DM, VOICE, NEWS, NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD = 0, 1, 2, 5, 10, 11, 12
THREADS = frozenset({NEWS_THREAD, PUBLIC_THREAD, PRIVATE_THREAD})

EPHEMERAL, LOADING, COMPONENTS_V2 = 1 << 6, 1 << 7, 1 << 15
EPOCH_MS = 1420070400000

UPLOAD_LIMITS = {0: 10, 1: 10, 2: 50, 3: 100}  # MiB by boost level
_counter = itertools.count(1)


def new_id() -> int:
    """Return a snowflake of this moment, greater than every one before."""
    return (int(time.time() * 1000) - EPOCH_MS << 22) + next(_counter)


def timestamp(moment: float | None) -> str | None:
    """Return ``moment`` (Unix time) as Discord writes it."""
    if moment is None:
        return None
    return dt.datetime.fromtimestamp(moment, dt.UTC).isoformat()


@dataclass(kw_only=True)
class User:
    """A person, or the bot itself."""

    name: str
    id: int = field(default_factory=new_id)
    bot: bool = False
    permissions: int = MEMBER_PERMISSIONS
    accepts_dms: bool = True

    @property
    def json(self) -> dict[str, Any]:
        """The user object."""
        return {
            "id": str(self.id),
            "username": self.name,
            "global_name": None,
            "discriminator": "0" if not self.bot else "0001",
            "avatar": None,
            "bot": self.bot,
            "public_flags": 0,
        }

    @property
    def member_json(self) -> dict[str, Any]:
        """The guild member object without the user."""
        return {
            "roles": [],
            "joined_at": "2024-01-01T00:00:00+00:00",
            "premium_since": None,
            "deaf": False,
            "mute": False,
            "flags": 0,
            "nick": None,
            "avatar": None,
            "pending": False,
            "communication_disabled_until": None,
        }


@dataclass(kw_only=True)
class Guild:
    """A server; what the bot may do in it is ``bot_permissions``."""

    name: str
    id: int = field(default_factory=new_id)
    boost_level: int = 0
    bot_permissions: int = BOT_PERMISSIONS
    bot_role_id: int = field(default_factory=new_id)

    @property
    def upload_limit_bytes(self) -> int:
        """How large one file of the bot may be."""
        return UPLOAD_LIMITS[self.boost_level] * 1024 * 1024


@dataclass(kw_only=True)
class Upload:
    """A file that a person attaches; ``declared_bytes`` may lie about its size."""

    filename: str
    data: bytes
    content_type: str | None = None
    declared_bytes: int | None = None
    width: int | None = None
    height: int | None = None
    duration_seconds: float | None = None


@dataclass(kw_only=True)
class Attachment:
    """A file on the CDN."""

    filename: str
    data: bytes
    url: str
    id: int = field(default_factory=new_id)
    content_type: str | None = None
    size: int = -1
    ephemeral: bool = False
    description: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def json(self) -> dict[str, Any]:
        """The attachment object."""
        body: dict[str, Any] = {
            "id": str(self.id),
            "filename": self.filename,
            "size": len(self.data) if self.size < 0 else self.size,
            "url": self.url,
            "proxy_url": self.url,
            **self.extra,
        }
        kind = self.content_type or mimetypes.guess_type(self.filename)[0]
        if kind:
            body["content_type"] = kind
        if self.ephemeral:
            body["ephemeral"] = True
        if self.description is not None:
            body["description"] = self.description
        return body


@dataclass(kw_only=True)
class Message:
    """A message and everything it ever was.

    Attributes:
        pings: The users that were notified when it was posted; 0 stands for everyone.
        mentions: The users for whom it is marked as mentioning them; edits decide it anew.
        history: What people could see after each change, oldest first (see :attr:`text`).
    """

    channel_id: int
    author: User
    id: int = field(default_factory=new_id)
    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[dict[str, Any]] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    flags: int = 0
    kind: int = 0
    nonce: str | None = None
    reference_id: int | None = None
    interaction_id: int | None = None
    pings: frozenset[int] = frozenset()
    mentions: frozenset[int] = frozenset()
    created_at: float = field(default_factory=time.time)
    edited_at: float | None = None
    history: list[str] = field(default_factory=list)

    @property
    def is_loading(self) -> bool:
        """Whether it still says that the bot is thinking."""
        return bool(self.flags & LOADING)

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return bool(self.flags & EPHEMERAL)

    @property
    def text(self) -> str:
        """Everything that can be read in it, one piece per line."""
        pieces = [self.content]
        pieces += [str(e.get(key, "")) for e in self.embeds for key in ("title", "description")]
        for item in walk(self.components):
            pieces += [str(item[key]) for key in ("content", "label", "placeholder") if key in item]
        pieces += [f"[{file.filename}]" for file in self.attachments]
        return "\n".join(piece for piece in pieces if piece)

    @property
    def custom_ids(self) -> list[str]:
        """The ids of its buttons and selects that can be used."""
        return [
            item["custom_id"]
            for item in walk(self.components)
            if "custom_id" in item and not item.get("disabled")
        ]


@dataclass(kw_only=True)
class Channel:
    """A channel, thread or direct conversation.

    Attributes:
        denied: Permissions that the bot lacks here although its role has them.
    """

    kind: int = TEXT
    name: str = "general"
    id: int = field(default_factory=new_id)
    guild_id: int | None = None
    parent_id: int | None = None
    owner_id: int | None = None
    recipient: User | None = None
    denied: int = 0
    archived: bool = False
    locked: bool = False
    member_ids: set[int] = field(default_factory=set)
    messages: dict[int, Message] = field(default_factory=dict)
    created_at: float = field(default_factory=time.time)

    @property
    def is_thread(self) -> bool:
        """Whether it is a thread of any kind."""
        return self.kind in THREADS

    @property
    def posts(self) -> list[Message]:
        """Its messages that everybody sees, oldest first."""
        return [m for _, m in sorted(self.messages.items()) if not m.is_ephemeral]


@dataclass(kw_only=True)
class Interaction:
    """Something a person did, and the bot's answer to it.

    Attributes:
        acknowledged_after: Seconds from sending the event to the first answer.
    """

    payload: dict[str, Any]
    id: int
    token: str
    channel_id: int
    user: User
    created_at: float
    acknowledged_after: float | None = None
    response_type: int | None = None
    data: dict[str, Any] | None = None
    original_id: int | None = None
    expired: bool = False
    followups: list[int] = field(default_factory=list)
    messages: dict[int, Message] = field(default_factory=dict)

    @property
    def original(self) -> Message | None:
        """The first answer, if it is a message."""
        return self.messages.get(self.original_id or 0)

    @property
    def answers(self) -> list[Message]:
        """All messages that answer it, oldest first."""
        return [m for _, m in sorted(self.messages.items())]


def walk(components: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield every component, nested ones included (a label's or section's too)."""
    for item in components:
        yield item
        yield from walk(item.get("components") or [])
        yield from walk([item[key] for key in ("accessory", "component") if item.get(key)])
