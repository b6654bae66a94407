"""The pages for machines that watch this process: ``/metrics``, ``/livez`` and ``/readyz``."""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final

from aiohttp import web
from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from bot import __version__
from bot.domain.conditions import ConditionKind
from bot.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from prometheus_client.metrics_core import Metric

    from bot.domain.jobs import JobState
    from bot.engine.budget import Budget
    from bot.media.scratch import Scratch
    from bot.settings import Settings
    from bot.signs import Signs
    from bot.storage.store import Store

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 2.0
"""How long the database may take to count jobs; without its answer the rest is shown."""


class Watched(Collector):
    """What is looked at whenever somebody asks; the parts are set as the start opens them.

    Its numbers of jobs are those of the whole database, whichever process is asked.
    """

    def __init__(self, signs: Signs) -> None:
        self._signs = signs
        self.store: Store | None = None
        self.scratch: Scratch | None = None
        self.budget: Budget | None = None
        self._jobs: Mapping[JobState, int] = {}
        self._oldest_seconds = 0.0

    async def look(self) -> None:
        """Ask the database for what :meth:`collect`, which may not wait, will tell."""
        self._jobs, self._oldest_seconds = {}, 0.0
        if self.store is None:
            return
        try:
            async with asyncio.timeout(LOOK_SECONDS):
                self._jobs = await self.store.overview.count_open()
                self._oldest_seconds = await self.store.overview.oldest_queued_seconds()
        except (StoreError, TimeoutError) as exc:
            log.debug("jobs are not counted for metrics: %s", exc)

    def collect(self) -> Iterable[Metric]:
        """Return the numbers of this moment."""
        signs = self._signs
        yield InfoMetricFamily("restyle_build", "What runs", value={"version": __version__})
        yield _gauge("restyle_up", "Whether people are served", 1.0 if signs.is_serving else 0.0)
        jobs = GaugeMetricFamily(
            "restyle_jobs", "Jobs that are not over, in the whole database", labels=["state"]
        )
        for state, count in self._jobs.items():
            jobs.add_metric([state.value], count)
        if signs.uncertain:
            jobs.add_metric(["uncertain"], signs.uncertain)
        yield jobs
        yield _gauge(
            "restyle_queue_oldest_seconds",
            "How long the oldest job has waited for its turn",
            self._oldest_seconds,
        )
        held = {condition.kind for condition in signs.conditions.held}
        conditions = GaugeMetricFamily(
            "restyle_condition", "What is wrong, as health and alerts tell it", labels=["kind"]
        )
        for kind in ConditionKind:
            conditions.add_metric([kind.value], 1.0 if kind in held else 0.0)
        yield conditions
        yield from self._of_parts()

    def _of_parts(self) -> Iterable[Metric]:
        signs = self._signs
        if signs.engine is not None:
            yield _gauge("restyle_engine_jobs", "Jobs of this process", len(signs.engine))
            yield _gauge(
                "restyle_engine_pass_age_seconds",
                "Since the engine last looked for jobs",
                signs.engine.seconds_since_pass,
            )
            yield _gauge(
                "restyle_lease_left_seconds",
                "How long this process surely owns its jobs",
                signs.engine.lease_left_seconds,
            )
        if signs.bot is not None:
            connected = GaugeMetricFamily(
                "restyle_shard_connected", "Whether a shard is connected", labels=["shard"]
            )
            latency = GaugeMetricFamily(
                "restyle_shard_latency_seconds", "The gateway's last latency", labels=["shard"]
            )
            for one in signs.bot.shard_facts():
                connected.add_metric([str(one.id)], 1.0 if one.is_connected else 0.0)
                if one.latency_seconds is not None:
                    latency.add_metric([str(one.id)], one.latency_seconds)
            yield connected
            yield latency
            yield _gauge("restyle_servers", "Servers of this process", len(signs.bot.guilds))
        if signs.process_pool is not None:
            yield _gauge(
                "restyle_children_failures_in_a_row",
                "Processes that read clips and failed, since one that did not",
                signs.process_pool.failures_in_a_row,
            )
        if self.scratch is not None:
            yield _gauge(
                "restyle_scratch_bytes", "What temporary files use", self.scratch.used_bytes
            )
        if self.budget is not None:
            yield _gauge(
                "restyle_discord_calls_waiting", "Calls to Discord in line", len(self.budget)
            )
        if (free := signs.free_bytes()) is not None:
            yield _gauge("restyle_disk_free_bytes", "Room where DATA_DIR lies", free)


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, value=value)


@asynccontextmanager
async def open_monitoring(settings: Settings, signs: Signs) -> AsyncIterator[Watched]:
    """Serve the pages under ``METRICS_ADDRESS``, if there is one, until the end.

    Nobody who can reach the address is asked who they are: it belongs on this machine, or on a
    network of one's own.

    Raises:
        OSError: The address is taken, or not one of this machine's.
    """
    watched = Watched(signs)
    if not settings.metrics_address:
        yield watched
        return

    async def metrics(_: web.Request) -> web.Response:
        await watched.look()
        return web.Response(
            body=generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )

    async def live(_: web.Request) -> web.Response:
        return web.Response(text="alive\n")  # a process that hangs does not answer

    async def ready(_: web.Request) -> web.Response:
        reasons = signs.why_not_ready()
        text = "\n".join(reasons) or "ready"
        return web.Response(text=f"{text}\n", status=503 if reasons else 200)

    app = web.Application()
    app.add_routes(
        [web.get("/metrics", metrics), web.get("/livez", live), web.get("/readyz", ready)]
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    REGISTRY.register(watched)
    try:
        host, port = settings.metrics_place
        await web.TCPSite(runner, host, port).start()
        log.info("Metrics are served at http://%s/metrics", settings.metrics_address)
        yield watched
    finally:
        REGISTRY.unregister(watched)
        await runner.cleanup()
