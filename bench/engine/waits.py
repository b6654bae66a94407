"""What a person waits for, clip by clip, beside the least that anybody would do for it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.engine.arriving import KINDS, make_all, quick_kinds
from bench.engine.calls import count_calls
from bench.engine.floor_runs import Floor
from bench.engine.local_bot import LocalBot, local_bot
from sandbox.cometapi import StandIn
from tests.fakes import DiscordServer, Upload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aiohttp import web

    from bench.engine.arriving import Arriving
    from sandbox.standin.tasks import Task
    from tests.fakes import Channel, Guild, Interaction

_PATIENCE_SECONDS: Final = 900.0
_SETTINGS: Final = {
    "RUNWAY_MODEL": "aleph2",
    "PRICES": '{"aleph2": {"per_second": 0.001, "per_job": 0, "minimum": 0}}',
    "BOT_DOLLARS_PER_MONTH": "unlimited",
    "POLL_MIN_SECONDS": "0.5",
    "POLL_MAX_SECONDS": "1",
}
"""Nobody is asked whether a clip may cost that much, and an end is seen within a second."""


class WatchedStandIn(StandIn):
    """A provider that notes when it was asked and when its end was seen; outputs are ready."""

    def __init__(self, *, task_seconds: float) -> None:
        super().__init__(task_seconds=task_seconds, allow_loopback=True, restyles=False)
        self.outputs: dict[str, Path] = {}
        """What comes of a clip, by its prompt; the clip itself where nothing is named."""
        self.asked: dict[str, tuple[float, float]] = {}
        """By prompt: when the paid request arrived, and the bot's CPU by then."""
        self.seen: dict[str, tuple[float, float]] = {}
        """By prompt: when the end was first told, and the bot's CPU by then."""
        self.bot: LocalBot | None = None

    def _now(self) -> tuple[float, float]:
        return time.time(), self.bot.cpu_seconds() if self.bot else 0.0

    async def _create(self, request: web.Request) -> web.StreamResponse:
        prompt = json.loads(await request.read())["promptText"]
        self.asked.setdefault(prompt, self._now())
        return await super()._create(request)

    async def _accept(self, *arguments: Any) -> Task:  # noqa: ANN401 - handed on
        task = await super()._accept(*arguments)
        if task.render is not None:
            await asyncio.wait([task.render])
        if output := self.outputs.get(task.created.body["promptText"]):
            shutil.copyfile(output, task.output_path)
        return task

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        response = await super()._poll(request)
        if b"SUCCEEDED" in (getattr(response, "body", None) or b""):
            task = self.tasks[request.match_info["task_id"]]
            self.seen.setdefault(task.created.body["promptText"], self._now())
        return response


@dataclass(slots=True, kw_only=True)
class _Use:
    """One use of the command."""

    kind: int
    prompt: str
    channel: Channel
    at: float
    cpu_before: float
    interaction: Interaction


class Waits:
    """People with their clips, between a bot and its provider."""

    def __init__(
        self, server: DiscordServer, standin: WatchedStandIn, bot: LocalBot, guild: Guild
    ) -> None:
        self._server, self._standin, self._bot = server, standin, bot
        self._guild = guild
        self.channels: list[Channel] = []
        self.clips: list[Path] = []
        self.outputs: list[Path] = []

    async def use(self, kind: int) -> _Use:
        """Use the command with a clip of a kind, as somebody new in a channel of its own."""
        number = len(self._standin.outputs)
        prompt = f"a rainy night, take {number}"
        clip = self.clips[kind]
        self._standin.outputs[prompt] = self.outputs[kind]
        channel = self.channels[number]
        user = self._server.add_user(f"user{number}")
        content_type = "video/quicktime" if clip.suffix == ".mov" else "video/mp4"
        upload = Upload(filename=clip.name, data=clip.read_bytes(), content_type=content_type)
        at, cpu = time.time(), self._bot.cpu_seconds()
        interaction = await self._server.use(
            "restyle", channel=channel, user=user, video=upload, prompt=prompt
        )
        return _Use(
            kind=kind, prompt=prompt, channel=channel, at=at, cpu_before=cpu,
            interaction=interaction,
        )  # fmt: skip

    def answered_at(self, use: _Use) -> float | None:
        """Return when the finished clip was posted in the thread."""
        if use.prompt not in self._standin.seen:
            return None
        since = self._standin.seen[use.prompt][0]
        for thread in self._server.threads_of(use.channel):
            for message in thread.posts:
                if message.attachments and message.created_at > since:
                    return float(message.created_at)
        return None

    async def measure(self, use: _Use) -> dict[str, Any]:
        """Wait for its answer, and return what it took; times in seconds."""
        answered = await self._server.until(
            lambda: self.answered_at(use), seconds=_PATIENCE_SECONDS
        )
        asked, cpu_asked = self._standin.asked[use.prompt]
        seen, cpu_seen = self._standin.seen[use.prompt]
        cpu = self._bot.cpu_seconds()
        return {
            "kind": use.kind,
            "first_answer": use.interaction.acknowledged_after or 0.0,
            "request": asked - use.at,
            "answer": answered - seen,
            "request_cpu": cpu_asked - use.cpu_before,
            "answer_cpu": cpu - cpu_seen,
            "ended": answered - use.at,
        }


