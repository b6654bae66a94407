"""The real bot in a simulated Discord.

``stage``          a guild with a channel ``videos``, members, the bot, its store and its deliverer
``clip``           the bytes of a real one-second clip
``owner``          whoever runs the bot, a mere member of the server
``waiting``        ``await waiting(1)``: a job that waits
``make_bot``       another RestyleBot on the same store, for a restart
``world``          a server with one person of each kind, for the walks of all that can be used

Attachments travel over a real loopback socket; the engine is not running, so a job stays QUEUED.
"""

import logging
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import discord
import pytest
import simcord
from sqlalchemy.engine import make_url

from bot.app import RestyleBot
from bot.domain.jobs import Charge, FailureReason, JobState
from bot.domain.money import CostSource
from bot.engine.ports import AnswerContent
from bot.media.download import Downloader
from bot.media.scratch import Scratch
from bot.policy.problems import SERVER
from bot.settings import Settings
from cogs.delivery.cog import ThreadDeliverer
from sandbox.cdn import serve_cdn
from tests.cogs.panels import Panel, text_of
from tests.cogs.walk_world import World
from tests.factories import new_job
from tests.media.clips import make_clip, make_image
from tests.media.direct import DirectWorkshop
from tests.storage.money import holders

OUTPUT_URL = "https://output.example/a/clip.mp4?_jwt=e30.e30.c2ln"
BASE_URL = "http://127.0.0.1:9/v1"
PATIENCE_SECONDS = 60.0
NUMBER = 1_400_000_000_000_000_001


@pytest.fixture(autouse=True)
def _patient_with_the_bot(monkeypatch):
    """A machine that is busy with something else makes SimCord give no bot up after 5 seconds.

    That the bot has come to rest it looks for every 4 ms, not every 50.
    """
    settle = simcord.Env._settle_internal

    async def settle_patiently(env, **how):
        if how.get("timeout"):
            how["timeout"] = PATIENCE_SECONDS
        await settle(env, **{"idle": 0.004} | how)

    monkeypatch.setattr(simcord.Env, "_settle_internal", settle_patiently)
    defaults = simcord.Env.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "settle_timeout", PATIENCE_SECONDS)


@pytest.fixture(scope="session")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "clip.mp4").read_bytes()


@pytest.fixture(scope="session")
def long_clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "long.mp4"
    return make_clip(path, seconds=8, fps=5).read_bytes()


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "sound.mp4"
    return make_clip(path, video=False, audio=True).read_bytes()


@pytest.fixture(scope="session")
def picture(tmp_path_factory):
    return make_image(tmp_path_factory.mktemp("clips") / "picture.png").read_bytes()


@pytest.fixture
def output(tmp_path, clip):
    path = tmp_path / "output.mp4"
    path.write_bytes(clip)
    return AnswerContent(video=path)


@pytest.fixture(scope="session")
def same_settings():
    """What is the same in every test: reading settings takes its time."""
    return Settings(
        _env_file=None,
        discord_token="token",
        cometapi_key="key",
        cometapi_base_url=BASE_URL,
        shards="0/1",  # the simulated Discord recommends no number
        bot_dollars_per_month="unlimited",
        direct_messages="on",  # what they are like when off has tests of its own
    )


@pytest.fixture
def settings(same_settings, tmp_path):
    return same_settings.model_copy(update={"data_dir": tmp_path / "data"})


@dataclass
class Cdn:
    """Where the simulated Discord's attachments can be read, once there is one."""

    env: object = None
    lost: set = field(default_factory=set)
    asked: list = field(default_factory=list)

    def read(self, url):
        self.asked.append(url)
        return None if url in self.lost else self.env.backend.cdn.get(url)


@pytest.fixture
def cdn():
    return Cdn()


@pytest.fixture
async def downloader(cdn, settings):
    # Idle connections would keep the simulated clock waiting.
    async with (
        serve_cdn(cdn.read) as lead,
        aiohttp.ClientSession(
            middlewares=[lead], connector=aiohttp.TCPConnector(force_close=True)
        ) as http,
    ):
        yield Downloader(http, trusted_origin=settings.cometapi_base_url)


@pytest.fixture
def new_jobs(sqlite_store):
    return sqlite_store.new_jobs


@pytest.fixture
def make_bot(settings, sqlite_store, downloader, tmp_path):
    """Build a bot; ``settings`` and others may be replaced."""

    def make(**changes):
        return RestyleBot(
            **{
                "settings": settings,
                "store": sqlite_store,
                "downloader": downloader,
                "scratch": Scratch(tmp_path / "scratch"),
                "process_pool": DirectWorkshop(),  # where clips are read has tests of its own
            }
            | changes
        )

    return make


@pytest.fixture
async def simcord_bot(make_bot):
    bot = make_bot()
    yield bot
    await bot.close()


