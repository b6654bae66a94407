"""One worker process: the parts of ``bot/start.py``, with Discord by REST only.

Delivery needs no gateway, so there is none, and a start takes a fraction of a second. Everything
else is the bot's own: store, CometAPI client, downloader, deliverer and engine, opened in the
same order.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import discord

from bench.chaos.copying_processor import CopyingProcessor
from bench.chaos.points import Counted, Proxy, Trigger, guard_discord, simple_point, store_point
from bench.chaos.process_spec import holders_of
from bot.cometapi.client import CometClient
from bot.cometapi.console import Console
from bot.domain.jobs import JobState, NewJob
from bot.engine.engine import Engine
from bot.engine.settling import Settling
from bot.engine.steps.sources import ORIGINAL
from bot.errors import JobExistsError, StoreUnavailableError
from bot.media.download import Downloader
from bot.media.scratch import Scratch
from bot.settings import load_settings
from bot.storage.store import open_store
from bot.system.clock import SystemClock
from cogs.delivery.cog import ThreadDeliverer

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench.chaos.process_spec import ProcessSpec
    from bot.storage.claims import Claims
    from bot.storage.store import Store

LOOK_SECONDS = 0.05
QUIET_LOOKS = 4
"""So often in a row there must be nothing left to do."""
ADD_SECONDS = 0.05
"""Between two jobs that are added."""


class OddClock:
    """Time for the engine's waits, faster than real, and a calendar that may be wrong."""

    def __init__(self, spec: ProcessSpec) -> None:
        self._real = SystemClock()
        self._speed = spec.clock_speed
        self._ahead = timedelta(seconds=spec.clock_ahead_seconds)
        self._steps_at = self._real.monotonic() + spec.clock_steps_after_seconds

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return self._real.monotonic() * self._speed

    def now(self) -> datetime:
        """Return the moment it is, by this machine's calendar."""
        has_stepped = self._real.monotonic() >= self._steps_at
        return self._real.now() + (self._ahead if has_stepped else timedelta())

    async def wait(self, event: asyncio.Event, until: float | None) -> None:
        """Return once ``event`` is set or ``monotonic()`` reaches ``until``."""
        await self._real.wait(event, None if until is None else until / self._speed)


async def live(spec: ProcessSpec, on_ready: Callable[[], None]) -> None:
    """Live until every watched job is settled, or SIGTERM, or something worse."""
    main = asyncio.current_task()
    if main is not None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main.cancel)
    discord.http.Route.BASE = spec.discord_api
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False
    folder = Path(spec.folder)
    settings = load_settings(
        _env_file=None,
        discord_token=spec.discord_token,
        cometapi_key="local.comet.key",
        cometapi_base_url=spec.provider_url,
        cometapi_access_token=spec.access_token,
        database_url=spec.database_url,
        data_dir=folder,
        poll_min_seconds=0.05,
        poll_max_seconds=0.2,
    )
    trigger = Trigger(spec.fault)

    def guarded(target: object, prefix: str) -> Any:  # noqa: ANN401 - stands for any of them
        return Proxy(target, trigger, simple_point(prefix))

    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(
            open_store(settings.database_url, worker_id=spec.worker_id)
        )
        store.claims = cast("Claims", Proxy(store.claims, trigger, store_point))
        scratch = Scratch(folder / "scratch")
        scratch.clean()
        http = await stack.enter_async_context(aiohttp.ClientSession())
        comet = CometClient(
            http,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            version=settings.runway_version,
        )
        counted = Counted(guarded(comet, "comet"), is_careless=spec.is_careless)
        client = await stack.enter_async_context(
            discord.Client(
                intents=discord.Intents.none(),
                allowed_mentions=discord.AllowedMentions.none(),
                max_ratelimit_timeout=60,
            )
        )
        await client.login(settings.discord_token.get_secret_value())
        guard_discord(client, trigger)
        clock = OddClock(spec)
        ahead = timedelta(seconds=spec.discord_ahead_seconds)
        deliverer = ThreadDeliverer(client, now=lambda: datetime.now(UTC) + ahead)
        engine = await stack.enter_async_context(
            Engine(
                settings=settings,
                store=cast("Store", Proxy(store, trigger, store_point)),
                comet=cast("CometClient", counted),
                deliverer=guarded(deliverer, "deliverer"),
                downloader=guarded(
                    Downloader(http, trusted_origin=settings.cometapi_base_url), "downloader"
                ),
                scratch=scratch,
                media=CopyingProcessor(),
                clock=clock,
                lease_seconds=spec.lease_seconds,
            )
        )
        console = Console(
            comet,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            access_token=settings.cometapi_access_token,
        )
        settling = Settling(store=store, comet=comet, console=console, clock=clock)
        stack.callback(asyncio.create_task(settling.run()).cancel)
        on_ready()
        await _add(store, scratch, spec)
        await _look_after(store, engine, counted, spec)


async def _add(store: Store, scratch: Scratch, spec: ProcessSpec) -> None:
    for number, fields in enumerate(spec.jobs):
        new = NewJob(**fields)
        if number % 2:  # at hand, so the status message keeps it; else it is posted by itself
            _keep(scratch, new)
        try:
            store.begin(await store.add(new, holders=holders_of(new), is_taken=True))
        except (JobExistsError, StoreUnavailableError):
            logging.getLogger(__name__).info("job %s: not added", fields["id"])
            store.new_jobs.set()  # it may be there all the same
        await asyncio.sleep(ADD_SECONDS)


def _keep(scratch: Scratch, new: NewJob) -> None:
    """Have the clip at hand, as the intake leaves it."""
    with scratch.folder() as folder:
        clip = folder / new.source_filename
        clip.write_bytes(bytes(new.source_bytes))
        scratch.kept.keep(new.id, ORIGINAL, clip, user_id=new.user_id)


async def _look_after(store: Store, engine: Engine, comet: Counted, spec: ProcessSpec) -> None:
    """Look for other processes' jobs more often than the engine does; return when all is over."""
    open_ids = set(spec.watched)
    quiet = 0
    while not spec.watched or quiet < QUIET_LOOKS:
        await asyncio.sleep(LOOK_SECONDS)
        engine.wake()
        if not spec.watched:
            continue
        quiet = 0 if len(engine) or comet.open_count else quiet + 1
        if quiet == 0:
            open_ids = set(spec.watched)
            continue
        for job_id in list(open_ids):
            try:
                job = await store.get(job_id)
            except StoreUnavailableError:
                job = None
            is_doubtful = job is not None and job.state is JobState.UNCERTAIN
            if job is None or not job.is_settled or (is_doubtful and spec.access_token):
                quiet = 0
                break
            open_ids.discard(job_id)