async def waits(
    *, is_quick: bool, minute_seconds: float, task_seconds: float, counted_jobs: int
) -> dict[str, Any]:
    """Measure each kind of clip alone, then twenty of them in a minute; beside their floors.

    Before that ``counted_jobs`` of a small clip tell how often Discord is called.
    """
    kinds = quick_kinds() if is_quick else list(KINDS)
    folder = Path.cwd()
    clips, outputs = await asyncio.to_thread(make_all, kinds, folder)
    data = folder / "data"
    data.mkdir()
    order = _order(kinds)
    async with (
        WatchedStandIn(task_seconds=task_seconds) as standin,
        DiscordServer(ack_seconds=_PATIENCE_SECONDS) as server,
    ):
        server.description = None  # checking bodies against Discord's description takes its time
        guild = server.add_guild(boost_level=3)
        counted = server.add_channel(guild, "calls")
        channels = [server.add_channel(guild, f"clips{n}") for n in range(len(kinds) + len(order))]
        floor = Floor(server, server.add_channel(guild, "floor"), folder, kinds, clips, outputs)
        alone_floor = [await floor.run(kind) for kind in range(len(kinds))]
        many_floor = await floor.run_all(order, minute_seconds)
        async with local_bot(
            server,
            cores=range(os.cpu_count() or 1),
            base_url=standin.base_url,
            folder=data,
            more=_SETTINGS,
        ) as bot:
            standin.bot = bot
            people = Waits(server, standin, bot, guild)
            people.channels, people.clips, people.outputs = channels, clips, outputs
            calls = await count_calls(
                server, counted, jobs=counted_jobs,
                last_seconds=min(2.0, task_seconds),
            )  # fmt: skip
            alone = []
            for kind in range(len(kinds)):
                alone.append(await people.measure(await people.use(kind)))
                await asyncio.sleep(0.0 if is_quick else 3.0)  # the last edits
            many = await _many(people, bot, order, minute_seconds)
    return {
        "calls": calls,
        "kinds": [kind.name for kind in kinds],
        "bytes": [path.stat().st_size for path in clips],
        "alone": alone,
        "alone_floor": alone_floor,
        "many": many,
        "many_floor": many_floor,
        "mix": [order.count(kind) for kind in range(len(kinds))],
    }


def _order(kinds: Sequence[Arriving]) -> list[int]:
    """Return which kind comes when: the large ones first, so that the others meet them."""
    small_first = [index for index, kind in enumerate(kinds) for _ in range(kind.among_twenty)]
    return small_first[::-1]


async def _many(
    people: Waits, bot: LocalBot, order: list[int], minute_seconds: float
) -> dict[str, Any]:
    """Let all of them come within a minute."""
    begun, cpu = time.time(), bot.cpu_seconds()
    uses = []
    for number, kind in enumerate(order):
        await asyncio.sleep(max(0.0, begun + number * minute_seconds / len(order) - time.time()))
        uses.append(await people.use(kind))
    found = [await people.measure(use) for use in uses]
    return {
        "seconds": max(use.at + one["ended"] for use, one in zip(uses, found, strict=True)) - begun,
        "cpu_seconds": bot.cpu_seconds() - cpu,
        "uses": found,
    }
