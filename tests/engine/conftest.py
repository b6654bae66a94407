"""A worker with everything real around it but Discord: see ``Bench``."""

import math
import mimetypes
from datetime import UTC, datetime
from itertools import count

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pydantic import SecretStr

from bot.cometapi.client import CometClient
from bot.engine.clock_watch import ClockWatch
from bot.engine.context import EngineContext
from bot.engine.history import History
from bot.engine.job_handle import JobHandle, StepKind
from bot.engine.poll_pace import PollPace
from bot.engine.poll_schedule import Limits
from bot.engine.ports import Delivered, KeptSource, Opened
from bot.engine.progress import Announcer
from bot.engine.throttle import Throttle
from bot.engine.worker import Worker
from bot.errors import MediaTooLargeError
from bot.media.download import Downloaded, Downloader, DownloadLimits
from bot.media.probe import MOMENT
from bot.media.scratch import Scratch
from bot.requests.video_facts import VideoFacts
from bot.settings import Settings
from bot.storage.store import Store
from sandbox.cometapi import StandIn
from tests.engine.clocks import FakeClock
from tests.engine.faults import LateComet
from tests.factories import new_job
from tests.storage.rows import add_owned

LEASE_SECONDS = 30.0
THREAD_ID = 6_000_000_000_000_000_000
STATUS_ID = 6_000_000_000_000_000_001
KEPT_SOURCE = "https://cdn.discordapp.com/attachments/1/3/source.mp4"
KEPT_REFERENCE = "https://cdn.discordapp.com/attachments/1/3/reference.png"
LIVE_SOURCE = "https://cdn.discordapp.com/attachments/1/2/clip.mp4"


class RecordingDeliverer:
    """Discord as the engine sees it. ``troubles`` are raised, one per call of ``deliver``."""

    def __init__(self):
        self.limit = 10 * 1024 * 1024
        self.opened = []
        self.clips = []
        self.shown = []
        self.delivered = []
        self.told = []
        self.troubles = []
        self.open_troubles = []
        self.kept = []
        self.sought = []
        self.answered = {}
        self.outcomes = []
        self.takes_outcomes = True
        self.kept_names = []
        self.keep_troubles = []
        self.answers = []
        self.refreshed = None
        self.opens = Opened(thread_id=THREAD_ID, status_message_id=STATUS_ID)
        self._ids = count(7_000_000_000_000_000_000)

    def upload_limit_bytes(self, job):
        return self.limit

    async def open(self, job, *, clip=None):
        self.opened.append(job)
        self.clips.append(clip and (clip.name, clip.read_bytes()))
        if self.open_troubles:
            raise self.open_troubles.pop(0)
        return self.opens

    async def show(self, job, progress):
        self.shown.append((job.id, progress))

    async def keep_source(self, job, *, clip, reference):
        self.kept.append((job, clip.read_bytes() if clip is not None else None))
        self.kept_names.append([path and path.name for path in (clip, reference)])
        if self.keep_troubles:
            raise self.keep_troubles.pop(0)
        self.refreshed = KeptSource(
            channel_id=THREAD_ID,
            message_id=next(self._ids),
            url=KEPT_SOURCE if clip is not None else None,
            size_bytes=len(self.kept[-1][1] or b""),
            content_type="video/mp4",
            reference_url=KEPT_REFERENCE if reference is not None else None,
        )
        return self.refreshed

    async def refresh_source(self, job):
        return self.refreshed

    async def refresh_answer(self, job):
        return None

    async def find_extra(self, job, extra):
        return None

    async def show_outcome(self, job, *, is_linked):
        self.outcomes.append((job, is_linked))
        return self.takes_outcomes

    async def find_answer(self, job):
        self.sought.append(job.id)
        return self.answered.get(job.id)

    async def deliver(self, job, answer):
        video = answer.video if answer is not None else None
        data = video.read_bytes() if video is not None else None
        self.delivered.append((job, data))
        self.answers.append(answer)
        if self.troubles:
            raise self.troubles.pop(0)
        self.told.append(job.id)
        return Delivered(channel_id=job.place_id, message_id=next(self._ids))


