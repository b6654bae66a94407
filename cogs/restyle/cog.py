"""``/restyle``: what a person types becomes a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import discord
from discord import app_commands
from discord.ext import commands

from bot.requests import validation as rules  # noqa: TC001 - discord.py reads the annotations
from bot.texts import choice as choice_texts
from bot.texts import looks as look_texts
from cogs.looks.book import suggest_looks
from cogs.restyle.cancel import CancelButton, KeepWaitingButton, StopButton
from cogs.restyle.command import RestyleCommand
from cogs.restyle.forms import MAX_LENGTH_SECONDS, MAX_START_SECONDS, FilledIn, as_typed
from cogs.restyle.open_request import OpenRequest
from cogs.restyle.questions import telling_refusals
from cogs.restyle.request_flow import RequestFlow
from cogs.restyle.requests import RequestedClip, RequestedPicture

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.storage.store import Store

_LOOK_CHARACTERS: Final = 100


class Restyle(commands.Cog):
    """The command that starts jobs.

    Attributes:
        flow: Takes requests in; whatever else starts jobs shares it.
    """

    def __init__(self, *, flow: RequestFlow, store: Store) -> None:
        self.flow = flow
        self._store = store

    @app_commands.describe(
        video="The clip: MP4, MOV, WebM, GIF and most others",
        prompt="How it should look, for example: a rainy night in Tokyo, neon, film grain",
        look=look_texts.OPTION,
        start="Where in the clip to begin, in seconds; leave out for its beginning",
        length="How many seconds to restyle; leave out for as many as allowed",
        reference="An image whose style to follow: JPEG, PNG or WebP",
        ratio="The shape of the result; leave out to keep the clip's own",
        seed="The same number repeats a result; leave out for a new one",
        model="Which of Runway's models to use; leave out for the usual one",
    )
    @app_commands.autocomplete(look=suggest_looks)
    async def restyle(
        self,
        interaction: discord.Interaction[Any],
        video: discord.Attachment,
        prompt: app_commands.Range[str, 1, rules.MAX_PROMPT_UNITS] | None = None,
        look: app_commands.Range[str, 1, _LOOK_CHARACTERS] | None = None,
        start: app_commands.Range[float, 0.0, MAX_START_SECONDS] | None = None,
        length: app_commands.Range[float, 0.1, MAX_LENGTH_SECONDS] | None = None,
        reference: discord.Attachment | None = None,
        ratio: str | None = None,
        seed: app_commands.Range[int, 0, rules.MAX_SEED] | None = None,
        model: str | None = None,
    ) -> None:
        """Hand the request over, or ask how it should look."""
        filled = FilledIn(
            prompt=prompt or "",
            look=look or "",
            start=as_typed(start),
            length=as_typed(length),
            seed=as_typed(seed) or None,
            ratio=ratio or "",
        )
        picture = RequestedPicture.attached(reference) if reference else None
        request = OpenRequest.of(
            interaction,
            [RequestedClip.attached(video)],
            filled=filled,
            reference=picture,
            model=model,
        )
        if prompt is not None or look is not None:
            await self.flow.begin(interaction, request)
            return
        async with telling_refusals(interaction, self._store):
            await self.flow.ask_words(interaction, request, title=choice_texts.NEW_TITLE)


async def setup(bot: RestyleBot) -> None:
    """Add the command and the button that outlives restarts."""
    bot.add_dynamic_items(CancelButton, StopButton, KeepWaitingButton)
    flow = cast("RequestFlow", bot.get_cog(RequestFlow.__name__))  # loaded before
    cog = Restyle(flow=flow, store=bot.store)
    await bot.add_cog(cog)
    bot.tree.add_command(
        RestyleCommand(
            name="restyle",
            description="Restyle a clip with a prompt or a look",
            callback=cog.restyle,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
        )
    )
