"""A server with one person of each kind, to walk through everything that can be used.

What there is comes from the running bot; whatever is not in a walk's table fails it. What each
person may comes from ``bot.domain.permissions`` and from Discord's own default permissions.
"""

import itertools
import re
from dataclasses import replace

import discord
from discord import ui

from bot.domain.guilds import guild_key
from bot.domain.jobs import Charge, FailureReason, Hold, JobState
from bot.domain.looks import Look
from bot.domain.permissions import Action, Actor, may, who
from bot.domain.quotas import ReviewStage
from bot.policy.problems import SERVER
from tests.factories import new_job
from tests.storage.money import set_values
from tests.storage.rows import put

REFUSAL = re.compile(r"^(Only .+ can |This is for |This is your own )", re.MULTILINE)
"""How every refusal begins: it says who may."""

FACTS = {
    "member": {},
    "requester": {},
    "author": {},
    "moderator": {"manage_messages": True},
    "own": {"manage_messages": True},  # a moderator whose own request it is
    "reviewer": {},  # by a role that the server chose
    "manager": {"manage_guild": True},
    "owner": {"is_owner": True},
}
"""What Discord says of each person in the server; in direct messages only the owner is anything."""
PERSONAL_FACTS = ("manage_messages", "manage_guild", "is_owner")
FACTS_OF_JOBS = ("reviewer_role_ids", "requester_id", "author_id")


class Extras:
    """Makes nothing: what is made is not what is walked here."""

    def is_full(self, job, extra):
        return True

    async def withdraw(self, job):
        pass


class World:
    """A server with one person of each kind, and jobs for them to press on."""

    def __init__(self, stage, database):
        self.stage, self.store, self.bot = stage, stage.store, stage.bot
        self._database = database
        self.guild = stage.guild
        self._telling = {}
        self._numbers = itertools.count(1_300_000_000_000_000_001)
        roles = {
            name: self.guild.create_role(name, permissions=discord.Permissions(**facts))
            for name, facts in FACTS.items()
            if facts and "is_owner" not in facts
        }
        self.reviewing = roles["reviewer"] = self.guild.create_role("reviewer")
        self.people = {
            name: self.guild.add_member(
                stage.env.create_user(name), roles=[roles[name]] if name in roles else []
            )
            for name in FACTS
        }
        owner_ids = str(self.people["owner"].id)
        self.bot.settings = self.bot.settings.model_copy(update={"owner_ids": owner_ids})
        self.bot.extras = Extras()

    async def prepare(self):
        await set_values(
            self.store,
            *SERVER,
            guild_id=self.guild.id,
            reviewer_role_ids=frozenset({self.reviewing.id}),
            review_channel_id=self.stage.channel.id,
            looks=(Look(name="House", words="a house {prompt}"),),
        )

    def version(self):
        """A number that changes when anything in the database does."""
        return self._database.execute("PRAGMA data_version").fetchone()

    def requester_id(self, name):
        return self.people["own" if name == "own" else "requester"].id

    def actor(self, name, in_guild):
        facts = FACTS[name] if in_guild else {}
        return Actor(
            user_id=self.people[name].id,
            in_guild=in_guild,
            manage_messages=facts.get("manage_messages", False),
            manage_guild=facts.get("manage_guild", False),
            role_ids=frozenset({self.reviewing.id} if in_guild and name == "reviewer" else ()),
            is_owner=name == "owner",
        )

    def expects(self, action, name, in_guild, *, about_job=True, forgetting=None):
        """What ``bot.domain.permissions`` says, or would to one who forgets a fact."""
        actor = self.actor(name, in_guild)
        if forgetting in PERSONAL_FACTS:
            actor = replace(actor, **{forgetting: False})
        facts = {
            "reviewer_role_ids": {self.reviewing.id},
            "requester_id": self.requester_id(name) if about_job else None,
            "author_id": self.people["author"].id,
        }
        facts.pop(forgetting, None)
        return may(action, who(actor, **facts))

    def telling(self, action, *, about_job=True, places=(True, False)):
        """As few people, each on the server or in direct messages, as show every mistake.

        A mistake is a control that asks the table for another action, forgets a fact, lets
        everybody, or lets nobody. Each makes a difference to some people; of those one is taken.
        """
        if (known := self._telling.get((action, about_job, places))) is not None:
            return known
        everybody = list(itertools.product(places, FACTS))

        def row(of, forgetting=None):
            return [
                self.expects(of, name, in_guild, about_job=about_job, forgetting=forgetting)
                for in_guild, name in everybody
            ]

        right = row(action)
        mistakes = [row(other) for other in Action]
        mistakes += [row(action, fact) for fact in (*PERSONAL_FACTS, *FACTS_OF_JOBS)]
        mistakes += [[allowed] * len(right) for allowed in (True, False)]
        unseen = [
            {one for one, told, true in zip(everybody, wrong, right, strict=True) if told != true}
            for wrong in mistakes
            if wrong != right
        ]
        taken = self._telling[action, about_job, places] = []
        while unseen:
            most = max(everybody, key=lambda one: sum(one in seen for seen in unseen))
            taken.append(most)
            unseen = [seen for seen in unseen if most not in seen]
        return taken

    async def job(self, name, in_guild, state=None, **fields):
        new = new_job(
            next(self._numbers),
            guild_id=self.guild.id if in_guild else None,
            channel_id=self.stage.channel.id,
            user_id=self.requester_id(name),
            source_author_id=self.people["author"].id,
            **fields,
        )
        job = await self.store.add(new)
        if state is None:
            return job
        failure = FailureReason.SAFETY_PROMPT if state is JobState.FAILED else None
        return await put(self.store, job.id, state, owner=None, failure=failure)

    async def held(self, name, in_guild):
        until = self.stage.clock()
        job = await self.job(name, in_guild, hold=Hold.REVIEW, held_until=until)
        await self.store.reviews.ensure(job, ReviewStage.SPENDING, expires_at=until)
        return job

    async def asked(self, name, in_guild):
        return await self.job(name, in_guild, hold=Hold.CONSENT)

    async def struck(self, name, in_guild):
        """A job for which its requester got a strike; there are none in direct messages."""
        job = await self.job(name, in_guild)
        job = await put(self.store, job.id, JobState.RUNNING)
        return await self.store.move(
            job, JobState.FAILED, failure=FailureReason.SAFETY_PROMPT, charge=Charge.YES
        )

    async def withheld(self, name, in_guild):
        job = await self.job(name, in_guild, JobState.WITHHELD, review_output=True)
        await self.store.reviews.ensure(job, ReviewStage.PUBLISHING, expires_at=self.stage.clock())
        return job

    async def appealed(self, name, in_guild):
        job = await self.job(name, in_guild, JobState.FAILED)
        await self.store.appeals.add(
            job.id,
            guild_id=guild_key(job.guild_id),
            user_id=job.user_id,
            job_id=job.id,
            about="the failure",
            words="why",
        )
        return job

    async def press(self, name, in_guild, item, value):
        """Post ``item`` where the person sees it, have it pressed, and return what came of it."""
        view = ui.LayoutView(timeout=None)
        row = ui.ActionRow()
        row.add_item(item)
        view.add_item(row)
        person = self.people[name] if in_guild else self.people[name].user
        place = self.stage.channel if in_guild else person.dm_channel
        message = await self.bot.get_partial_messageable(place.id).send(view=view)
        if value is None:
            result = await person.click(message, custom_id=item.custom_id)
        else:
            values = value if isinstance(value, list) else [value]
            result = await person.select(message, values, custom_id=item.custom_id)
        assert result.acknowledged or result.modal is not None, (name, item.custom_id)
        return result
