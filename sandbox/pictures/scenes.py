"""What is played for each picture, one function each."""

from __future__ import annotations

import asyncio
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from bot.domain.quotas import Scope
from bot.policy.problems import Target
from bot.policy.topics import Topic
from bot.texts import panel as panel_texts
from bot.texts.usage import SERVER_LABEL
from sandbox.pictures.moderation import MODERATION, WHOLE_PROMPT
from sandbox.sample import slowed_clip

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sandbox.pictures.demo_guild import DemoGuild
    from sandbox.pictures.screenshots import Screenshots


async def answer(demo: DemoGuild, screenshots: Screenshots) -> None:
    """A clip that came back, in its thread."""
    asked = await demo.restyle("a rainy night in Tokyo, neon signs, film grain")
    job = await demo.settled(asked)
    async with screenshots.looking(demo.thread(job), demo.mira):
        await screenshots.messages("moderators-answer")


async def usage(demo: DemoGuild, screenshots: Screenshots) -> None:
    """What the server used, as moderators see it."""
    async with screenshots.looking(demo.desk, demo.sam):
        await demo.slash(demo.sam, demo.desk, "restyle-usage")
        await screenshots.update()
        await screenshots.press(SERVER_LABEL)
        await screenshots.messages("moderators-usage")


async def review(demo: DemoGuild, screenshots: Screenshots) -> None:
    """A request that waits for a moderator, and the form in which one says no."""
    await demo.decide(review_mode="spending", review_channel_id=demo.desk.id)
    await demo.restyle("a horror poster, torn paper, deep red light")
    await demo.seen(demo.desk, count=2)
    async with screenshots.looking(demo.desk, demo.sam):
        await screenshots.messages("moderators-review")
        await screenshots.press("Deny…")
        await screenshots.form("moderators-deny")


async def refusal(demo: DemoGuild, screenshots: Screenshots) -> None:
    """What a member reads when a rule says no."""
    rule = {"kind": "words", "text": "blood, gore", "action": "refuse"}
    await demo.decide(prompt_rules=[rule], review_channel_id=demo.desk.id)
    async with screenshots.looking(demo.videos, demo.noor):
        await demo.restyle("a horror poster, bl00d on the walls", who=demo.noor)
        await screenshots.update()
        await screenshots.messages("moderators-refusal")


async def jobs(demo: DemoGuild, screenshots: Screenshots) -> None:
    """The clips that wait and run, as managers see them."""
    await demo.decide(running=1)
    demo.stage.standin.task_seconds = 600
    asked = [
        await demo.restyle("a loose watercolour on rough paper"),
        await demo.restyle("claymation with visible fingerprints", who=demo.noor),
        await demo.restyle("a pencil sketch in an old notebook"),
    ]
    await demo.running(asked[0])
    async with screenshots.looking(demo.desk, demo.sam):
        await demo.slash(demo.sam, demo.desk, "restyle-admin jobs")
        await screenshots.update()
        await screenshots.messages("moderators-jobs")


# The panel


async def panel(demo: DemoGuild, screenshots: Screenshots) -> None:
    """The settings: a topic for the whole server, and for a role; a number; a preview."""
    await demo.decide(member_jobs_per_day=5, member_running=1)
    await demo.decide(Target(Scope.ROLE, demo.directors.id), member_jobs_per_day=20)
    asked = await demo.slash(demo.sam, demo.desk, "restyle-settings")
    await demo.choose(demo.sam, asked, "topic", Topic.MEMBERS)
    async with screenshots.looking(demo.desk, demo.sam):
        await screenshots.messages("moderators-panel")
        await screenshots.press(panel_texts.CHANGE_LABEL, number=1)
        await screenshots.form("moderators-limit")
    await demo.press(demo.sam, asked, "level", number=2)
    await demo.choose(demo.sam, asked, "level", demo.directors)
    async with screenshots.looking(demo.desk, demo.sam):
        await screenshots.messages("moderators-panel-role")


async def preview(demo: DemoGuild, screenshots: Screenshots) -> None:
    """What a change would have done, before it is saved."""
    asked = await demo.slash(demo.sam, demo.desk, "restyle-settings")
    await demo.choose(demo.sam, asked, "topic", Topic.MEMBERS)
    form = await demo.press(demo.sam, asked, "form", "member_jobs_per_day")
    await demo.fill(demo.sam, form, how="number", words="1")
    async with screenshots.looking(demo.desk, demo.sam):
        await screenshots.messages("moderators-preview")


