"""The whole bot as a process between a local Discord and a provider; people use ``/restyle``."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

from bench.engine.gauges import percentile
from bench.engine.local_bot import local_bot
from bench.engine.rig import fill, settings_for, url_of
from sandbox.sample import tiny_clip
from tests.fakes import DiscordServer, Upload
from tests.fakes.views import guild_json
from tests.fakes.world import new_id

if TYPE_CHECKING:
    from tests.fakes import Channel, Guild, Interaction
    from tests.fakes.world import User

_PEOPLE: Final = 200
_SETTINGS: Final = {"BOT_DOLLARS_PER_MONTH": "unlimited"}
CHANNELS: Final = 20
"""Of each server; assumed, as the next."""
ROLES: Final = 15
_ANSWER_SECONDS: Final = 3.5
"""Discord takes an answer for three seconds."""
_PATIENCE_SECONDS: Final = 180.0


class ManyGuilds(DiscordServer):  # type: ignore[misc]  # mypy does not read tests/
    """A Discord whose servers have as many channels and roles as usual ones."""

    def __init__(self) -> None:
        super().__init__()
        self._channels_of: dict[int, dict[int, Channel]] = {}

    def add_usual_guild(self, name: str) -> Channel:
        """Make a server and return one of its channels."""
        guild = self.add_guild(name)
        places = [self.add_channel(guild, f"channel-{n}") for n in range(CHANNELS)]
        self._channels_of[guild.id] = {place.id: place for place in places}
        return places[0]

    def guild_json(self, guild: Guild) -> dict[str, Any]:
        """Return it without a look at every other server's channels."""
        known = SimpleNamespace(
            bot=self.bot, owner=self.owner, guilds=self.guilds, channels=self._channels_of[guild.id]
        )
        body = guild_json(cast("DiscordServer", known), guild)
        everyone = body["roles"][0]
        more = [{**everyone, "id": str(new_id()), "name": f"role-{n}"} for n in range(ROLES)]
        return {**body, "roles": [*body["roles"], *more]}


def small_clip() -> Upload:
    """Return a clip that takes little to look into."""
    path = Path("clip.mp4")
    tiny_clip(path)
    return Upload(filename="clip.mp4", data=path.read_bytes(), content_type="video/mp4")


async def acknowledge(
    *,
    port: int,
    jobs: int,
    seconds: float,
    per_second: float,
    guilds: int,
    settle_seconds: float,
    url: str = "",
    bot_core: int,
    seed: int,
) -> dict[str, Any]:
    """Let people start ``per_second`` jobs a second while ``jobs`` wait; see how soon it answers.

    The moments are random, as people are (a Poisson process). The bot is in ``guilds`` servers;
    what its start took is told as well. Without ``seconds`` only a few people come; ``url`` names a
    database other than SQLite.
    """
    rng = random.Random(seed)  # noqa: S311 - repeatable, no secret
    data = Path.cwd() / "data"
    data.mkdir()
    base_url = url_of(port)
    url = url or settings_for(data, base_url).database_url
    await fill(url, jobs)
    clip = small_clip()
    async with ManyGuilds() as server:
        server.description = None  # checking bodies against Discord's description takes its time
        places = [server.add_usual_guild(f"Studio {n}") for n in range(guilds)]
        people = [server.add_user(f"user{n}") for n in range(_PEOPLE)]
        async with local_bot(
            server,
            cores={bot_core},
            base_url=base_url,
            folder=data,
            more={**_SETTINGS, "DATABASE_URL": url},
        ) as bot:
            start = {"ready_seconds": bot.ready_seconds, "ready_cpu_seconds": bot.cpu_seconds()}
            start["answering_seconds"] = await _first_answer(server, places[0], people[0], clip)
            await asyncio.sleep(settle_seconds)  # the stored jobs are taken on
            start["resident_bytes"] = bot.resident_bytes()
            quiet = await _use(server, places, people, clip, rng, min(seconds, 3.0), 2.0)
            sent = await _use(server, places, people, clip, rng, seconds, per_second)
            with suppress(TimeoutError):
                await server.until(
                    lambda: all(i.acknowledged_after is not None for i in sent),
                    seconds=_ANSWER_SECONDS,
                )
            late = [i.acknowledged_after for i in sent if i.acknowledged_after is not None]
            calm = [i.acknowledged_after for i in quiet if i.acknowledged_after is not None]
    return {
        **start,
        "guilds": guilds,
        "jobs": jobs,
        "per_second": per_second,
        "interactions": len(sent),
        "unanswered": len(sent) - len(late),
        "p50_ms": 1000 * percentile(late, 50),
        "p99_ms": 1000 * percentile(late, 99),
        "max_ms": 1000 * max(late, default=0.0),
        "calm_p50_ms": 1000 * percentile(calm, 50),
    }


async def _first_answer(server: DiscordServer, place: Channel, user: User, clip: Upload) -> float:
    """Use the command until it is answered in time; return how long that took, in seconds.

    Raises:
        TimeoutError: It was not answered for minutes.
    """
    begun = time.perf_counter()
    async with asyncio.timeout(_PATIENCE_SECONDS):
        while True:
            sent = await server.use(
                "restyle", channel=place, user=user, video=clip, prompt="a rainy night"
            )
            with suppress(TimeoutError):
                await server.until(
                    lambda sent=sent: sent.acknowledged_after is not None, seconds=_ANSWER_SECONDS
                )
                return time.perf_counter() - begun


async def _use(
    server: DiscordServer,
    places: list[Channel],
    people: list[Any],
    clip: Upload,
    rng: random.Random,
    seconds: float,
    per_second: float,
) -> list[Interaction]:
    loop = asyncio.get_running_loop()
    at = loop.time()
    end = at + seconds
    sent: list[Interaction] = []
    while True:
        at += rng.expovariate(per_second)
        if at >= end and sent:
            return sent
        await asyncio.sleep(max(0.0, at - loop.time()))
        sent.append(
            await server.use(
                "restyle",
                channel=rng.choice(places),
                user=rng.choice(people),
                video=clip,
                prompt="a rainy night",
            )
        )
