"""World: a provider and a Discord of their own for one case, and the jobs made there."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from bench.chaos.count import Asked, Counts, count, number_in, prompt_of
from bench.chaos.process_spec import ProcessSpec
from bench.chaos.processes import PATIENCE_SECONDS, ChaosError
from bot.domain.jobs import NewJob
from bot.storage.consistency import disagreements
from bot.storage.database import open_database

if TYPE_CHECKING:
    import signal
    from collections.abc import AsyncIterator, Sequence

    from bench.chaos.databases import Base, Seen
    from bench.chaos.processes import Child, ForkServer

log = logging.getLogger(__name__)

LIFE_SECONDS = PATIENCE_SECONDS
"""So long the last process of a round may take until every job has ended."""
CHANNELS = 8
_NONCE_SECONDS = 300.0
_V2 = 1 << 15
_CLIP_BYTES = 50_000
"""Of the clip that every job restyles; nobody looks into it (``copying_processor.py``)."""
_names = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A job: what the worker adds, and what is expected of it."""

    asked: Asked
    fields: dict[str, Any]
    channel_id: int


class World:
    """Made by :func:`open_world`.

    Attributes:
        kills: How many processes were killed in it.
        excused: Jobs whose outcome nobody can know, because their process was killed between the
            paid request and its record.
        perhaps_unsent: Jobs whose process may have been overtaken between the mark that the request
            is about to be sent and the request: uncertain, and rightly never sent afterwards.
        jobs: Every job made.
    """

    def __init__(
        self, forkserver: ForkServer, http: aiohttp.ClientSession, provider: Child, discord: Child
    ) -> None:
        self._forkserver = forkserver
        self._http = http
        self._provider = provider.facts
        self._discord = discord.facts
        self.kills = 0
        self.excused: set[int] = set()
        self.perhaps_unsent: set[int] = set()
        self.jobs: list[Made] = []
        self._bases: dict[str, Base] = {}
        self._numbers = itertools.count(1)
        self._channels: list[int] = []
        self._guild_id = self._user_id = 0
        self._clip_url = ""

    async def prepare(self) -> None:
        """Make a server, a person and channels, and attach a clip."""
        self._guild_id = (await self._act("guild"))["id"]
        self._user_id = (await self._act("user"))["id"]
        for _ in range(CHANNELS):
            self._channels.append(await self.new_channel())
        form = aiohttp.FormData()
        form.add_field("payload_json", "{}", content_type="application/json")
        form.add_field("files[0]", bytes(_CLIP_BYTES), filename="clip.mp4")
        self._clip_url = (await self._post(self._channels[0], form))["attachments"][0]["url"]

    async def _post(
        self, channel_id: int, data: aiohttp.FormData | aiohttp.JsonPayload
    ) -> dict[str, Any]:
        async with self._http.post(
            f"{self._discord['api_url']}/channels/{channel_id}/messages",
            data=data,
            headers={"Authorization": f"Bot {self._discord['token']}"},
        ) as answer:
            if answer.status != 200:
                raise ChaosError(f"a message was refused: {await answer.text()}")
            message: dict[str, Any] = await answer.json()
            return message

    async def _act(self, action: str, **wishes: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        url = f"{self._discord['origin']}/_control/{action}"
        async with self._http.post(url, json=wishes) as answer:
            if answer.status != 200:
                raise ChaosError(f"{action}: {await answer.text()}")
            result: dict[str, Any] = await answer.json()
            return result

    async def new_channel(self) -> int:
        """Make a channel and return its id."""
        channel_id: int = (await self._act("channel", guild_id=self._guild_id))["id"]
        return channel_id

    async def fail_discord(self, **rule: Any) -> None:  # noqa: ANN401 - as the local Discord takes it
        """Make requests to Discord fail; see ``tests/fakes/control.py``."""
        await self._act("fail", **rule)

    async def make_job(
        self,
        markers: str = "",
        *,
        may_fail: bool = False,
        may_be_uncertain: bool = False,
        channel_id: int | None = None,
    ) -> Made:
        """Do what ``/restyle`` does before it adds a job: post the record, fill in the fields."""
        number = next(self._numbers)
        if channel_id is None:
            channel_id = self._channels[number % len(self._channels)]
        body = {"flags": _V2, "components": [{"type": 10, "content": f"Record {number}"}]}
        record_id = int((await self._post(channel_id, aiohttp.JsonPayload(body)))["id"])
        new = NewJob(
            id=record_id - 1,  # the interaction came before its response
            guild_id=self._guild_id,
            channel_id=channel_id,
            record_message_id=record_id,
            user_id=self._user_id,
            can_open_thread=True,
            source_url=self._clip_url,
            source_filename="clip.mp4",
            source_content_type="video/mp4",
            source_bytes=_CLIP_BYTES,
            source_seconds=5.0,
            source_width=1280,
            source_height=720,
            reference_url=None,
            model="gen4_aleph",
            prompt=prompt_of(number, markers),
            seed=None,
            ratio="1280:720",
            public_figure_threshold="auto",
            price_micros=750_000,
        )
        asked = Asked(
            number=number, job_id=new.id, may_fail=may_fail, may_be_uncertain=may_be_uncertain
        )
        made = Made(asked=asked, fields=asdict(new), channel_id=channel_id)
        self.jobs.append(made)
        return made

    async def make_jobs(self, number: int, markers: str = "", **expected: bool) -> list[Made]:
        """Make some jobs alike."""
        return [await self.make_job(markers, **expected) for _ in range(number)]

    # Processes

    def spec(self, base: Base, jobs: Sequence[Made] = (), **more: Any) -> ProcessSpec:  # noqa: ANN401 - fields of Life
        """Return the spec of a process that adds ``jobs``."""
        name = f"w{next(_names)}"
        self._bases[base.url] = base
        return ProcessSpec(
            worker_id=name,
            database_url=base.url,
            folder=str(self._forkserver.folder / "data" / name),
            discord_api=self._discord["api_url"],
            discord_token=self._discord["token"],
            provider_url=self._provider["base_url"],
            jobs=tuple(made.fields for made in jobs),
            **more,
        )

    def start(self, spec: ProcessSpec) -> Child:
        """Start a worker."""
        return self._forkserver.start("worker", spec.worker_id, spec=spec.to_json())

    async def note_kill(self, base: Base, name: str, child: Child) -> None:
        """After a worker was killed: count it, and excuse the jobs whose answer died with it."""
        self.kills += 1
        self.excused |= await self._submitting(base, name, child.pid)

    async def _submitting(self, base: Base, name: str, pid: int) -> set[int]:
        def is_theirs(row: Seen) -> bool:
            # Once taken for dead, a process goes on under an id with its number.
            by = row.submitted_by or ""
            return by == name or f"-{pid}-" in by

        # Made uncertain by another process, because this one was late with its lease, a job could
        # still be lifted by this one; made uncertain by itself, it had better have a cause.
        await base.settle()
        return {
            row.job_id
            for row in await base.rows()
            if is_theirs(row) and (row.state == "submitting" or row.is_left_uncertain)
        }

    async def end_well(self, child: Child, seconds: float = LIFE_SECONDS) -> None:
        """Wait until a worker has seen all its jobs settled and stopped by itself.

        One that does not end in time is killed: its jobs will be counted as not ended.

        Raises:
            ChaosError: It broke.
        """
        code = await child.ended(seconds)
        if code is None:
            await child.kill()
        elif code != 0:
            raise ChaosError(f"a worker ended with {code}:\n{child.tail()}")

    async def stop(self, child: Child, number: signal.Signals) -> None:
        """Send a signal to a worker and wait for its end."""
        await child.signal(number)
        if await child.ended(PATIENCE_SECONDS) is None:
            raise ChaosError(f"a worker did not stop:\n{child.tail()}")

    # Counting

    async def count(self, jobs: Sequence[Made] | None = None) -> Counts:
        """Count at the provider and at Discord what became of the jobs, and walk their ledgers.

        Under load a lease may run out although nothing was frozen; a job that was taken over is
        judged as after a freeze.
        """
        said = []
        for base in self._bases.values():
            self.perhaps_unsent |= {r.job_id for r in await base.rows() if r.is_left_uncertain}
            async with open_database(base.url) as database:
                said += await disagreements(database)
        for sentence in said:
            log.error("%s", sentence)
        provider, discord = await asyncio.gather(
            self._look(self._provider["origin"]), self._look(self._discord["origin"])
        )
        if discord["violations"]:
            raise ChaosError(f"Discord was asked for nonsense: {discord['violations'][:3]}")
        return count(
            [made.asked for made in (self.jobs if jobs is None else jobs)],
            provider=provider,
            discord=discord,
            excused=self.excused,
            perhaps_unsent=self.perhaps_unsent,
            disagreeing=len(said),
        )

    async def tasks(self) -> dict[int, list[str]]:
        """Return the tasks that the provider made, by the number of the job."""
        found: dict[int, list[str]] = {}
        for created in (await self._look(self._provider["origin"]))["creates"]:
            number = number_in(created["body"]["promptText"])
            found.setdefault(number, []).append(created["task_id"])
        return found

    async def _look(self, origin: str) -> dict[str, Any]:
        async with self._http.get(f"{origin}/_control") as answer:
            result: dict[str, Any] = await answer.json()
            return result


@contextlib.asynccontextmanager
async def open_world(
    forkserver: ForkServer, *, nonce_window_seconds: float = _NONCE_SECONDS
) -> AsyncIterator[World]:
    """Start a provider and a Discord, and end them afterwards.

    Args:
        forkserver: Where processes come from.
        nonce_window_seconds: For how long this Discord knows a nonce again.
    """
    provider = forkserver.start("provider", f"provider-{next(_names)}")
    options = {"nonce_window_seconds": nonce_window_seconds}
    discord = forkserver.start("discord", f"discord-{next(_names)}", options=options)
    try:
        await asyncio.gather(provider.ready(), discord.ready())
        for child in (provider, discord):
            if "origin" not in child.facts:
                raise ChaosError(f"a server did not start:\n{child.tail()}")
        async with aiohttp.ClientSession() as http:
            world = World(forkserver, http, provider, discord)
            await world.prepare()
            yield world
    finally:
        await asyncio.gather(provider.kill(), discord.kill())