async def rules(demo: DemoGuild, screenshots: Screenshots) -> None:
    """Prompt rules, and the form of one."""
    await demo.decide(
        prompt_rules=[
            {"kind": "words", "text": "blood, gore", "action": "refuse"},
            {"kind": "words", "text": "horror", "action": "review"},
            {"kind": "pattern", "text": r"\b(nude|naked)\w*", "action": "refuse"},
        ]
    )
    asked = await demo.slash(demo.sam, demo.desk, "restyle-settings")
    await demo.choose(demo.sam, asked, "topic", Topic.RULES)
    async with screenshots.looking(demo.desk, demo.sam):
        await screenshots.messages("moderators-rules")
        await screenshots.press(panel_texts.ADD_RULE_LABEL)
        await screenshots.form("moderators-rule")


async def trial(demo: DemoGuild, screenshots: Screenshots) -> None:
    """What would happen to a request, and which rule decides."""
    rule = {"kind": "words", "text": "blood, gore", "action": "refuse"}
    await demo.decide(prompt_rules=[rule])
    async with screenshots.looking(demo.desk, demo.sam):
        await demo.slash(
            demo.sam,
            demo.desk,
            "restyle-settings",
            test=demo.noor,
            channel=demo.videos,
            prompt="a horror poster, b l o o d on the walls",
            length=5,
        )
        await screenshots.update()
        await screenshots.messages("moderators-test")


# Consent


async def consent(demo: DemoGuild, screenshots: Screenshots) -> None:
    """The question to the one who posted a clip."""
    demo.stage.env.inject_error(
        "POST", "/users/@me/channels", status=403, code=50007, times=9
    )  # asked in place, where the page can show it
    posted = await demo.post_clip(demo.noor, "Filmed on Sunday at the lake")
    form = await demo.menu(demo.mira, demo.videos, "Restyle this", posted)
    await demo.fill(demo.mira, form, prompt=WHOLE_PROMPT)
    [job] = await demo.stage.store.overview.open_jobs()  # its id is the menu's, not the form's
    thread = await demo.thread_with(job, "would like to restyle")
    async with screenshots.looking(thread, demo.noor):
        await screenshots.messages("moderators-consent")


async def strip(demo: DemoGuild, screenshots: Screenshots) -> None:
    """The film strip from which the part of a longer clip is chosen."""
    path = demo.stage.folder / "bay.mp4"
    await asyncio.to_thread(slowed_clip, demo.stage.folder / "skate.mp4", path, times=8)
    async with screenshots.looking(demo.videos, demo.mira):
        await demo.slash(
            demo.mira,
            demo.videos,
            "restyle",
            video=(path.name, await asyncio.to_thread(path.read_bytes)),
            prompt="a hand-painted gouache film",
        )
        await screenshots.update()
        await screenshots.messages("strip")


async def looks(demo: DemoGuild, screenshots: Screenshots) -> None:
    """The looks to choose from, with their pictures."""
    async with screenshots.looking(demo.videos, demo.mira):
        await demo.slash(demo.mira, demo.videos, "restyle-looks")
        await screenshots.update()
        await screenshots.messages("looks")


async def history(demo: DemoGuild, screenshots: Screenshots) -> None:
    """A member's own clips, of which one is still under way."""
    for words in ("a rainy night in Tokyo, neon signs", "a loose watercolour on rough paper"):
        await demo.settled(await demo.restyle(words))
    demo.stage.standin.task_seconds = 600
    await demo.running(await demo.restyle("a pencil sketch in an old notebook"))
    await demo.slash(demo.mira, demo.lounge, "restyle-jobs")
    async with screenshots.looking(demo.lounge, demo.mira):
        await screenshots.messages("history")


SCENES: Final[Mapping[str, Callable[[DemoGuild, Screenshots], Awaitable[None]]]] = MappingProxyType(
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
        "strip": strip,
        "looks": looks,
        "history": history,
        **MODERATION,
    }
)
"""By the name under which the command knows them, each played on a server of its own."""
