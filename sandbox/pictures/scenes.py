"""What is played for each picture, one function each."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.domain.quotas import Scope
from bot.policy.problems import Target
from bot.policy.topics import Topic
from bot.texts import panel as panel_texts
from bot.texts.usage import SERVER_LABEL
from sandbox.demo.simcord_private import show_linked_files

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sandbox.pictures.demo_guild import Town
    from sandbox.pictures.screenshots import Camera


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
    await town.restyle("a horror poster, torn paper, deep red light")
    await town.seen(town.desk)
    [card] = town.desk.history()
    files = show_linked_files(town.stage.env, card)
    async with camera.looking(town.desk, town.sam, files=files):
        await camera.messages("moderators-review")
        await camera.press("Deny…")
        await camera.form("moderators-deny")


async def refusal(town: Town, camera: Camera) -> None:
    """What a member reads when a rule says no."""
    rule = {"kind": "words", "text": "blood, gore", "action": "refuse"}
    await town.decide(prompt_rules=[rule], review_channel_id=town.desk.id)
    async with camera.looking(town.videos, town.noor):
        await town.restyle("a horror poster, bl00d on the walls", who=town.noor)
        await camera.update()
        await camera.messages("moderators-refusal")


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


# The panel


async def panel(town: Town, camera: Camera) -> None:
    """The settings: a topic for the whole server, and for a role; a number; a preview."""
    await town.decide(member_jobs_per_day=5, member_running=1)
    await town.decide(Target(Scope.ROLE, town.directors.id), member_jobs_per_day=20)
    asked = await town.slash(town.sam, town.desk, "restyle-settings")
    await town.choose(town.sam, asked, "topic", Topic.MEMBERS)
    async with camera.looking(town.desk, town.sam):
        await camera.messages("moderators-panel")
        await camera.press(panel_texts.CHANGE_LABEL, number=1)
        await camera.form("moderators-limit")
    await town.press(town.sam, asked, "level", number=2)
    await town.choose(town.sam, asked, "level", town.directors)
    async with camera.looking(town.desk, town.sam):
        await camera.messages("moderators-panel-role")


async def preview(town: Town, camera: Camera) -> None:
    """What a change would have done, before it is saved."""
    asked = await town.slash(town.sam, town.desk, "restyle-settings")
    await town.choose(town.sam, asked, "topic", Topic.MEMBERS)
    form = await town.press(town.sam, asked, "form", "member_jobs_per_day")
    await town.fill(town.sam, form, how="number", words="1")
    async with camera.looking(town.desk, town.sam):
        await camera.messages("moderators-preview")


async def rules(town: Town, camera: Camera) -> None:
    """Prompt rules, and the form of one."""
    await town.decide(
        prompt_rules=[
            {"kind": "words", "text": "blood, gore", "action": "refuse"},
            {"kind": "words", "text": "horror", "action": "review"},
            {"kind": "pattern", "text": r"\b(nude|naked)\w*", "action": "refuse"},
        ]
    )
    asked = await town.slash(town.sam, town.desk, "restyle-settings")
    await town.choose(town.sam, asked, "topic", Topic.RULES)
    async with camera.looking(town.desk, town.sam):
        await camera.messages("moderators-rules")
        await camera.press(panel_texts.ADD_RULE_LABEL)
        await camera.form("moderators-rule")


async def trial(town: Town, camera: Camera) -> None:
    """What would happen to a request, and which rule decides."""
    rule = {"kind": "words", "text": "blood, gore", "action": "refuse"}
    await town.decide(prompt_rules=[rule])
    async with camera.looking(town.desk, town.sam):
        await town.slash(
            town.sam,
            town.desk,
            "restyle-settings",
            test=town.noor,
            channel=town.videos,
            prompt="a horror poster, b l o o d on the walls",
            length=5,
        )
        await camera.update()
        await camera.messages("moderators-test")


# Consent


async def consent(town: Town, camera: Camera) -> None:
    """The question to the one who posted a clip."""
    town.stage.env.inject_error(
        "POST", "/users/@me/channels", status=403, code=50007, times=9
    )  # asked in place, where the page can show it
    posted = await town.post_clip(town.noor, "Filmed on Sunday at the lake")
    form = await town.menu(town.mira, town.videos, "Restyle this", posted)
    asked = await town.fill(town.mira, form, prompt="a pencil sketch in an old notebook")
    job = await town.job_of(asked)
    thread = await town.thread_with(job, "would like to restyle")
    async with camera.looking(thread, town.noor):
        await camera.messages("moderators-consent")


SCENES: Final[Mapping[str, Callable[[Town, Camera], Awaitable[None]]]] = MappingProxyType(
    {
        "answer": answer,
        "usage": usage,
        "review": review,
        "refusal": refusal,
        "jobs": jobs,
        "panel": panel,
        "preview": preview,
        "rules": rules,
        "trial": trial,
        "consent": consent,
    }
)
"""By the name under which the command knows them, each played on a server of its own."""
