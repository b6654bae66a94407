"""A conversation as plain text: what a person reads in it, line by line."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import discord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import simcord

_TIMES: Final = re.compile(r"<t:(-?\d+)(?::([tTdDfFsSR]))?>")
_PEOPLE: Final = re.compile(r"<@!?(\d+)>")
_CHANNELS: Final = re.compile(r"<#(\d+)>")
_COMMANDS: Final = re.compile(r"</([^:>]+):\d+>")
_LINKS: Final = re.compile(r"\[([^\]\n]+)\]\(<?([^)>\s]+)>?\)")
_JUMPS: Final = re.compile(r"https://(?:\w+\.)?discord\.com/channels/(?:@me|\d+)/(\d+)(?:/\d+)?")
_MARKS: Final = re.compile(r"\*\*|^-# |\\(?=[^\w\s])", re.MULTILINE)


def plain(text: str, *, names: Mapping[int, str], now: datetime) -> str:
    """Return Discord's markup as plain text.

    Args:
        text: As the message holds it.
        names: Of people (with ``@``) and channels (with ``#``), by id.
        now: For relative times.
    """

    def moment(match: re.Match[str]) -> str:
        at = datetime.fromtimestamp(int(match[1]), UTC)
        if match[2] == "R":
            return ago((at - now).total_seconds())
        return f"{at.astimezone():%Y-%m-%d %H:%M}"

    def name(match: re.Match[str]) -> str:
        return names.get(int(match[1]), match[0])

    text = _TIMES.sub(moment, text)
    text = _PEOPLE.sub(name, text)
    text = _CHANNELS.sub(name, text)
    text = _COMMANDS.sub(r"/\1", text)
    text = _LINKS.sub(r"\1: \2", text)
    text = _JUMPS.sub(lambda match: names.get(int(match[1]), "that channel"), text)
    return _MARKS.sub("", text)


def ago(seconds: float) -> str:
    """Return a span from now in the words of Discord: ``in 2 hours``, ``a minute ago``."""
    for size, one, many in (
        (86_400, "a day", "days"),
        (3_600, "an hour", "hours"),
        (60, "a minute", "minutes"),
        (1, "a second", "seconds"),
    ):
        count = round(abs(seconds) / size)
        if count:
            words = one if count == 1 else f"{count} {many}"
            return f"in {words}" if seconds > 0 else f"{words} ago"
    return "now"


def parts(message: discord.Message) -> Iterator[str]:
    """Give everything there is to see in a message, piece by piece."""
    if message.content:
        yield message.content
    files = {found.url: _file(found) for found in message.attachments}
    yield from _pieces(message.components, files)
    yield from files.values()  # those that no component shows


def _file(attachment: discord.Attachment) -> str:
    sign = "▶ " if (attachment.content_type or "").startswith("video/") else ""
    return f"{sign}{attachment.filename} ({attachment.size / 1000:.0f} kB)"


def _pieces(components: Iterable[Any], files: dict[str, str]) -> Iterator[str]:
    for component in components:
        match component:
            case discord.TextDisplay():
                yield component.content
            case discord.Button():
                label = component.label or str(component.emoji)
                yield f"[{label}]" if component.url is None else f"[{label}: {component.url}]"
            case discord.MediaGalleryComponent():
                for item in component.items:
                    yield files.pop(item.media.url, item.media.url)
            case discord.SectionComponent():
                yield from _pieces([*component.children, component.accessory], files)
            case _:
                yield from _pieces(getattr(component, "children", ()), files)


class Transcript:
    """Writes down what is new in some channels since the last look.

    Args:
        env: The simulated Discord.
        home: Where the conversation begins.
        viewer: Whose eyes see it.
        write: Takes one line.
    """

    def __init__(
        self,
        env: simcord.Env,
        home: simcord.ChannelHandle,
        *,
        viewer: simcord.MemberActor,
        write: Callable[[str], None],
    ) -> None:
        self._env = env
        self._home = home
        self._viewer = viewer
        self._write = write
        self._shown: dict[int, str] = {}
        self._opened: set[int] = set()

    def look(self) -> None:
        """Write every message that is new, and of edited ones the lines that changed."""
        for channel in (self._home, *self._home.threads):
            if channel.is_thread and channel.id not in self._opened:
                self._opened.add(channel.id)
                self._write(f"\n  A thread opens: {channel.name}")
            for message in channel.history(viewer=self._viewer):
                text = "\n".join(parts(message))
                before = self._shown.get(message.id)
                if message.type is discord.MessageType.thread_created or text in {"", before}:
                    continue
                self._shown[message.id] = text
                self._tell(channel, message, text, before)

    def _tell(
        self,
        channel: simcord.ChannelHandle,
        message: discord.Message,
        text: str,
        before: str | None,
    ) -> None:
        names = {
            user.id: f"@{user.global_name or user.name}"
            for user in self._env.backend.users.values()
        }
        names |= {found.id: f"#{found.name}" for found in (self._home, *self._home.threads)}
        place = "in the thread" if channel.is_thread else f"in #{channel.name}"
        who = f"{message.author.global_name or message.author.name} {place}"
        lines = text.splitlines()
        if before is not None:
            lines = [line for line in lines if line not in before.splitlines()]
            who += " (edited)"
        elif message.flags.ephemeral:
            who += " (only to you)"
        now = self._env.now()
        shown = [plain(line, names=names, now=now) for line in lines]
        if before is not None:
            self._write(f"  {who}: {' / '.join(shown) or 'shorter'}")
            return
        self._write(f"\n  {who}")
        for line in shown:
            self._write(f"    {line}")