class Stage:
    """A guild, its people, and what tests ask of them again and again."""

    def __init__(self, env, store, new_jobs, clock):
        self.env = env
        self.clock = clock
        self.openers = {}  # of a form that was sent: what opened it, whose id the job has
        self.deliverer = ThreadDeliverer(env.bot, now=clock, clock=lambda: clock().timestamp())
        self.store = store
        self.new_jobs = new_jobs
        self.guild = env.create_guild("Filmclub")
        self.channel = self.guild.create_text_channel("videos")
        self.alice = self.guild.add_member(env.create_user("alice"))
        self.bob = self.guild.add_member(env.create_user("bob"))
        moderators = self.guild.create_role(
            "Mods", permissions=discord.Permissions(manage_messages=True, manage_guild=True)
        )
        self.mo = self.guild.add_member(env.create_user("mo"), roles=[moderators])

    @property
    def bot(self):
        return self.env.bot

    async def set(self, target=SERVER, **values):
        """Let the moderator have set these, without the panel."""
        changes = {target: values}
        await self.store.policies.change(self.guild.id, changes, user_id=self.mo.id, operator=None)

    def calls(self, method="*"):
        """What the bot asked of Discord: ``POST /channels/1/messages``."""
        return [
            f"{call.method} {call.path}"
            for call in self.env.http_requests
            if method in {"*", call.method}
        ]

    async def restyle(self, clip, *, who=None, where=None, **options):
        """Type ``/restyle`` and return what came of it."""
        options = {"video": ("clip.mp4", clip), "prompt": "a rainy night, neon"} | options
        return await (who or self.alice).slash(where or self.channel, "restyle", **options)

    async def job(self, result):
        """Return the stored job of a ``/restyle``, or ``None``."""
        sent = result._interaction.id
        return await self.store.get(self.openers.get(sent, sent))

    async def started(self, clip, **options):
        """Type ``/restyle``, open its thread as the engine would, and return the job."""
        result = await self.restyle(clip, **options)
        job = await self.job(result)
        assert job is not None, said(result)
        [job] = [found for found in await self.store.claims.claim(100) if found.id == job.id]
        opened = await self.deliverer.open(job)
        return await self.store.update(
            job, thread_id=opened.thread_id, status_message_id=opened.status_message_id
        )

    async def running(self, clip, **options):
        """Return a job that the provider works on."""
        job = await self.store.move(await self.started(clip, **options), JobState.SUBMITTING)
        return await self.store.move(job, JobState.RUNNING, task_id="task-1")

    async def finished(self, clip, **options):
        """Return a job whose clip is ready at the provider."""
        return await self.store.move(
            await self.running(clip, **options),
            JobState.DELIVERING,
            output_url=OUTPUT_URL,
            output_expires_at=self.clock() + timedelta(days=1),
            cost_micros=750_000,
            cost_source=CostSource.QUOTA,
        )

    async def done(self, clip, answer=None, **options):
        """Return a job whose answer is posted, and that message."""
        job = await self.finished(clip, **options)
        delivered = await self.deliverer.deliver(job, answer)
        job = await self.store.move(
            job,
            JobState.DONE,
            answer_message_id=delivered.message_id,
            answer_channel_id=delivered.channel_id,
        )
        [thread] = [one for one in self.channel.threads if one.id == job.thread_id]
        return job, thread.last_message

    async def failed(self, clip, reason=FailureReason.SAFETY_SOURCE, charge=Charge.YES, **options):
        """Return a job that ended without a video."""
        return await self.store.move(
            await self.running(clip, **options), JobState.FAILED, failure=reason, charge=charge
        )


@pytest.fixture
async def stage(simcord_env, cdn, sqlite_store, new_jobs, clock):
    cdn.env = simcord_env
    return Stage(simcord_env, sqlite_store, new_jobs, clock)


@pytest.fixture
async def world(stage, sqlite_url):
    with closing(sqlite3.connect(make_url(sqlite_url).database)) as database:
        found = World(stage, database)
        await found.prepare()
        yield found


@pytest.fixture
def owner(stage):
    """Somebody who runs the bot and is a mere member of the server."""
    found = stage.guild.add_member(stage.env.create_user("olga"))
    stage.bot.settings = stage.bot.settings.model_copy(update={"owner_ids": str(found.id)})
    return found


@pytest.fixture
def waiting(stage):
    """``await waiting(1)``: a job of alice's that waits."""

    async def make(number=1, **fields):
        return await stage.store.add(
            new_job(
                NUMBER + number,
                **{
                    "guild_id": stage.guild.id,
                    "channel_id": stage.channel.id,
                    "user_id": stage.alice.id,
                    "prompt": f"prompt number {number}",
                }
                | fields,
            ),
            holders=holders(stage.alice.id, stage.guild.id),
        )

    return make


def buttons_of(message):
    """The buttons of a message: ``{label: custom id or address}``."""
    found = {}

    def walk(components):
        for component in components:
            if isinstance(component, discord.Button):
                found[component.label] = component.custom_id or component.url
            walk(getattr(component, "children", None) or [])

    walk(message.components)
    return found


def said(result):
    """What the person was told: the answer and everything after it."""
    messages = [result.response, *result.followups]
    return "\n".join(text_of(found.message) for found in messages if found is not None)


@pytest.fixture
async def restart(stage, make_bot):
    """``await restart()``: another process takes over."""
    bots = []

    async def anew():
        bots.append(make_bot())
        await stage.env.restart_bot(bots[-1])

    yield anew
    for bot in bots:
        await bot.close()


@pytest.fixture
def open_panel(stage):
    """Open the settings panel as somebody; the moderator when nobody is named."""

    async def open_it(who=None):
        who = who or stage.mo
        opened = await who.slash(stage.channel, "restyle-settings")
        assert opened.ephemeral
        return Panel(stage, who, opened)

    return open_it


@pytest.fixture
async def panel(open_panel):
    return await open_panel()


@pytest.fixture
def broken(caplog):
    """What was logged as an error, with its traceback, since the test began."""
    caplog.set_level(logging.INFO)

    def found():
        return [
            f"{one.name}: {one.getMessage()} {one.exc_info and one.exc_info[1]!r}"
            for one in caplog.records
            if one.levelno >= logging.ERROR or one.exc_info
        ]

    return found
