"""The tour of the demo: what it shows, in which order, and how each scene of it is played.

A scene acts as the people would, through the simulated Discord, and ends with whom to look as and
where. Nothing happens behind the bot's back, but that the local CometAPI is told what to answer.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from bot.domain.jobs import JobState
from bot.domain.quotas import Scope
from bot.policy.problems import SERVER, Target
from sandbox.cometapi import Close, Fail, Fate, no_quota
from sandbox.demo.transcript import parts
from sandbox.sample import slowed_clip

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    import simcord

    from bot.domain.jobs import Job
    from sandbox.cometapi import Script
    from sandbox.demo.harness import Stage
    from sandbox.demo.world import Person

PATIENCE_SECONDS: Final = 60.0
SLOW_SECONDS: Final = 120.0
"""How long a slow provider takes: long enough to look at what is said meanwhile, and to cancel."""
_LONG_TIMES: Final = 4
_LOOK_SECONDS: Final = 0.05


class TourError(Exception):
    """The bot did not do what a scene shows; the text says what."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the tour, as people read it.

    Attributes:
        title: A few words.
        text: What there is to see, in a sentence or two.
        scenes: The labels of its buttons, by the name of the scene that they play.
    """

    title: str
    text: str
    scenes: Mapping[str, str]


STEPS: Final = (
    Step(
        "Restyle a clip",
        "Mira types /restyle, attaches a clip and describes a look. The answer comes in a thread.",
        {"clip": "Show me"},
    ),
    Step(
        "A longer clip, or no idea yet",
        "With a longer clip, Mira chooses the part. Looks save her the writing.",
        {"part": "Choose a part", "looks": "Browse looks"},
    ),
    Step(
        "Somebody else's clip",
        "Noor posted a clip. Mira picks “Restyle this” in its ⋯ menu, and the bot asks Noor "
        "in a direct message.",
        {"menu": "Open its form", "consent": "Answer as Noor"},
    ),
    Step(
        "Moderators check first",
        "In #lounge, Sam approves a request before it costs anything, and the finished clip "
        "before others see it.",
        {"review": "Review as Sam"},
    ),
    Step(
        "Make it fail",
        "Nobody pays twice, and nothing paid for is lost. What Mira reads when the provider…",
        {
            "safety": "refuses it for safety",
            "credit": "has no credit left",
            "lost": "loses its answer",
            "slow": "is slow",
        },
    ),
    Step(
        "Olga is told",
        "Olga runs the bot. When its credit is used up, she gets a direct message that says what "
        "to do.",
        {"owner": "Read as Olga"},
    ),
    Step(
        "Find it again",
        "/restyle-jobs lists everything Mira made, and what she can do next.",
        {"history": "Show me"},
    ),
)


@dataclass(frozen=True, slots=True)
class View:
    """Where to look.

    Attributes:
        person: As whom.
        channel_id: At what.
        form: A form that the bot has opened for the person.
    """

    person: Person
    channel_id: int
    form: simcord.InteractionResult | None = None


class Tour:
    """Plays the scenes; each may raise :class:`TourError`, or ``TimeoutError`` where it is busy.

    Args:
        stage: What plays.
        sample: The clip that people use.
        prompt: What Mira types in the first scene.

    Attributes:
        scenes: What plays a scene until there is something to look at, by its name.
    """

    def __init__(self, stage: Stage, *, sample: Path, prompt: str) -> None:
        self._stage = stage
        self._world = stage.world
        self._sample = sample
        self._prompt = prompt
        self._posted_id = 0
        self.scenes: Mapping[str, Callable[[], Awaitable[View]]] = MappingProxyType(
            {
                "clip": self._clip,
                "part": self._part,
                "looks": self._looks,
                "menu": self._menu,
                "consent": self._consent,
                "review": self._review,
                "safety": self._safety,
                "credit": self._credit,
                "lost": self._lost,
                "slow": self._slow,
                "owner": self._owner,
                "history": self._history,
            }
        )

    async def prepare(self) -> None:
        """Set what the server has decided, as Sam would: reviews, announcements, no quota."""
        world = self._world
        await self._stage.store.policies.change(
            world.guild.id,
            {
                SERVER: {
                    "review_channel_id": world.desk.id,
                    "announce_channel_id": world.showcase.id,
                    "member_jobs_per_day": None,  # the tour alone would use the usual five up
                },
                Target(Scope.CHANNEL, world.lounge.id): {"review_mode": "both"},
            },
            user_id=world.sam.actor.id,
            operator=None,
        )

    async def restyle(
        self,
        person: Person,
        prompt: str,
        *,
        clip: Path | None = None,
        where: simcord.ChannelHandle | None = None,
    ) -> View:
        """Use ``/restyle``; look into the job's thread, or at what the bot answered instead."""
        clip, where = clip or self._sample, where or self._world.videos
        data = await self._read(clip)
        async with self._stage.pump.lock:
            result = await person.actor.slash(
                where, "restyle", video=(clip.name, data), prompt=prompt
            )
        response = result.response
        asked = None if response is None else response.message.interaction_metadata
        if response is None or response.ephemeral or asked is None:
            return View(person, where.id)
        job = await self._job_with_thread(asked.id)
        return View(person, where.id if job.thread_id is None else job.thread_id)

    async def restyle_this(
        self, person: Person, channel: simcord.ChannelHandle, message_id: int
    ) -> View:
        """Use *Restyle this* in the menu of a message.

        Raises:
            TourError: The message is not there.
        """
        async with self._stage.pump.lock:
            seen = channel.history(viewer=person.actor)
            message = next((one for one in seen if one.id == message_id), None)
            if message is None:
                raise TourError("That message is gone.")
            form = await person.actor.context_menu(channel, "Restyle this", message)
        return View(person, channel.id, form)

    # Scenes

    async def _clip(self) -> View:
        return await self.restyle(self._world.mira, self._prompt)

    async def _part(self) -> View:
        path = self._stage.folder / "longer.mp4"
        if not path.exists():
            await asyncio.to_thread(slowed_clip, self._sample, path, times=_LONG_TIMES)
        return await self.restyle(self._world.mira, "a hand-painted gouache film", clip=path)

    async def _looks(self) -> View:
        return await self._command("restyle-looks")

    async def _history(self) -> View:
        return await self._command("restyle-jobs")

    async def _command(self, name: str) -> View:
        world = self._world
        async with self._stage.pump.lock:
            await world.mira.actor.slash(world.videos, name)
        return View(world.mira, world.videos.id)

    async def _menu(self) -> View:
        """Open the form of *Restyle this* on a clip that Noor posted; post it if need be."""
        world = self._world
        async with self._stage.pump.lock:
            if all(message.id != self._posted_id for message in world.videos.history()):
                posted = await world.noor.actor.send(
                    world.videos,
                    "Filmed on Sunday at the bay",
                    attachments=[("bay.mp4", await self._read(self._sample))],
                )
                self._posted_id = posted.id
        return await self.restyle_this(world.mira, world.videos, self._posted_id)

    async def _consent(self) -> View:
        world = self._world
        place = world.noor.actor.user.dm_channel
        before = len(place.history())
        form = (await self._menu()).form
        if form is None or form.modal is None:
            raise TourError("The bot did not ask what to make of the clip.")
        async with self._stage.pump.lock:
            await world.mira.actor.submit_modal(
                form, {"prompt": "a pencil sketch in an old notebook"}
            )
        await self._until(lambda: len(place.history()) > before)
        return View(world.noor, place.id)

    async def _review(self) -> View:
        world = self._world
        before = len(world.desk.history())
        await self.restyle(world.noor, "a torn paper collage, deep red light", where=world.lounge)
        await self._until(
            lambda: any("[Approve]" in parts(one) for one in world.desk.history()[before:])
        )
        return View(world.sam, world.desk.id)

    async def _safety(self) -> View:
        self._fresh_script.task(Fate(end=Fail("SAFETY.INPUT.VIDEO"), task_seconds=1.0))
        return await self.restyle(self._world.mira, "a wild west shoot-out at noon")

    async def _credit(self) -> View:
        self._fresh_script.create(no_quota())
        return await self.restyle(self._world.mira, "a comic book, bold ink lines")

    async def _lost(self) -> View:
        self._fresh_script.create(Close())
        return await self.restyle(self._world.mira, "a stained glass window in morning light")

    async def _slow(self) -> View:
        self._fresh_script.task(Fate(task_seconds=SLOW_SECONDS))
        return await self.restyle(self._world.mira, "claymation with visible fingerprints")

    async def _owner(self) -> View:
        world = self._world
        place = world.olga.actor.user.dm_channel

        def is_told() -> bool:
            return any("credit" in message.content for message in place.history())

        if not is_told():
            await self._credit()
            await self._until(is_told)
        return View(world.olga, place.id)

    # What scenes are made of

    @property
    def _fresh_script(self) -> Script:
        """What the local CometAPI does next, without what an earlier scene left of it."""
        script = self._stage.standin.script
        script.clear()
        return script

    async def _job_with_thread(self, job_id: int) -> Job:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                job = await self._stage.store.get(job_id)
                if job is not None and (
                    job.thread_id is not None or job.state in {JobState.HELD, JobState.FAILED}
                ):
                    return job
                await asyncio.sleep(_LOOK_SECONDS)

    async def _until(self, happened: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not happened():  # noqa: ASYNC110 - the bot's doing, which sets no event
                await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self, path: Path) -> bytes:
        return await asyncio.to_thread(path.read_bytes)


def steps_for_page() -> list[dict[str, Any]]:
    """Return the steps as JSON: each scene is its name and its button's label."""
    return [
        {
            "title": step.title,
            "text": step.text,
            "scenes": [list(one) for one in step.scenes.items()],
        }
        for step in STEPS
    ]
