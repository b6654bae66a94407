"""The bot, from start to end: open everything, pass it on by keyword, close it backwards."""

from __future__ import annotations

import asyncio
import functools
import logging
import signal
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot import __version__
from bot.app import RestyleBot
from bot.archive.archive import keep_expiring, open_archive
from bot.cometapi.client import CometClient, open_http
from bot.cometapi.console import Console
from bot.cometapi.models import model_rules
from bot.discord_trouble import PassingTrouble, Patience, passing
from bot.domain.money import MICROS_PER_DOLLAR
from bot.engine.budget import Budget, keep_sharing
from bot.engine.engine import Engine
from bot.engine.housekeeping import Housekeeping
from bot.engine.model_choice import ModelChoice
from bot.engine.provider_watch import ProviderWatch
from bot.engine.settling import Settling
from bot.errors import StoreUnavailableError
from bot.media.confinement import warn_of_gaps
from bot.media.download import Downloader
from bot.media.process_pool import ProcessPool, compile_tasks
from bot.media.processing import MediaProcessor
from bot.media.scratch import own_scratch
from bot.monitoring import open_monitoring
from bot.signs import Signs
from bot.storage.leases import new_worker_id
from bot.storage.store import open_store
from bot.system.clock import SystemClock
from bot.system.gc import freeze_startup_objects
from bot.system.last_word import LastWord
from bot.texts import doors as door_texts
from bot.texts.provider import model_taken_over

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

COUNT_SECONDS: Final = 30.0
OWNER_SECONDS: Final = 300.0
"""How soon the owner is told once more of what Discord did not take."""
OWNER_TRIES: Final = 12


async def run(settings: Settings) -> None:
    """Open everything, pass it on, and run until cancelled; closing goes backwards.

    Raises:
        StoreError: The database cannot be opened.
        discord.LoginFailure: Discord does not take the token.
    """
    async with AsyncExitStack() as stack:
        signs = Signs(settings)
        stack.callback(signs.close)
        stack.callback(asyncio.create_task(signs.run()).cancel)
        watched = await stack.enter_async_context(open_monitoring(settings, signs))
        store = await _open_store(stack, settings, signs)
        scratch = stack.enter_context(
            own_scratch(settings.data_dir / "scratch", quota_bytes=settings.scratch_bytes)
        )
        http = await stack.enter_async_context(open_http())
        comet = CometClient(
            http,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            version=settings.runway_version,
            proxy=settings.proxy,
        )
        downloader = Downloader(
            http, trusted_origin=settings.cometapi_base_url, proxy=settings.proxy
        )
        process_pool = ProcessPool(
            processes=settings.media_processes, memory_bytes=settings.media_memory_bytes
        )
        await compile_tasks()
        await warn_of_gaps(process_pool)
        archive = await stack.enter_async_context(open_archive(settings))
        clock = SystemClock()
        budget = Budget(settings.discord_calls_per_second, clock=clock)
        telling: set[asyncio.Task[None]] = set()

        def tell_taken_over(refused: str, following: str) -> None:
            text = model_taken_over(refused, following)
            task = asyncio.create_task(_tell_until_read(bot, clock, text))
            telling.add(task)
            task.add_done_callback(telling.discard)

        models = ModelChoice(settings.models, clock=clock, tell=tell_taken_over)
        bot = await _log_in(
            stack,
            lambda: RestyleBot(
                models=models,
                settings=settings,
                store=store,
                downloader=downloader,
                scratch=scratch,
                process_pool=process_pool,
                archive=archive,
                budget=budget,
            ),
            settings,
            signs,
        )
        console = Console(
            comet,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            access_token=settings.cometapi_access_token,
        )
        bot.settling = Settling(store=store, comet=comet, console=console, clock=clock)
        signs.engine = await stack.enter_async_context(
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
            )
        )
        signs.process_pool = process_pool
        watched.store, watched.scratch, watched.budget = store, scratch, budget
        for chore in (
            keep_sharing(budget, store.lease, clock),
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
        )
        await bot.watch.look()
        for chore in (bot.watch.run(), bot.settling.run()):
            stack.callback(asyncio.create_task(chore).cancel)
        freeze_startup_objects()
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
        stack.callback(asyncio.create_task(_say_when_up(bot, signs)).cancel)
        await _count(store, signs)
        bot.look_at_itself = functools.partial(_look, store, signs)
        stack.callback(asyncio.create_task(_keep_counting(store, signs)).cancel)
        try:
            await _connect(bot, signs)
        finally:
            signs.is_stopping()
            bot.stop_taking()  # beside the engine's steps, not after them: there are 10 s for all


