"""The scenes about what moderators decide, and what the members read of it."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from sandbox.cometapi import Fail
from sandbox.pictures.demo_guild import DemoGuildError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    import discord
    import simcord

    from sandbox.pictures.demo_guild import DemoGuild
    from sandbox.pictures.screenshots import Screenshots

WHOLE_PROMPT: Final = (
    "Repaint the whole clip as a horror poster of the fifties: torn paper, deep red light, heavy "
    "grain. The skater becomes a tall shadow with a long coat, the ramp a cliff above the sea, "
    "the sky a wall of clouds with one white moon. Keep every movement of the board and the "
    "camera as they are. In the first second the picture is almost black; then lightning shows "
    "the cliff, and the shadow begins to glide. Rain runs down the paper and takes the ink along. "
    "In the last second the moon fills the picture, and the paper begins to burn from its corners."
)


async def _clicked(
    demo: DemoGuild, who: simcord.MemberActor, message: discord.Message, custom_id: str
) -> simcord.InteractionResult:
    async with demo.stage.pump.lock:
        return await who.click(message, custom_id=custom_id)


async def denial(demo: DemoGuild, screenshots: Screenshots) -> None:
    """A long prompt under review, what its author reads of the denial, and asks about it."""
    await demo.decide(review_mode="spending", review_channel_id=demo.desk.id)
    asked = await demo.restyle(WHOLE_PROMPT)
    await demo.seen(demo.desk, count=2)
    [_, card] = demo.desk.history()
    async with screenshots.looking(demo.desk, demo.sam):
        await screenshots.messages("moderators-review-long")
    job = await demo.job_of(asked)
    form = await _clicked(demo, demo.sam, card, f"restyle:{job.id}:deny-spending")
    await demo.fill(demo.sam, form, words="Not on a school night. Ask again on Saturday.")
    thread = await demo.thread_with(await demo.settled(asked), "Denied")
    async with screenshots.looking(thread, demo.mira):
        await screenshots.messages("moderators-denied")
    [last] = thread.history()[-1:]
    form = await _clicked(demo, demo.mira, last, f"restyle:{job.id}:appeal")
    await demo.fill(demo.mira, form, words="It is for the film club's evening, and nobody is hurt.")
    async with screenshots.looking(demo.desk, demo.sam):
        await screenshots.messages("moderators-question")


async def deletion(demo: DemoGuild, screenshots: Screenshots) -> None:
    """What the requester reads after a moderator deleted their clip."""
    await demo.decide(review_channel_id=demo.desk.id, log_channel_id=demo.desk.id)
    job = await demo.settled(await demo.restyle("a rainy night in Tokyo, neon signs, film grain"))
    thread = demo.thread(job)
    [posted] = [one for one in thread.history() if one.id == job.answer_message_id]
    menu = await _clicked(demo, demo.sam, posted, f"restyle:{job.id}:more")
    if menu.response is None:
        raise DemoGuildError("the bot did not answer")
    form = await _clicked(demo, demo.sam, menu.response.message, f"restyle:{job.id}:delete")
    await demo.fill(demo.sam, form, words="That is the sign of a real shop, which did not agree.")
    thread = await demo.thread_with(job, "deleted")
    async with screenshots.looking(thread, demo.mira):
        await screenshots.messages("moderators-deleted")


async def strikes(demo: DemoGuild, screenshots: Screenshots) -> None:
    """Somebody's strikes, as moderators see them."""
    demo.stage.standin.script.end(Fail("SAFETY.INPUT.TEXT"), Fail("SAFETY.INPUT.TEXT"))
    for words in ("a famous singer on stage", "the same singer in the rain"):
        await demo.settled(await demo.restyle(words, who=demo.noor))
    async with screenshots.looking(demo.desk, demo.sam):
        await demo.slash(demo.sam, demo.desk, "restyle-admin strikes", member=demo.noor)
        await screenshots.update()
        await screenshots.messages("moderators-strikes")


MODERATION: Final[Mapping[str, Callable[[DemoGuild, Screenshots], Awaitable[None]]]] = (
    MappingProxyType({"denial": denial, "deletion": deletion, "strikes": strikes})
)
"""By name, as ``SCENES`` has them."""
