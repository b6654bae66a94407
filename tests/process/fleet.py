"""Several bot processes on one PostgreSQL, and what that database says of their jobs."""

from __future__ import annotations

from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import asyncpg

from tests.process.conftest import RUN_BOT
from tests.process.processes import program
from tests.wire.looking import creates_with, outcomes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from sandbox.cometapi import StandIn
    from tests.fakes import Channel, DiscordServer, Guild, Upload, User
    from tests.process.processes import Program

LEASE_SECONDS = 4
"""Long enough for a busy machine: a process renews three times within it."""


class Fleet:
    """Starts bots that share a database; all of them end with the context."""

    def __init__(
        self, server: DiscordServer, environment: Mapping[str, str], folder: Path, url: str
    ) -> None:
        self.url = url
        self._server = server
        self._environment = {
            **environment,
            "DATABASE_URL": url,
            "LEASE_SECONDS": str(LEASE_SECONDS),
        }
        self._folder = folder
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    async def start(self, shards: str, *, has: Iterable[tuple[int, int]] = ()) -> Program:
        """Start a process with ``SHARDS=shards`` and wait until it has all of them."""
        gateway = self._server.gateway
        before = len(gateway.identifies)
        # As on machines of their own; but a process and the one that replaces it share a folder.
        data = self._folder / f"data-{shards.replace('/', '-of-')}"
        environment = {**self._environment, "SHARDS": shards, "DATA_DIR": str(data)}
        ids, _, count = shards.partition("/")
        wanted = set(has) or {(int(shard), int(count)) for shard in ids.split(",")}
        bot = await self._stack.enter_async_context(
            program(RUN_BOT, environment=environment, folder=self._folder)
        )

        def is_up() -> bool:
            new = {tuple(data["shard"]) for data in gateway.identifies[before:]}
            return wanted <= new and wanted <= {session.shard for session in gateway.ready}

        await self._server.until(lambda: bot.returncode is not None or is_up())
        assert bot.returncode is None, bot.output
        return bot

    async def query(self, sql: str, *values: object) -> list[asyncpg.Record]:
        """Ask the database itself."""
        connection = await asyncpg.connect(self.url.replace("+asyncpg", ""))
        try:
            return await connection.fetch(sql, *values)
        finally:
            await connection.close()

    async def owner_pid(self, job_id: int) -> int:
        """Return which process owns a job."""
        sql = "SELECT pid FROM jobs JOIN workers ON workers.id = jobs.owner WHERE jobs.id = $1"
        ((pid,),) = await self.query(sql, job_id)
        return pid

    async def states(self) -> dict[int, tuple[str, bool]]:
        """Return the state of every job, and whether its outcome is marked as told."""
        rows = await self.query("SELECT id, state, told_at IS NOT NULL FROM jobs")
        return {id: (state, told) for id, state, told in rows}


@contextmanager
def every_event_to(server: DiscordServer, shard: int) -> Iterator[None]:
    """Have what people do reach the process with this shard."""
    server.gateway.detour = shard
    try:
        yield
    finally:
        server.gateway.detour = None


def guild_on(server: DiscordServer, shard: int, count: int) -> Guild:
    """Make a guild that belongs to shard ``shard`` of ``count``.

    Source: https://docs.discord.com/developers/events/gateway#sharding
    """
    number = (1_000_000 + len(server.guilds)) * count + shard
    return server.add_guild(f"shard {shard}", id=number << 22)


@dataclass
class Case:
    """One job that a person asks for, in a channel of its own; its name is its prompt."""

    name: str
    place: Channel
    user: User
    job_id: int = 0

    async def start(self, server: DiscordServer, clip: Upload) -> None:
        """Use the command."""
        done = await server.use(
            "restyle", channel=self.place, user=self.user, video=clip, prompt=self.name
        )
        self.job_id = done.id

    def is_told(self, server: DiscordServer) -> bool:
        """Tell whether its outcome is out."""
        return bool(outcomes(server, self.place, self.user))

    def check_ended_once(self, server: DiscordServer, standin: StandIn) -> None:
        """Make sure that it was paid once and answered once, in one thread."""
        assert creates_with(standin, self.name) == 1, self.name
        (told,) = outcomes(server, self.place, self.user)
        assert told.attachments[0].filename == "restyled.mp4", self.name
        assert len(self.place.posts) == 1, self.name
        (thread,) = server.threads_of(self.place)
        assert_nothing_twice(thread)


def assert_nothing_twice(thread: Channel) -> None:
    """Make sure that a thread has one status, one copy of the clip and one answer.

    The status keeps the clip where the process that opened the thread had it at hand.
    """
    nonces = [post.nonce for post in thread.posts[1:]]  # the first is the starter
    assert len(nonces) == len(set(nonces)) <= 3, nonces
    files = [file.filename for post in thread.posts for file in post.attachments]
    assert files.count("source.mp4") == files.count("restyled.mp4") == 1, files


def new_case(server: DiscordServer, guild: Guild, name: str) -> Case:
    """Make a channel and a person for one job."""
    return Case(name, server.add_channel(guild, "case"), server.add_user("mira"))
