"""SimCord's preview as the demo uses it: everybody in it, each in the channels that they see."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.demo.simcord_private import (
    can_see,
    move_page,
    newest_message,
    page_place,
    pass_videos_through,
    show_form,
    show_linked_files,
    steady_actions,
)
from sandbox.demo.tour import View
from sandbox.demo.world import BOT_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

    import simcord

    from sandbox.demo.harness import Stage
    from sandbox.demo.world import Person

_MOST_THREADS: Final = 8
"""So many threads of a channel are listed, the newest; older ones are reached by their records."""


class DemoPreview:
    """The preview that is open at the moment, and who looks at what in it.

    Args:
        stage: What plays.

    Attributes:
        session: Counts how often the preview had to be opened anew: pages of before are dead.
    """

    def __init__(self, stage: Stage) -> None:
        self.session = 0
        self._stage = stage
        self._preview: simcord.Preview | None = None

    @property
    def url(self) -> str | None:
        """SimCord's own address, with the key to it behind the ``#``; ``None`` while closed."""
        return None if self._preview is None else self._preview.url

    async def open(self, channel: simcord.ChannelHandle | None = None) -> None:
        """Open it as Mira, in a channel that everybody sees, else in ``#videos``."""
        world, env = self._stage.world, self._stage.env
        if channel is None or not all(
            can_see(env, channel.id, person.actor) for person in world.people
        ):
            channel = world.videos
        preview = env.preview(
            channel,
            viewers=[person.actor for person in world.people],
            layout="channel",
            timezone=local_timezone(),
            assets=world.pictures,
        )
        await preview.__aenter__()
        steady_actions(preview, self._stage.pump.lock, self.channel)
        pass_videos_through(preview)
        show_linked_files(preview, env)
        self._preview = preview
        self.session += 1

    async def close(self) -> None:
        """Close it; without an open one this does nothing."""
        if self._preview is not None:
            await self._preview.close()
            self._preview = None

    async def publish(self) -> None:
        """Let the pages show what has changed; the caller holds the right to act."""
        if self._preview is not None:
            await self._preview.refresh()

    # Who and where

    def person(self, user_id: int) -> Person | None:
        """Return who has this id."""
        people = self._stage.world.people
        return next((person for person in people if person.actor.id == user_id), None)

    def channel(self, channel_id: int) -> simcord.ChannelHandle | None:
        """Return a channel, thread or direct messages, whoever sees them."""
        return next((found for found in self._channels() if found.id == channel_id), None)

    def _channels(self) -> Iterator[simcord.ChannelHandle]:
        for channel in self._stage.world.channels:
            yield channel
            yield from channel.threads
        for person in self._stage.world.people:
            yield person.actor.user.dm_channel

    def place_of(self, context_id: str) -> View:
        """Return as whom a page looks at what."""
        world = self._stage.world
        person_id, channel_id = page_place(self._preview, context_id) or (0, world.videos.id)
        return View(self.person(person_id) or world.mira, channel_id)

    async def show(self, context_id: str, view: View) -> None:
        """Let a page look so; where the person sees no such channel, they are in ``#videos``.

        The caller holds the right to act.
        """
        if self._preview is None:
            return
        world, actor = self._stage.world, view.person.actor
        channel = self.channel(view.channel_id)
        if channel is None or not can_see(self._stage.env, channel.id, actor):
            channel = world.videos
        viewer = actor if channel.guild is not None else actor.user
        is_there = page_place(self._preview, context_id) == (actor.id, channel.id)
        if not is_there and not move_page(self._preview, context_id, viewer, channel.id):
            await self.close()
            await self.open(channel)
        if view.form is not None:
            show_form(self._preview, context_id, view.form)

    def state(self, context_id: str) -> dict[str, Any]:
        """Return who is there, what each of them sees, and where a page is."""
        here = self.place_of(context_id)
        return {
            "session": self.session,
            "server": self._stage.world.guild.name,
            "here": {"person": str(here.person.actor.id), "channel": str(here.channel_id)},
            "people": [
                {
                    "id": str(person.actor.id),
                    "name": person.name,
                    "role": person.role,
                    "places": list(self._places(person)),
                }
                for person in self._stage.world.people
            ],
        }

    def _places(self, person: Person) -> Iterator[dict[str, Any]]:
        world = self._stage.world
        for channel in world.channels:
            if not can_see(self._stage.env, channel.id, person.actor):
                continue
            kind = "news" if channel is world.showcase else "text"
            yield self._place(person, channel, kind, calls=channel is world.desk)
            for thread in channel.threads[-_MOST_THREADS:]:
                yield self._place(person, thread, "thread")
        yield self._place(person, person.actor.user.dm_channel, "direct", calls=True)

    def _place(
        self, person: Person, channel: simcord.ChannelHandle, kind: str, *, calls: bool = False
    ) -> dict[str, Any]:
        """Describe a channel; ``calls``: what is new there wants an answer from the person."""
        return {
            "id": str(channel.id),
            "name": channel.name or BOT_NAME,
            "kind": kind,
            "calls": calls,
            "newest": str(newest_message(self._stage.env, channel.id, person.actor.id)),
        }


def local_timezone() -> str:
    """Return the name of this machine's time zone, ``UTC`` if it cannot be told."""
    for found in (os.environ.get("TZ", ""), str(Path("/etc/localtime").resolve())):
        name = found.lstrip(":").rpartition("zoneinfo/")[2]
        with suppress(ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo(name).key
    return "UTC"
