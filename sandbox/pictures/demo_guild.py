"""The invented server that the pictures show: the demo's, with more people and rooms."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import discord

from bot.domain.jobs import JobState
from bot.policy.problems import SERVER
from cogs.review.cards import words_on
from sandbox.demo.world import join
from sandbox.pictures.history import Place, write_history
from sandbox.sample import sample_clip

if TYPE_CHECKING:
    import simcord

    from bot.domain.jobs import Job
    from bot.policy.problems import Target
    from sandbox.demo.harness import Stage

PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.1


class DemoGuildError(Exception):
    """The bot did not do what the picture needs; the text says what."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoGuild:
    """The server, its people, and what they do again and again.

    Attributes:
        stage: What plays.
        videos: Where people restyle.
        lounge: Where they talk.
        desk: ``#moderators``, which moderators alone see.
        mira: A member.
        noor: Another one.
        sam: A moderator who manages the server.
        directors: A role; Ada has it.
        clip: The sample, as a file.
    """

    stage: Stage
    videos: simcord.ChannelHandle
    lounge: simcord.ChannelHandle
    desk: simcord.ChannelHandle
    mira: simcord.MemberActor
    noor: simcord.MemberActor
    sam: simcord.MemberActor
    directors: simcord.RoleHandle
    clip: bytes

    async def decide(self, target: Target = SERVER, **values: Any) -> None:  # noqa: ANN401
        """Set settings, as Sam would."""
        await self.stage.store.policies.change(
            self.stage.world.guild.id, {target: values}, user_id=self.sam.id, operator=None
        )

    async def slash(
        self,
        who: simcord.MemberActor,
        where: simcord.ChannelHandle,
        command: str,
        **options: Any,  # noqa: ANN401
    ) -> simcord.InteractionResult:
        """Use a command."""
        async with self.stage.pump.lock:
            return await who.slash(where, command, **options)

    async def press(
        self,
        who: simcord.MemberActor,
        shown: simcord.InteractionResult,
        verb: str,
        arg: str | None = None,
        *,
        number: int = 0,
    ) -> simcord.InteractionResult:
        """Press a button of the panel, by the end of its custom id."""
        end = verb if arg is None else f"{verb}:{arg}"
        custom_id = _custom_ids(shown, discord.ComponentType.button, end)[number]
        async with self.stage.pump.lock:
            return await who.click(_message(shown), custom_id=custom_id)

    async def choose(
        self,
        who: simcord.MemberActor,
        shown: simcord.InteractionResult,
        verb: str,
        value: str | simcord.RoleHandle,
    ) -> simcord.InteractionResult:
        """Choose in a menu of the panel, by the end of its custom id."""
        [custom_id] = _custom_ids(shown, None, verb)
        async with self.stage.pump.lock:
            return await who.select(_message(shown), [value], custom_id=custom_id)

    async def fill(
        self,
        who: simcord.MemberActor,
        shown: simcord.InteractionResult,
        **values: str,
    ) -> simcord.InteractionResult:
        """Fill a form in and send it."""
        async with self.stage.pump.lock:
            return await who.submit_modal(shown, values)

    async def menu(
        self,
        who: simcord.MemberActor,
        where: simcord.ChannelHandle,
        name: str,
        message: discord.Message,
    ) -> simcord.InteractionResult:
        """Use a menu on a message."""
        async with self.stage.pump.lock:
            return await who.context_menu(where, name, message)

    async def post_clip(self, who: simcord.MemberActor, words: str) -> discord.Message:
        """Post the sample in ``#videos``."""
        async with self.stage.pump.lock:
            return await who.send(self.videos, words, attachments=[("skate.mp4", self.clip)])

    async def restyle(
        self,
        prompt: str,
        *,
        who: simcord.MemberActor | None = None,
        where: simcord.ChannelHandle | None = None,
    ) -> simcord.InteractionResult:
        """Use ``/restyle`` with the sample."""
        return await self.slash(
            who or self.mira,
            where or self.videos,
            "restyle",
            video=("skate.mp4", self.clip),
            prompt=prompt,
        )

    async def job_of(self, result: simcord.InteractionResult) -> Job:
        """Return the job of a ``/restyle``.

        Raises:
            DemoGuildError: It was refused.
        """
        response = result.response
        asked = response.message.interaction_metadata if response is not None else None
        job = await self.stage.store.get(asked.id) if asked is not None else None
        if job is None:
            raise DemoGuildError("the bot refused a request that it should take")
        return job

    async def settled(self, result: simcord.InteractionResult) -> Job:
        """Wait until nothing is left to do for a job, and return it."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                job = await self.job_of(result)
                if job.is_settled:
                    return job
                await asyncio.sleep(_LOOK_SECONDS)

    async def running(self, result: simcord.InteractionResult) -> None:
        """Wait until the provider has a job."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                job = await self.job_of(result)
                if job.state is JobState.RUNNING:
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    async def seen(self, channel: simcord.ChannelHandle, count: int = 1) -> None:
        """Wait until so many messages are posted in a channel."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                if len(channel.history()) >= count:
                    return
                await asyncio.sleep(_LOOK_SECONDS)

    async def thread_with(self, job: Job, words: str) -> simcord.ChannelHandle:
        """Wait until somebody reads ``words`` in a job's thread, and return the thread."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                job = await self.stage.store.get(job.id) or job
                if job.thread_id is not None:
                    thread = self.thread(job)
                    if any(words in words_on(message) for message in thread.history()):
                        return thread
                await asyncio.sleep(_LOOK_SECONDS)

    def thread(self, job: Job) -> simcord.ChannelHandle:
        """Return a job's thread."""
        for channel in (self.videos, self.lounge):
            for found in channel.threads:
                if found.id == job.thread_id:
                    return found
        raise DemoGuildError("the job has no thread")