async def _open_store(stack: AsyncExitStack, settings: Settings, signs: Signs) -> Store:
    """Open the database; one that does not answer now is waited for."""
    patience = Patience("the database", say=signs.wait_for)
    while True:
        opening = open_store(
            settings.database_url,
            worker_id=new_worker_id(),
            stale_after=timedelta(minutes=settings.stale_minutes),
            last_word=LastWord(settings.data_dir, settings.shards),
        )
        try:
            store = await stack.enter_async_context(opening)
        except StoreUnavailableError as exc:
            if not exc.passes:
                raise
            await patience.wait(PassingTrouble(text=str(exc)))
        else:
            patience.over()
            signs.worker_id = store.lease.worker_id
            return store


async def _log_in(
    stack: AsyncExitStack, make: Callable[[], RestyleBot], settings: Settings, signs: Signs
) -> RestyleBot:
    """Return a bot that has logged in; each attempt has one of its own, which it closes."""
    patience = Patience("Discord", say=signs.wait_for)
    while True:
        async with AsyncExitStack() as attempt:
            bot = await attempt.enter_async_context(make())
            try:
                await bot.login(settings.discord_token.get_secret_value())
            except Exception as exc:
                trouble = passing(exc) if bot.application is None else None
                if trouble is None:  # what comes later than that is ours
                    raise
            else:
                stack.push_async_exit(attempt.pop_all())
                patience.over()
                signs.bot = bot
                bot.conditions = signs.conditions
                return bot
        await patience.wait(trouble)


async def _connect(bot: RestyleBot, signs: Signs) -> None:
    """Stay connected until closed; discord.py mends the connections that it once had."""
    patience = Patience("Discord", say=signs.wait_for)
    while True:
        try:
            await bot.connect()
        except Exception as exc:
            trouble = passing(exc)
            if trouble is None or bot.shards:
                raise
            await patience.wait(trouble)
        else:
            return


async def _tell_until_read(bot: RestyleBot, clock: Clock, text: str) -> None:
    """Tell the bot's owner something that is news for an hour."""
    for _ in range(OWNER_TRIES):
        if await bot.tell_owners(text):
            return
        await clock.wait(asyncio.Event(), clock.monotonic() + OWNER_SECONDS)


async def _keep_counting(store: Store, signs: Signs) -> None:
    """Count what waits for the owner's word twice a minute; never returns."""
    while True:
        await asyncio.sleep(COUNT_SECONDS)
        await _count(store, signs)


async def _count(store: Store, signs: Signs) -> None:
    try:
        signs.uncertain = len(await store.uncertain.jobs())
        signs.quarantined = await store.quarantine.count()
    except StoreUnavailableError:
        log.debug("what waits for the owner is not counted: the database is away")


async def _look(store: Store, signs: Signs) -> None:
    """Look because somebody asks, who may have mended something that only a clip shows."""
    if signs.engine is not None:
        signs.engine.try_again()
    await _count(store, signs)
    signs.look()


async def _say_when_up(bot: RestyleBot, signs: Signs) -> None:
    await bot.wait_until_ready()
    signs.is_up()
    log.info(
        "Restyle %s is up: shards %s of %d, %d servers, model %s, %s",
        __version__,
        ", ".join(str(one.id) for one in bot.shard_facts()),
        bot.shard_count or 1,
        len(bot.guilds),
        " or ".join(bot.settings.models),
        "SQLite" if bot.settings.database_url.startswith("sqlite") else "PostgreSQL",
    )


async def run_until_stopped(settings: Settings) -> None:
    """Run until SIGTERM, SIGINT or SIGHUP, then close everything gracefully."""
    task = asyncio.create_task(run(settings))
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):  # Windows has no SIGHUP
        if (number := getattr(signal, name, None)) is None:
            continue
        try:
            loop.add_signal_handler(number, task.cancel)
        except NotImplementedError:  # on Windows
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(task.cancel))
    with suppress(asyncio.CancelledError):
        await task
    log.info("Restyle has stopped")
