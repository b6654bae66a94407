"""The stage: the real bot, engine and store between a simulated Discord and a local CometAPI."""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import simcord

from bot.app import RestyleBot
from bot.cometapi.client import CometClient
from bot.engine.engine import Engine
from bot.media.download import Downloader
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor
from bot.media.scratch import Scratch
from bot.settings import Settings
from bot.signs import Signs
from bot.storage.store import open_store
from sandbox.cdn import serve_cdn
from sandbox.cometapi import Shape, StandIn
from sandbox.demo.clock_pump import Pump
from sandbox.demo.simcord_private import start_clock_now
from sandbox.demo.world import World, build_world, name_bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.storage.store import Store

_LOOK_SECONDS: Final = 1.0
SETTLE_SECONDS: Final = 30.0
"""How long one action may keep the bot busy: looking into a large clip on a slow machine."""


class DemoSettings(Settings):
    """Settings that come from the caller alone.

    The demo must not touch the database, the account or the limits of a real bot whose variables
    happen to be set.
    """

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[Any, ...]:  # noqa: ANN401
        """Leave out the environment and ``.env``."""
        return (sources["init_settings"],)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What plays; everything is open while :func:`open_stage` is."""

    env: simcord.Env
    world: World
    pump: Pump
    standin: StandIn
    store: Store
    signs: Signs
    folder: Path
    """For temporary files; the database is here too."""


@asynccontextmanager
async def open_stage(*, task_seconds: float, poll_seconds: float) -> AsyncIterator[Stage]:
    """Open everything; nothing is left behind afterwards.

    Args:
        task_seconds: How long the local CometAPI takes for a video, at least.
        poll_seconds: The shortest gap between two polls, 0.05 or more.
    """
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="restyle-demo-")))
        envs: list[simcord.Env] = []  # the way round: the bot needs the files, their home the bot
        lead = await stack.enter_async_context(
            serve_cdn(lambda url: envs[0].backend.cdn.get(url) if envs else None)
        )
        standin = await stack.enter_async_context(
            StandIn(
                task_seconds=task_seconds,
                shape=Shape.WRAPPED,  # it says what CometAPI bills
                middlewares=[lead],
                allow_loopback=True,
            )
        )
        values: dict[str, Any] = {
            "discord_token": "demo",
            "cometapi_key": "demo",
            "cometapi_base_url": standin.base_url,
            "data_dir": folder,
            "poll_min_seconds": poll_seconds,
            "poll_max_seconds": poll_seconds * 2,
            "bot_dollars_per_month": "unlimited",  # nothing here costs anything
        }
        settings = DemoSettings(**values)
        store = await stack.enter_async_context(open_store(settings.database_url, worker_id="demo"))
        # A kept connection would hold the simulated clock up for seconds.
        http = await stack.enter_async_context(
            aiohttp.ClientSession(
                middlewares=[lead], connector=aiohttp.TCPConnector(force_close=True)
            )
        )
        downloader = Downloader(http, trusted_origin=settings.cometapi_base_url)
        scratch = Scratch(settings.data_dir / "scratch", quota_bytes=settings.scratch_bytes)
        process_pool = ProcessPool(
            processes=settings.media_processes, memory_bytes=settings.media_memory_bytes
        )
        bot = RestyleBot(
            settings=settings,
            store=store,
            downloader=downloader,
            scratch=scratch,
            process_pool=process_pool,
        )
        env = simcord.Env(bot, check_errors=False, shard_count=1, settle_timeout=SETTLE_SECONDS)
        envs.append(env)
        start_clock_now(env)
        since = time.perf_counter()
        name_bot(env)
        stack.push_async_callback(bot.close)
        await env.start()
        stack.push_async_callback(env.shutdown)
        # Opened here and not by the bot, so SimCord's clock has no hold on the background loop.
        engine = await stack.enter_async_context(
            Engine(
                settings=settings,
                store=store,
                comet=CometClient(
                    http,
                    base_url=settings.cometapi_base_url,
                    api_key=settings.cometapi_key,
                    version=settings.runway_version,
                ),
                deliverer=bot.deliverer,
                downloader=downloader,
                scratch=scratch,
                media=MediaProcessor(process_pool),
                approval_prompts=bot.approval_prompts,
            )
        )
        world = await build_world(env)
        if bot.application is not None:  # which otherwise belongs to the bot itself
            bot.application.owner = await bot.fetch_user(world.olga.actor.id)
        signs = Signs(settings)
        signs.bot, signs.engine = bot, engine
        bot.conditions = signs.conditions
        signs.is_up()
        stack.callback(asyncio.create_task(_keep_looking(signs, store)).cancel)
        pump = Pump(env, since=since)
        await stack.enter_async_context(pump.running())
        yield Stage(
            env=env,
            world=world,
            pump=pump,
            standin=standin,
            store=store,
            signs=signs,
            folder=folder,
        )


async def _keep_looking(signs: Signs, store: Store) -> None:
    """Find what the bot's owner is to be told, as the program does, only sooner; never returns."""
    while True:
        signs.uncertain = len(await store.uncertain.jobs())
        signs.look()
        await asyncio.sleep(_LOOK_SECONDS)
