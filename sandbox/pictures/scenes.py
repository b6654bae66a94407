"""What is played for each picture, one function each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.usage_texts import SERVER_LABEL
from sandbox.demo.inside import show_linked_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sandbox.pictures.camera import Camera
    from sandbox.pictures.town import Town


async def answer(town: Town, camera: Camera) -> None:
    """A clip that came back, in its thread."""
    asked = await town.restyle("a rainy night in Tokyo, neon signs, film grain")
    job = await town.settled(asked)
    async with camera.looking(town.thread(job), town.mira):
        await camera.messages("moderators-answer")


async def usage(town: Town, camera: Camera) -> None:
    """What the server used, as moderators see it."""
    async with camera.looking(town.desk, town.sam):
        await town.slash(town.sam, town.desk, "restyle-usage")
        await camera.update()
        await camera.press(SERVER_LABEL)
        await camera.messages("moderators-usage")


async def review(town: Town, camera: Camera) -> None:
    """A request that waits for a moderator, and the form in which one says no."""
    await town.decide(review_mode="spending", review_channel_id=town.desk.id)
    asked = await town.restyle("a horror poster, torn paper, deep red light")
    await town.seen(town.desk)
    [card] = town.desk.history()
    files = show_linked_files(town.stage.env, card)
    async with camera.looking(town.desk, town.sam, files=files):
        await camera.messages("moderators-review")
        await camera.press("Deny…")
        await camera.form("moderators-deny")
    await town.decide(review_mode="off")
    await town.withdraw(asked)


async def refusal(town: Town, camera: Camera) -> None:
    """What a member reads when a rule says no."""
    rule = {"kind": "words", "text": "blood, gore", "action": "refuse"}
    await town.decide(prompt_rules=[rule], review_channel_id=town.desk.id)
    async with camera.looking(town.videos, town.noor):
        await town.restyle("a horror poster, bl00d on the walls", who=town.noor)
        await camera.update()
        await camera.messages("moderators-refusal")
    await town.decide(prompt_rules=[])


async def jobs(town: Town, camera: Camera) -> None:
    """The clips that wait and run, as managers see them."""
    await town.decide(running=1)
    town.stage.standin.task_seconds = 600
    asked = [
        await town.restyle("a loose watercolour on rough paper"),
        await town.restyle("claymation with visible fingerprints", who=town.noor),
        await town.restyle("a pencil sketch in an old notebook"),
    ]
    await town.running(asked[0])
    async with camera.looking(town.desk, town.sam):
        await town.slash(town.sam, town.desk, "restyle-admin jobs")
        await camera.update()
        await camera.messages("moderators-jobs")
    for waiting in asked[1:]:
        await town.withdraw(waiting)
    await town.decide(running=None)


SCENES: Final[Mapping[str, Callable[[Town, Camera], Awaitable[None]]]] = MappingProxyType(
    {
        "answer": answer,
        "usage": usage,
        "review": review,
        "refusal": refusal,
        "jobs": jobs,
    }
)
"""By the name under which the command knows them; each leaves the server as it found it."""
