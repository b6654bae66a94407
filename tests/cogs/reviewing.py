"""A server with a review channel, and jobs that wait for its moderators.

The engine does not run: ``Court.engine`` does what it would do with the jobs that it claims.
"""

import itertools
from datetime import timedelta

import discord
import pytest

from bot.domain.jobs import CancelReason, Hold, JobState
from bot.policy.decide import BY_REVIEW_MODE
from bot.policy.problems import SERVER
from cogs.appeals.button import can_appeal
from cogs.delivery.cog import ThreadDeliverer
from tests.cogs.conftest import buttons_of, text_of
from tests.factories import new_job
from tests.storage.rows import put

EXTENSIONS = ("cogs.review.cog", "cogs.appeals.cog")
SOURCE_URL = "https://cdn.discordapp.com/attachments/1/2/clip.mp4"
OUTPUT_URL = "https://output.example/a/clip.mp4?_jwt=e30.e30.c2ln"


class Court:
    """The people, the channels, and what tests ask of them again and again."""

    def __init__(self, env, store, new_jobs, clock, clip_path):
        clock.now = env.now()  # cards are looked for by the time at which they were posted
        self.env, self.store, self.new_jobs, self.clock = env, store, new_jobs, clock
        self.clip_path = clip_path
        self._numbers = itertools.count(1_300_000_000_000_000_001)
        self.guild = env.create_guild("Filmclub")
        self.channel = self.guild.create_text_channel("videos")
        self.thread = self.guild.create_text_channel("a-rainy-night")
        self.reviews = self.guild.create_text_channel("reviews")
        self.alice = self.guild.add_member(env.create_user("alice"))
        staff = self.guild.create_role(
            "Mods", permissions=discord.Permissions(manage_messages=True)
        )
        self.mo = self.guild.add_member(env.create_user("mo"), roles=[staff])
        self.sam = self.guild.add_member(env.create_user("sam"), roles=[staff])
        self.prepare(env.bot)

    @property
    def bot(self):
        return self.env.bot

    def prepare(self, bot):
        bot.deliverer = ThreadDeliverer(
            bot, now=self.clock, can_appeal=lambda job: can_appeal(self.store, job)
        )

    async def restart(self, make_bot):
        """Go on with another process; the caller closes both bots."""
        bot = make_bot(extensions=EXTENSIONS)
        self.prepare(bot)
        await self.env.restart_bot(bot)
        return bot

    async def decide(self, **values):
        """Set settings of the server."""
        values = {"review_channel_id": self.reviews.id} | values
        await self.store.policies.change(self.guild.id, {SERVER: values}, user_id=1, operator=None)

    async def held(self, who=None, reasons=(BY_REVIEW_MODE,), **fields):
        """Return a job that waits before anything is spent; nobody has been asked yet."""
        return await self._job(
            who, hold=Hold.REVIEW, reasons=reasons, price_micros=750_000, **fields
        )

    async def withheld(self, who=None, **fields):
        """Return a job whose result waits."""
        job = await self._job(who, review_output=True, **fields)
        return await put(
            self.store,
            job.id,
            JobState.WITHHELD,
            output_url=OUTPUT_URL,
            held_until=self.clock() + timedelta(hours=24),
            owner=None,
        )

    async def _job(self, who, *, reasons=(), **fields):
        self.clock.advance(1)
        fields = {
            "guild_id": self.guild.id,
            "channel_id": self.channel.id,
            "user_id": (who or self.alice).id,
            "source_url": SOURCE_URL,
            "prompt": "a rainy night, neon",
            "held_until": self.clock() + timedelta(hours=24),
        } | fields
        job = await self.store.add(new_job(next(self._numbers), **fields), review_reasons=reasons)
        return await put(
            self.store, job.id, job.state, thread_id=self.thread.id, owner=None, submitted_by=None
        )

    async def engine(self):
        """Claim what is nobody's, ask about it, and see to what was decided."""
        self.new_jobs.clear()
        for job in await self.store.claims.claim(100):
            if job.state in {JobState.HELD, JobState.WITHHELD}:
                clip = self.clip_path if job.state is JobState.WITHHELD else None
                await self.bot.approval_prompts.present(job, clip)
            else:
                await self.bot.approval_prompts.settled(job)

    async def asked(self, make=None, **fields):
        """Return a job of which moderators see the card."""
        job = await (make or self.held)(**fields)
        await self.engine()
        return await self.store.get(job.id)

    async def ended(self, job, reason):
        """Let a job end without a decision, as the clock or its requester would have it."""
        values = {"cancel_reason": reason, "owner": None}
        job = await put(self.store, job.id, JobState.CANCELLED, **values)
        await self.engine()
        return job

    async def expired(self, job):
        return await self.ended(job, CancelReason.REVIEW_EXPIRED)

    @property
    def cards(self):
        """What moderators see, oldest first."""
        return self.reviews.history()

    @property
    def card(self):
        [found] = self.cards
        return found

    async def press(self, label, *, who=None, card=None):
        message = card or self.card
        return await (who or self.mo).click(message, custom_id=buttons_of(message)[label])

    async def pressed_elsewhere(self, custom_id):
        """Let a moderator of another server press a button of this one."""
        other = self.env.create_guild("Elsewhere")
        channel = other.create_text_channel("reviews")
        powers = discord.Permissions(manage_messages=True)
        boss = other.add_member(self.mo.user, roles=[other.create_role("Mods", permissions=powers)])
        view = discord.ui.View(timeout=None)
        view.add_item(discord.ui.Button(label="forged", custom_id=custom_id))
        message = await self.bot.get_channel(channel.id).send("forged", view=view)
        return await boss.click(message, custom_id=custom_id)

    async def form(self, label, words, *, who=None, card=None):
        shown = await self.press(label, who=who, card=card)
        return await self.sent(shown, words, who=who)

    async def sent(self, shown, words, *, who=None):
        return await (who or self.mo).submit_modal(shown, {"words": words})

    def texts(self, channel=None):
        return [text_of(message) for message in (channel or self.reviews).history()]


@pytest.fixture
async def simcord_bot(make_bot):
    bot = make_bot(extensions=EXTENSIONS)
    yield bot
    await bot.close()


@pytest.fixture
async def court(simcord_env, sqlite_store, new_jobs, clock, clip, tmp_path):
    path = tmp_path / "output.mp4"
    path.write_bytes(clip)
    court = Court(simcord_env, sqlite_store, new_jobs, clock, path)
    await court.decide()
    return court
