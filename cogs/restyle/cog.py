"""``/restyle``: what a person types becomes a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.requests import validation as rules
from cogs.restyle.cancel import CancelButton
from cogs.restyle.command import RestyleCommand
from cogs.restyle.forms import MAX_LENGTH_SECONDS, MAX_START_SECONDS  # noqa: TC001 - discord.py reads the annotations
from cogs.restyle.intake import Intake
from cogs.restyle.requests import Request, RequestedClip, RequestedPicture

if TYPE_CHECKING:
    from bot.app import RestyleBot


class Restyle(commands.Cog):
    """The command that starts jobs.

    Attributes:
        intake: Takes requests in; other commands that start jobs share it.
    """

    def __init__(self, *, intake: Intake) -> None:
        self.intake = intake

    @app_commands.describe(
        video="The clip: MP4, MOV, WebM, GIF and most others",
        prompt="How it should look, for example: a rainy night in Tokyo, neon, film grain",
        start="Where in the clip to begin, in seconds; its beginning when left out",
        length="How many seconds of it to restyle; up to the limit when left out",
        reference="A picture whose style to follow: JPEG, PNG or WebP",
        ratio="The shape of the result; the clip's own when left out",
        seed="The same number repeats a result; a new one is chosen when left out",
        model="Which of Runway's models restyles it; the first one when left out",
    )
    async def restyle(
        self,
        interaction: discord.Interaction[Any],
        video: discord.Attachment,
        prompt: app_commands.Range[str, 1, rules.MAX_PROMPT_UNITS],
        start: app_commands.Range[float, 0.0, MAX_START_SECONDS] | None = None,
        length: app_commands.Range[float, 0.1, MAX_LENGTH_SECONDS] | None = None,
        reference: discord.Attachment | None = None,
        ratio: str | None = None,
        seed: app_commands.Range[int, 0, rules.MAX_SEED] | None = None,
        model: str | None = None,
    ) -> None:
        """Hand the request to the intake."""
        await self.intake.take(
            interaction,
            Request(
                source=RequestedClip.attached(video),
                prompt=rules.clean_prompt(prompt),
                reference=RequestedPicture.attached(reference) if reference else None,
                ratio=ratio,
                seed=seed,
                start=start,
                length=length,
                model=model,
            ),
        )


async def setup(bot: RestyleBot) -> None:
    """Add the command and the button that outlives restarts."""
    bot.add_dynamic_items(CancelButton)
    intake = Intake(
        models=bot.models,
        upload_limits=bot.upload_limits,
        is_provider_open=lambda: bot.watch is None or bot.watch.trouble is None,
        settings=bot.settings,
        store=bot.store,
        downloader=bot.downloader,
        scratch=bot.scratch,
        process_pool=bot.process_pool,
    )
    cog = Restyle(intake=intake)
    await bot.add_cog(cog)
    bot.tree.add_command(
        RestyleCommand(
            name="restyle",
            description="Restyle a video clip with a prompt",
            callback=cog.restyle,
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
        )
    )
