"""``/restyle``: check the request, put it on record, hand it to the engine."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot import texts
from bot import validation as rules
from bot.app import RestyleBot, answer_privately
from bot.cometapi.models import RATIOS, model_rules
from bot.engine.deliverer import Progress
from bot.errors import JobExistsError, StoreError
from bot.jobs import NewJob
from bot.refusal_texts import refusal
from bot.validation import Clip, Refusal, Rule
from cogs._cancel import STORE_SECONDS, CancelButton
from cogs._cards import record_card
from cogs._intake import RefusedError, check_reference, fetch_clip
from cogs._place import can_open_thread, channel_of, check_place
from cogs._verdicts import TROUBLE

if TYPE_CHECKING:
    from bot.cometapi.models import VideoModel
    from bot.guilds import GuildSettings
    from bot.media.download import Downloader
    from bot.media.scratch import Scratch
    from bot.settings import Settings
    from bot.storage.store import Store

log = logging.getLogger(__name__)

INTAKE_SECONDS: Final = 600.0
"""How long downloading and checking may take; the interaction's token lives for 900 s.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

RECORD_SECONDS: Final = 2.0
"""How long the first record may hold the job up. discord.py goes on trying for half a minute, and
its late success would overwrite what the engine shows meanwhile, even the end of the job."""

INTAKES_AT_ONCE: Final = 4
"""Downloads and checks in flight; more would only share the same line and the same cores."""

_SHAPES: Final = {
    "1280:720": "16:9, landscape",
    "720:1280": "9:16, portrait",
    "1104:832": "4:3, landscape",
    "960:960": "1:1, square",
    "832:1104": "3:4, portrait",
    "1584:672": "21:9, wide",
    "848:480": "16:9, small",
    "640:480": "4:3, small",
}
# discord.py sends the client's default only along with content, which cards do not have.
_NOBODY: Final = discord.AllowedMentions.none()