class PlainProcessor:
    """Work on media that copies bytes. ``troubles[method]`` are raised, one per call of it."""

    def __init__(self):
        self.troubles = {}
        self.draws = False
        self.calls = []
        self.has_audio = False
        self.limits = []

    def _note(self, name, *details):
        self.calls.append((name, *details))
        if troubles := self.troubles.get(name):
            raise troubles.pop(0)

    @property
    def plans(self):
        return [call[1] for call in self.calls if call[0] == "prepare"]

    async def examine(self, video):
        self._note("examine")
        return VideoFacts(
            container="mp4",
            codec="h264",
            duration_seconds=20.0,
            width=1280,
            height=720,
            rotation=0,
            fps=30.0,
            has_audio=False,
        )

    async def prepare(self, source, target, plan):
        self._note("prepare", plan)
        target.write_bytes(b"prepared " + source.read_bytes()[:100])
        if self.draws:
            target.with_name(MOMENT).write_bytes(b"a moment")
        return target

    async def convert_reference(self, source, folder):
        self._note("convert_reference")
        target = folder / "reference.png"
        target.write_bytes(b"upright " + source.read_bytes()[:100])
        return target

    async def fit(self, source, target, *, max_bytes):
        self._note("fit", max_bytes)
        target.write_bytes(source.read_bytes()[:max_bytes])

    async def has_sound(self, video):
        self._note("has_sound")
        return self.has_audio

    async def add_sound(self, source, output, target, *, max_bytes):
        self._note("add_sound", source.start_seconds)
        target.write_bytes(b"sounding " + output.read_bytes())

    async def picture(self, source, output, target):
        self._note("picture", source.start_seconds)
        target.write_bytes(b"picture")

    async def poster(self, output, target):
        self._note("poster")
        target.write_bytes(b"poster")

    async def compare(self, source, output, target, *, max_bytes):
        self._note("compare", source.start_seconds)
        self.limits.append(max_bytes)
        target.write_bytes(b"compared " + output.read_bytes())


class Downloads(Downloader):
    """Downloads from this machine; what lies with Discord is a clip of 1000 bytes.

    ``files`` and ``troubles`` say what else lies at an address there, or is raised for it.
    """

    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self.files = {}
        self.troubles = {}
        self.asked = []

    async def download(self, url, to, *, max_bytes, trusted=False):
        self.asked.append(url)
        if troubles := self.troubles.get(url):
            raise troubles.pop(0)
        if not url.startswith("https://cdn.discordapp.com/"):
            return await super().download(url, to, max_bytes=max_bytes, trusted=trusted)
        data = self.files.get(url, b"d" * 1000)
        if len(data) > max_bytes:
            raise MediaTooLargeError(url)
        to.write_bytes(data)
        kind = mimetypes.guess_type(url.partition("?")[0])[0]
        return Downloaded(path=to, size_bytes=len(data), content_type=kind or "video/mp4")