def _message(shown: simcord.InteractionResult) -> discord.Message:
    if shown.response is None:
        raise DemoGuildError("the bot did not answer")
    return shown.response.message


def _custom_ids(
    shown: simcord.InteractionResult, kind: discord.ComponentType | None, end: str
) -> list[str]:
    """Return the custom ids of an answer's buttons, or of its menus, that end so."""
    found = []

    def walk(parts: Any) -> None:  # noqa: ANN401 - discord.py's own union of kinds
        for part in parts:
            custom_id = getattr(part, "custom_id", None)
            is_button = part.type is discord.ComponentType.button
            if custom_id and custom_id.endswith(f":{end}") and is_button == (kind is not None):
                found.append(custom_id)
            walk(getattr(part, "children", None) or [])
            if (accessory := getattr(part, "accessory", None)) is not None:
                walk([accessory])

    walk(_message(shown).components)
    return found


async def open_demo_guild(stage: Stage) -> DemoGuild:
    """Let people join the demo's server, and some weeks pass there."""
    world, env = stage.world, stage.env
    directors = world.guild.create_role("Directors")
    others = [
        join(env, world.guild, world.pictures, name, colour, roles=roles).actor
        for name, colour, roles in (("Jonas", "#4a6fa5", []), ("Ada", "#7d5ba6", [directors]))
    ]
    path = stage.folder / "skate.mp4"
    await asyncio.to_thread(sample_clip, path)
    place = Place(
        guild_id=world.guild.id,
        channel_ids=(world.videos.id, world.lounge.id),
        user_ids=(
            world.mira.actor.id,
            world.noor.actor.id,
            *(other.id for other in others),
        ),
        role_ids={others[-1].id: frozenset({directors.id})},
    )
    await asyncio.to_thread(write_history, stage.folder / "restyle.db", place, datetime.now(UTC))
    return DemoGuild(
        stage=stage,
        videos=world.videos,
        lounge=world.lounge,
        desk=world.desk,
        mira=world.mira.actor,
        noor=world.noor.actor,
        sam=world.sam.actor,
        directors=directors,
        clip=await asyncio.to_thread(path.read_bytes),
    )