RATIO_CHOICES: Final = [
    app_commands.Choice(name=f"{_SHAPES[ratio]} ({ratio})", value=ratio) for ratio in RATIOS
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What the person typed, cleaned."""

    video: discord.Attachment
    prompt: str
    reference: discord.Attachment | None
    ratio: str | None
    seed: int | None


class Restyle(commands.Cog):
    """The command that starts jobs."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        downloader: Downloader,
        scratch: Scratch,
        new_jobs: asyncio.Event,
    ) -> None:
        self._settings = settings
        self._store = store
        self._downloader = downloader
        self._scratch = scratch
        self._new_jobs = new_jobs
        self._model = model_rules(settings.runway_model)
        self._intake = asyncio.Semaphore(INTAKES_AT_ONCE)

    @app_commands.command(name="restyle", description="Restyle a video clip with a prompt")
    @app_commands.describe(
        video="The clip: MP4, MOV or WebM",
        prompt="How it should look, for example: a rainy night in Tokyo, neon, film grain",
        reference="A picture whose style to follow: JPEG, PNG or WebP",
        ratio="The shape of the result; the clip's own when left out",
        seed="The same number gives similar results again",
    )
    @app_commands.choices(ratio=RATIO_CHOICES)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=False)
    async def restyle(
        self,
        interaction: discord.Interaction[Any],
        video: discord.Attachment,
        prompt: app_commands.Range[str, 1, rules.MAX_PROMPT_UNITS],
        reference: discord.Attachment | None = None,
        ratio: str | None = None,
        seed: app_commands.Range[int, 0, rules.MAX_SEED] | None = None,
    ) -> None:
        """Answer within 3 s, check everything that can be checked, and store the job."""
        request = Request(
            video=video,
            prompt=rules.clean_prompt(prompt),
            reference=reference,
            ratio=ratio,
            seed=seed,
        )
        found, guild = await self._check_at_once(interaction, request)
        if found is not None:
            await answer_privately(interaction, refusal(found))
            return
        try:
            response = await interaction.response.defer(thinking=True)
        except TROUBLE as exc:
            # Answered by a twin of this event, or too late: the token is spent either way.
            log.warning("interaction %s: not acknowledged: %s", interaction.id, exc)
            return
        record_id = response.message_id if response is not None else None
        if record_id is None:
            record_id = (await interaction.original_response()).id
        try:
            job = await self._examine(interaction, request, guild, record_id)
        except RefusedError as exc:
            await _refuse_later(interaction, exc.refusal)
            return
        except asyncio.CancelledError:  # the process stops, and somebody looks at "thinking…"
            await _refuse_later(interaction, Refusal(rule=Rule.BOT_STOPPING))
            raise
        await self._accept(interaction, job)

    async def _check_at_once(
        self, interaction: discord.Interaction[Any], request: Request
    ) -> tuple[Refusal | None, GuildSettings | None]:
        """Check all that needs neither the file nor Discord; the database has a second."""
        guild = None
        if interaction.guild_id is not None:
            try:
                async with asyncio.timeout(STORE_SECONDS):
                    guild = await self._store.guild_settings(interaction.guild_id)
            except (TimeoutError, StoreError) as exc:
                log.warning("interaction %s: no settings: %r", interaction.id, exc)
                return Refusal(rule=Rule.STORE_UNAVAILABLE), None
        found = (
            check_place(interaction, guild)
            or rules.check_prompt(request.prompt)
            or rules.check_seed(request.seed)
            or rules.check_ratio(request.ratio, self._model)
            or rules.check_declared_video(
                request.video.content_type,
                request.video.filename,
                request.video.size,
                rules.video_bytes_limit(self._settings, guild, self._model),
            )
            or _check_reference(request.reference, self._model)
        )
        return found, guild

    async def _examine(
        self,
        interaction: discord.Interaction[Any],
        request: Request,
        guild: GuildSettings | None,
        record_id: int,
    ) -> NewJob:
        """Download the files, look into them, and return the job they make.

        Raises:
            RefusedError: A file breaks a rule, or could not be had.
        """
        limit = rules.video_bytes_limit(self._settings, guild, self._model)
        try:
            async with asyncio.timeout(INTAKE_SECONDS), self._intake:
                clip = await fetch_clip(
                    request.video,
                    downloader=self._downloader,
                    scratch=self._scratch,
                    limit=limit,
                )
                found = rules.check_clip(
                    Clip(
                        seconds=clip.facts.duration_seconds,
                        width=clip.facts.width,
                        height=clip.facts.height,
                        fps=clip.facts.fps,
                    ),
                    limit=rules.video_seconds_limit(self._settings, guild, self._model),
                    model=self._model,
                )
                if found is not None:
                    raise RefusedError(found)
                if request.reference is not None:
                    await check_reference(
                        request.reference, downloader=self._downloader, scratch=self._scratch
                    )
        except TimeoutError as exc:
            raise RefusedError(Refusal(rule=Rule.TOOK_TOO_LONG)) from exc
        ratio = request.ratio
        if ratio is None and guild is not None and guild.default_ratio in self._model.ratios:
            ratio = guild.default_ratio
        return NewJob(
            id=interaction.id,
            guild_id=interaction.guild_id,
            channel_id=channel_of(interaction),
            record_message_id=record_id,
            user_id=interaction.user.id,
            can_open_thread=can_open_thread(interaction),
            source_url=request.video.url,
            source_filename=request.video.filename,
            source_content_type=clip.facts.content_type,
            source_bytes=clip.size_bytes,
            source_seconds=clip.facts.duration_seconds,
            source_width=clip.facts.width,
            source_height=clip.facts.height,
            reference_url=request.reference.url if request.reference is not None else None,
            model=self._settings.runway_model,
            prompt=request.prompt,
            seed=request.seed,
            ratio=ratio,
            public_figure_threshold=guild.public_figure_threshold if guild is not None else "auto",
        )

    async def _accept(self, interaction: discord.Interaction[Any], new: NewJob) -> None:
        """Store the job, then turn the answer into its record, then tell the engine."""
        try:
            job = await self._store.add(new)
        except JobExistsError:
            log.info("interaction %s arrived twice; it is one job", interaction.id)
            return
        except StoreError as exc:
            log.warning("interaction %s: not stored: %s", interaction.id, exc)
            await _refuse_later(interaction, Refusal(rule=Rule.STORE_UNAVAILABLE))
            return
        log.info("job %s: accepted from user %s", job.id, job.user_id)
        try:
            alone = not job.can_open_thread
            progress = Progress(phase=None)
            async with asyncio.timeout(RECORD_SECONDS):
                try:
                    await interaction.edit_original_response(
                        view=record_card(job, progress, alone=alone), allowed_mentions=_NOBODY
                    )
                except discord.HTTPException:  # AutoMod, perhaps: without the prompt, then
                    await interaction.edit_original_response(
                        view=record_card(job, progress, alone=alone, quoted=False),
                        allowed_mentions=_NOBODY,
                    )
        except TROUBLE as exc:
            # The job is stored and goes on; the engine's next edit brings the record.
            log.warning("job %s: no record yet: %r", job.id, exc)
        finally:
            self._new_jobs.set()


def _check_reference(reference: discord.Attachment | None, model: VideoModel) -> Refusal | None:
    if reference is None:
        return None
    if not model.takes_reference:
        return Refusal(rule=Rule.REFERENCE_NOT_TAKEN, value=model.name)
    return rules.check_declared_reference(
        reference.content_type, reference.filename, reference.size
    )


async def _refuse_later(interaction: discord.Interaction[Any], found: Refusal) -> None:
    """Take the public "thinking…" back and say in private why.

    Whether an answer is private is settled by the first one, and a follow-up is one of its own
    only once that is filled in; hence the order.
    """
    text = refusal(found)
    try:
        await interaction.edit_original_response(content=texts.not_started())
        await interaction.followup.send(text, ephemeral=True)
    except TROUBLE as exc:
        log.info("interaction %s: refused in public: %s", interaction.id, exc)
        try:
            await interaction.edit_original_response(content=text)
        except TROUBLE as again:
            log.warning("interaction %s: could not be refused: %s", interaction.id, again)
        return
    try:
        await interaction.delete_original_response()
    except TROUBLE as exc:
        log.info("interaction %s: its answer stays: %s", interaction.id, exc)


async def setup(bot: RestyleBot) -> None:
    """Add the command and the button that outlives restarts."""
    bot.add_dynamic_items(CancelButton)
    await bot.add_cog(
        Restyle(
            settings=bot.settings,
            store=bot.store,
            downloader=bot.downloader,
            scratch=bot.scratch,
            new_jobs=bot.new_jobs,
        )
    )