class Bench:
    """One process's worker, its steps taken by hand; ``clock`` moves when told to."""

    def __init__(self, *, store, clock, standin, deliverer, http, folder, **settings):
        self.store = store
        self.clock = clock
        self.standin = standin
        self.deliverer = deliverer
        self.adopted = []
        self.settings = Settings(
            _env_file=None,
            discord_token="token",
            cometapi_key="sk-test",
            cometapi_base_url=standin.base_url,
            data_dir=folder,
            **{"direct_messages": True} | settings,
        )
        limits = Limits(self.settings.poll_min_seconds, self.settings.poll_max_seconds)
        # Without a budget: a test that moves the clock by hand must not wait for its turn.
        self.announcer = Announcer(
            store=store, deliverer=deliverer, clock=clock, per_second=math.inf
        )
        self.comet = CometClient(
            http, base_url=standin.base_url, api_key=SecretStr("sk-test"), version="2024-11-06"
        )
        self.downloader = Downloads(
            http,
            trusted_origin=standin.base_url,
            limits=DownloadLimits(attempts=1, stall_seconds=2),
        )
        self.scratch = Scratch(folder / "scratch")
        self.media = PlainProcessor()
        self.context = EngineContext(
            settings=self.settings,
            store=store,
            comet=self.comet,
            deliverer=deliverer,
            downloader=self.downloader,
            scratch=self.scratch,
            media=self.media,
            clock=clock,
            history=History(store=store, clock=clock, limits=limits),
            announcer=self.announcer,
            polls=Throttle("polls", clock=clock),
            creates=Throttle("requests", clock=clock),
            pace=PollPace(limits.shortest, clock=clock),
            clock_watch=ClockWatch(store, clock),
            lease_seconds=LEASE_SECONDS,
            adopt=self.adopted.append,
        )
        self.worker = Worker(self.context)

    async def add(self, *, holders=(), **fields):
        """Store a job of this worker and return its ticket."""
        new = new_job(**{"source_url": LIVE_SOURCE} | fields)
        job = await add_owned(self.store, new, holders=holders)
        # Its clip is with Discord already, but for tests of that very step.
        return JobHandle(await self.store.update(job, prepared_at=self.clock.now()))

    async def add_unprepared(self, *, holders=(), **fields):
        """Store a job whose clip has to be fetched and kept first; return its ticket."""
        fields = {"source_url": LIVE_SOURCE} | fields
        return JobHandle(await add_owned(self.store, new_job(**fields), holders=holders))

    async def step(self, handle):
        """Take one step, with a lease that was just renewed.

        Opening the thread counts together with what follows it at once.
        """
        await self.store.lease.renew(LEASE_SECONDS)
        is_opening = handle.step_kind is StepKind.OPEN
        delay = await self.worker.step(handle)
        return await self.worker.step(handle) if is_opening and delay == 0 else delay

    async def step_once(self, handle):
        """Take one step of one worker, with a lease that was just renewed."""
        await self.store.lease.renew(LEASE_SECONDS)
        return await self.worker.step(handle)

    async def run(self, handle, *, until=None, most=60):
        """Take steps, each when it is due, until nothing is left to do or ``until`` holds."""
        for _ in range(most):
            if until is not None and until(handle):
                return await self.job(handle)
            delay = await self.step(handle)
            if delay is None:
                return await self.job(handle)
            self.clock.advance(delay)
        raise AssertionError(f"job still {handle.state} after {most} steps")

    async def job(self, handle):
        """Return the job as this process knows it: its row may lack what comes with a change."""
        return handle.whole(await self.store.get(handle.job_id))

    async def show_all(self):
        while await self.announcer.show_next():
            pass

    async def close(self):
        self.context.closing.set()
        await self.worker.close()


@pytest.fixture
def clock():
    return FakeClock(datetime.now(UTC))


@pytest.fixture
async def standin():
    async with StandIn(check_assets=False, restyles=False, steps=()) as server:
        yield server


@pytest.fixture
async def http():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        yield session


@pytest.fixture
def deliverer():
    return RecordingDeliverer()


@pytest.fixture
async def store(store_factory, clock):
    return await store_factory("w1", lease=LEASE_SECONDS, monotonic=clock.monotonic)


@pytest.fixture
async def make_bench(clock, standin, deliverer, http, tmp_path):
    """``make_bench(store)``: a worker on that store."""
    benches = []

    def make(store: Store, **settings):
        bench = Bench(
            store=store,
            clock=clock,
            standin=standin,
            deliverer=deliverer,
            http=http,
            folder=tmp_path,
            **settings,
        )
        benches.append(bench)
        return bench

    yield make
    for bench in benches:
        await bench.close()


@pytest.fixture
def bench(make_bench, store):
    """A worker ``w1``, on SQLite and on PostgreSQL."""
    return make_bench(store)


@pytest.fixture
async def lone_bench(make_bench, sqlite_url, open_databases, clock):
    """A worker on SQLite only, where the database makes no difference."""
    store = Store(await open_databases(sqlite_url), worker_id="w1", monotonic=clock.monotonic)
    await store.lease.renew(LEASE_SECONDS)
    return make_bench(store)


@pytest.fixture
def late_bench(bench):
    """The bench, with a CometAPI whose answers come when the test says so."""
    late = LateComet(bench.comet)
    object.__setattr__(bench.context, "comet", late)
    bench.late = late
    return bench


@pytest.fixture
async def clip_url():
    """Where a source of 1000 bytes can be downloaded."""

    async def serve(_):
        return web.Response(body=b"c" * 1000, content_type="video/mp4")

    app = web.Application()
    app.router.add_get("/clip.mp4", serve)
    async with TestServer(app) as server:
        yield str(server.make_url("/clip.mp4"))
