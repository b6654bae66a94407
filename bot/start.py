"""The bot, from start to end: open everything, pass it on by keyword, close it backwards."""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot import __version__
from bot.app import RestyleBot
from bot.archive.archive import keep_expiring, open_archive
from bot.cometapi.client import CometClient, open_http
from bot.cometapi.console import Console
from bot.cometapi.models import model_rules
from bot.domain.money import MICROS_PER_DOLLAR
from bot.engine.budget import Budget, keep_sharing
from bot.engine.engine import Engine
from bot.engine.housekeeping import Housekeeping
from bot.engine.model_choice import ModelChoice
from bot.engine.provider_watch import ProviderWatch
from bot.engine.settling import Settling
from bot.errors import RestyleError
from bot.media.confinement import warn_of_gaps
from bot.media.download import Downloader
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor
from bot.media.scratch import own_scratch
from bot.storage.leases import new_worker_id
from bot.storage.store import open_store
from bot.system.clock import SystemClock
from bot.system.gc import freeze_startup_objects
from bot.system.health import keep_beating
from bot.texts import doors as door_texts
from bot.texts.provider import low_balance, model_taken_over

if TYPE_CHECKING:
    from bot.settings import Settings

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Open everything, pass it on, and run until cancelled; closing goes backwards.

    Raises:
        StoreError: The database cannot be opened.
        discord.LoginFailure: Discord does not take the token.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(
                settings.database_url,
                worker_id=new_worker_id(),
                stale_after=timedelta(minutes=settings.stale_minutes),
            )
        )
        scratch = stack.enter_context(
            own_scratch(settings.data_dir / "scratch", quota_bytes=settings.scratch_bytes)
        )
        http = await stack.enter_async_context(open_http())
        comet = CometClient(
            http,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            version=settings.runway_version,
        )
        downloader = Downloader(http, trusted_origin=settings.cometapi_base_url)
        process_pool = ProcessPool(processes=settings.media_processes)
        await warn_of_gaps(process_pool)
        archive = await stack.enter_async_context(open_archive(settings))
        clock = SystemClock()
        budget = Budget(settings.discord_calls_per_second, clock=clock)
        telling: set[asyncio.Task[None]] = set()

        def tell_taken_over(refused: str, following: str) -> None:
            task = asyncio.create_task(bot.tell_owners(model_taken_over(refused, following)))
            telling.add(task)
            task.add_done_callback(telling.discard)

        models = ModelChoice(settings.models, clock=clock, tell=tell_taken_over)
        bot = await stack.enter_async_context(
            RestyleBot(
                models=models,
                settings=settings,
                store=store,
                downloader=downloader,
                scratch=scratch,
                process_pool=process_pool,
                archive=archive,
                budget=budget,
            )
        )
        await bot.login(settings.discord_token.get_secret_value())
        console = Console(
            comet,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            access_token=settings.cometapi_access_token,
        )
        bot.settling = Settling(store=store, comet=comet, console=console, clock=clock)
        await stack.enter_async_context(
            Engine(
                settings=settings,
                models=models,
                store=store,
                comet=comet,
                deliverer=bot.deliverer,
                downloader=downloader,
                scratch=scratch,
                media=MediaProcessor(process_pool),
                approval_prompts=bot.approval_prompts,
                archive=archive,
                may_be_paid=bot.settling.may_be_paid,
                clock=clock,
                lease_seconds=settings.lease_seconds,
                tell_owner=bot.notify_owner,
            )
        )
        for chore in (
            keep_beating(settings.data_dir, bot.is_ready, shards=settings.shards),
            keep_sharing(budget, store, clock),
            Housekeeping(store=store, archive=archive, settings=settings, clock=clock).run(),
        ):
            stack.callback(asyncio.create_task(chore).cancel)
        if archive is not None:
            stack.callback(asyncio.create_task(keep_expiring(archive, clock)).cancel)
        bot.watch = ProviderWatch(
            console=console,
            store=store,
            clock=clock,
            models=settings.models,
            warn_micros=round(settings.balance_warn_dollars * MICROS_PER_DOLLAR),
            tell=lambda low: bot.tell_owners(low_balance(low.left, low.usual)),
        )
        await bot.watch.look()
        for chore in (bot.watch.run(), bot.settling.run()):
            stack.callback(asyncio.create_task(chore).cancel)
        freeze_startup_objects()
        log.info("Restyle %s is up", __version__)
        for warning in settings.warnings:
            log.warning("%s", warning)
        for model in settings.models:
            if not model_rules(model).is_known:
                log.warning(
                    "RUNWAY_MODEL=%s is not a model that Restyle knows: no reference "
                    "images, no ratio, and no price: under a budget nothing starts until "
                    "PRICES names one",
                    model,
                )
        if settings.served_guild_ids is None and settings.bot_dollars_per_month is None:
            log.warning("%s", door_texts.open_to_all())
        try:
            await bot.connect()
        finally:
            bot.stop_taking()  # beside the engine's steps, not after them: there are 10 s for all


async def run_until_stopped(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT, then close everything gracefully."""
    task = asyncio.create_task(run(settings))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
    log.info("Restyle has stopped")


def explain(error: Exception) -> str | None:
    """Return what an operator should do about ``error``, or ``None`` when it is a surprise."""
    match error:
        case RestyleError():
            return str(error)
        case discord.LoginFailure():
            return "Discord does not accept DISCORD_TOKEN. Reset the token and set the new one."
        case discord.PrivilegedIntentsRequired():
            return "Discord refuses the intents, although Restyle asks for no privileged one."
        case discord.ConnectionClosed(code=code):
            return f"Discord closed the connection for good (code {code})."
        case aiohttp.ClientConnectionError():
            return f"Discord cannot be reached: {error}"
        case _:
            return None
