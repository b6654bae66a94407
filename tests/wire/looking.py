"""Read what came of a job: from Discord, from the provider, from the database."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.settings import Settings
    from sandbox.cometapi import StandIn
    from tests.fakes import Channel, DiscordServer, Interaction, Message, User


def outcomes(server: DiscordServer, place: Channel, user: User) -> list[Message]:
    """Return every message that pings ``user``: only an outcome does, wherever it is posted."""
    places = [place, *server.threads_of(place), server.dm_with(user)]
    posts = [message for channel in places for message in channel.posts]
    return [message for message in posts if user.id in message.pings]


def creates_with(standin: StandIn, prompt: str) -> int:
    """Return how many tasks were paid for with this prompt."""
    return sum(created.body["promptText"] == prompt for created in standin.creates)


def states(settings: Settings) -> dict[int, tuple[str, bool]]:
    """Return the state of every job, and whether its outcome is told, from the database itself."""
    path = settings.data_dir / "restyle.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT id, state, told_at FROM jobs").fetchall()
    return {job_id: (state, told_at is not None) for job_id, state, told_at in rows}


def all_settled(settings: Settings) -> bool:
    """Tell whether every job has ended and its outcome is marked as told.

    The outcome can be seen a moment before that.
    """
    return all(told for _, told in states(settings).values())


def discord_calls(server: DiscordServer, done: Interaction) -> Counter[str]:
    """Return the calls to Discord since an interaction came, by route."""
    return Counter(call.route for call in server.calls if call.time >= done.created_at)
