"""The bot as a process in trouble, and everything that its operator and a member see of it."""

from __future__ import annotations

import asyncio
import re
import subprocess
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp

from tests.fakes.ports import free_port
from tests.process.forks import ROOT
from tests.process.processes import program
from tests.system.namespaces import has_namespaces

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from sandbox.cometapi import StandIn
    from tests.fakes import Channel, DiscordServer, Message, Upload, User
    from tests.process.processes import Program

RUN_BOT = str(ROOT / "tests" / "process" / "run_hurried_bot.py")
ROOM = "1g"  # of which nothing is taken until it is used


@dataclass(kw_only=True)
class Place:
    """Where a bot is used, and told of: it may start there again and again."""

    server: DiscordServer
    standin: StandIn
    environment: Mapping[str, str]
    folder: Path
    operators: Channel
    clips: Channel
    user: User
    clip: Upload

    @classmethod
    def make(
        cls,
        server: DiscordServer,
        standin: StandIn,
        folder: Path,
        clip: Upload,
        **environment: str,
    ) -> Place:
        """Make the channels, and settings by which the bot looks at itself many times a second."""
        guild = server.add_guild("Studio")
        operators = server.add_channel(guild, "operators")
        data = folder / "data"
        data.mkdir()
        return cls(
            server=server,
            standin=standin,
            folder=folder,
            operators=operators,
            clips=server.add_channel(guild, "clips"),
            user=server.add_user("mira"),
            clip=clip,
            environment={
                "LOCAL_DISCORD_API": server.api_url,
                "LOCAL_DISCORD_GATEWAY": server.gateway_url,
                "LOCAL_BEAT_SECONDS": "0.2",
                "LOCAL_LOOK_SECONDS": "0.2",
                "LOCAL_STORE_SECONDS": "2",
                "LEASE_SECONDS": "3",
                "DISCORD_TOKEN": server.token,
                "COMETAPI_KEY": "local.comet.key",
                "COMETAPI_BASE_URL": standin.base_url,
                "DATA_DIR": str(data),
                "DATABASE_URL": f"sqlite+aiosqlite:///{data}/restyle.db?timeout=0.5",
                "POLL_MIN_SECONDS": "0.05",
                "POLL_MAX_SECONDS": "0.1",
                "METRICS_ADDRESS": f"127.0.0.1:{free_port()}",
                "ALERT_CHANNEL_ID": str(operators.id),
                **environment,
            },
        )

    @asynccontextmanager
    async def bot(self, *, has_own_disk: bool = False) -> AsyncIterator[WatchedBot]:
        """Start the bot, if asked with a data folder that alone fills a disk."""
        data = Path(self.environment["DATA_DIR"])
        has_own_disk = has_own_disk and has_namespaces()
        disk = {"LOCAL_DISK": ROOM} if has_own_disk else {}
        environment = {**self.environment, **disk}
        async with program(RUN_BOT, environment=environment, folder=self.folder) as bot:
            seen_at = Path(f"/proc/{bot.pid}/root{data}") if has_own_disk else data
            yield WatchedBot(place=self, program=bot, data=seen_at, has_own_disk=has_own_disk)


@dataclass(kw_only=True)
class WatchedBot:
    """One process of the bot. ``data`` is its data folder as it is seen from here."""

    place: Place
    program: Program
    data: Path
    has_own_disk: bool

    async def health(self, *options: str) -> tuple[int, str]:
        """Return the exit status of ``python -m bot health``, and what it says."""
        environment = {**self.place.environment, "DATA_DIR": str(self.data)}
        words = ("-m", "bot", "health", *options)
        async with program(*words, environment=environment, folder=self.place.folder) as asked:
            return await asked.ends(), asked.output.strip()

    async def page(self, name: str) -> tuple[int, str]:
        """Return the status of ``/livez`` or ``/readyz``, and what stands there."""
        url = f"http://{self.place.environment['METRICS_ADDRESS']}/{name}"
        async with aiohttp.ClientSession() as http, http.get(url) as response:
            return response.status, (await response.text()).strip()

    async def until_ready(self) -> None:
        """Wait until nothing stands in the way of serving people."""
        async with asyncio.timeout(60):
            while await self.page("readyz") != (200, "ready"):  # noqa: ASYNC110 - it is another process
                await asyncio.sleep(0.05)

    async def told(self, head: str) -> Message:
        """Wait for the one message in the operators' channel that begins with ``head``."""

        def found() -> list[Message]:
            return [one for one in self.place.operators.posts if one.content.startswith(head)]

        await self.place.server.until(found)
        (message,) = found()
        return message

    async def check_now(self, message: Message) -> str:
        """Press *Check now* below a message, as the owner; return the answer."""
        (custom_id,) = (one for one in message.custom_ids if one.startswith("alert:check:"))
        server = self.place.server
        done = await server.press(
            message, custom_id, channel=self.place.operators, user=server.owner
        )
        await server.until(lambda: done.followups)
        return done.answers[-1].text

    async def refused(self) -> str:
        """Use ``/restyle`` while no file can be fetched, and return the answer all the same."""
        self.place.server.files_open.clear()
        try:
            return await self.restyle()
        finally:
            self.place.server.files_open.set()

    async def restyle(self) -> str:
        """Use ``/restyle`` and return the answer."""
        place = self.place
        done = await place.server.use(
            "restyle", channel=place.clips, user=place.user, video=place.clip, prompt="neon"
        )
        await place.server.until(lambda: done.answers and not done.answers[-1].is_loading)
        return done.answers[-1].text

    def inside(self, *command: str) -> list[str]:
        """Return a command as it sees the data folder under the bot's own name for it."""
        if not self.has_own_disk:
            return list(command)
        return ["nsenter", f"-t{self.program.pid}", "-U", "-m", "--preserve-credentials", *command]

    def make_disk(self, size: str) -> None:
        """Give the bot's own disk another size."""
        remount = ("mount", "-o", f"remount,size={size}", self.place.environment["DATA_DIR"])
        subprocess.run(self.inside(*remount), check=True)  # noqa: S603 - a command of ours

    def complaints(self, since: int = 0) -> list[str]:
        """Return what the log has at WARNING and above from a place on, without the moments.

        Not what discord.py says of its attempts to connect, each of which it tells.
        """
        lines = self.program.output[since:].splitlines()
        found = [re.match(r"\S+ \S+ (?:WARNING|ERROR) +((?! |discord).*)", line) for line in lines]
        return [line[1] for line in found if line]
