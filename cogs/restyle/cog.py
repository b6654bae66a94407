"""``/restyle``: what a person types becomes a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.cometapi.models import RATIOS
from bot.requests import validation as rules
from bot.requests.validation import Refusal
from cogs.restyle.cancel import CancelButton
from cogs.restyle.forms import MAX_LENGTH_SECONDS, MAX_START_SECONDS, shape_name
from cogs.restyle.intake import Intake
from cogs.restyle.message_source import fetch_linked, sources_of
from cogs.restyle.refusals import RefusedError, refuse_now
from cogs.restyle.requests import Request, RequestedClip, RequestedPicture

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.storage.store import Store

MAX_LINK_CHARACTERS: Final = 200

RATIO_CHOICES: Final = [
    app_commands.Choice(name=shape_name(ratio), value=ratio) for ratio in RATIOS
]


class Restyle(commands.Cog):
    """The command that starts jobs.

    Attributes:
        intake: Takes requests in; other commands that start jobs share it.
    """

    def __init__(self, *, intake: Intake, store: Store) -> None:
        self.intake = intake
        self._store = store

    @app_commands.command(name="restyle", description="Restyle a video clip with a prompt")
    @app_commands.describe(
        prompt="How it should look, for example: a rainy night in Tokyo, neon, film grain",
        video="The clip: MP4, MOV, WebM, GIF and most others",
        link="Instead of a file: the link to a message with the clip",
        reference="A picture whose style to follow: JPEG, PNG or WebP",
        ratio="The shape of the result; the clip's own when left out",
        seed="The same number repeats a result; a new one is chosen when left out",
        start="Where in the clip to begin, in seconds; its beginning when left out",
        length="How many seconds of it to restyle; up to the limit when left out",
    )
    @app_commands.choices(ratio=RATIO_CHOICES)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle(
        self,
        interaction: discord.Interaction[Any],
        prompt: app_commands.Range[str, 1, rules.MAX_PROMPT_UNITS],
        video: discord.Attachment | None = None,
        link: app_commands.Range[str, 1, MAX_LINK_CHARACTERS] | None = None,
        reference: discord.Attachment | None = None,
        ratio: str | None = None,
        seed: app_commands.Range[int, 0, rules.MAX_SEED] | None = None,
        start: app_commands.Range[float, 0.0, MAX_START_SECONDS] | None = None,
        length: app_commands.Range[float, 0.1, MAX_LENGTH_SECONDS] | None = None,
    ) -> None:
        """Hand the request to the intake."""
        try:
            source = await self._source(interaction, video, link)
        except RefusedError as exc:
            await refuse_now(interaction, exc)
            return
        await self.intake.take(
            interaction,
            Request(
                source=source,
                prompt=rules.clean_prompt(prompt),
                reference=RequestedPicture.attached(reference) if reference else None,
                ratio=ratio,
                seed=seed,
                start=start,
                length=length,
            ),
        )

    async def _source(
        self,
        interaction: discord.Interaction[Any],
        video: discord.Attachment | None,
        link: str | None,
    ) -> RequestedClip:
        """Return the one clip that was given.

        Raises:
            RefusedError: None was, or two, or the link leads to none that may be had.
        """
        if link is None:
            if video is None:
                raise RefusedError(Refusal(rule=rules.Rule.CLIP_MISSING))
            return RequestedClip.attached(video)
        if video is not None:
            raise RefusedError(Refusal(rule=rules.Rule.CLIP_TWICE))
        message = await fetch_linked(interaction, link)
        sources = await sources_of(interaction, message, store=self._store)
        return sources[0]


async def setup(bot: RestyleBot) -> None:
    """Add the command and the button that outlives restarts."""
    bot.add_dynamic_items(CancelButton)
    intake = Intake(
        models=bot.models,
        is_provider_open=lambda: bot.watch is None or bot.watch.trouble is None,
        settings=bot.settings,
        store=bot.store,
        downloader=bot.downloader,
        scratch=bot.scratch,
        process_pool=bot.process_pool,
    )
    await bot.add_cog(Restyle(intake=intake, store=bot.store))
