"""From what a person asked for to a stored job: every check before anything is spent."""

from __future__ import annotations

import asyncio
import logging
import secrets
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

import discord

from bot.cometapi.models import estimate, model_rules
from bot.domain.guilds import guild_key
from bot.domain.jobs import Hold, NewJob
from bot.domain.money import dollars
from bot.engine.model_choice import ModelChoice
from bot.engine.ports import Progress
from bot.engine.steps.sources import ORIGINAL
from bot.errors import CapReachedError, JobExistsError, StoreError
from bot.media.turns import work_for
from bot.policy.decide import RequestFacts, Verdict
from bot.policy.evaluate import evaluate
from bot.policy.quotas import caps_of, holders_of
from bot.prices import prices_with
from bot.requests.clip_plan import Mode
from bot.requests.upload_limits import UploadLimits
from bot.requests.validation import MAX_SEED, DeclaredFile, Refusal, Rule
from bot.system import metrics
from bot.system.clock import SystemClock
from bot.texts import quota as quota_texts
from cogs.admin.budgets import BUDGET_EVENT
from cogs.appeals.button import refusal_view
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.limits import store_deadline
from cogs.common.messages import NOBODY
from cogs.common.permission_checks import role_ids_of
from cogs.delivery.progress_cards import record_card
from cogs.restyle.acknowledge import acknowledge, is_accepted
from cogs.restyle.file_checks import FileChecks
from cogs.restyle.place import (
    can_open_thread,
    channel_of,
    channels_of,
    check_place,
    is_age_restricted,
)
from cogs.restyle.private_words import tell_requester
from cogs.restyle.refusals import RefusedError, refuse_later, refuse_now

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from bot.cometapi.models import VideoModel
    from bot.media.download import Downloader
    from bot.media.process_pool import ProcessPool
    from bot.media.scratch import Scratch
    from bot.policy.decide import Decision
    from bot.policy.evaluate import Evaluation
    from bot.policy.levels import Policy
    from bot.settings import Settings
    from bot.storage.store import Store
    from cogs.restyle.file_checks import ProbeResult
    from cogs.restyle.requests import Request, RequestedClip

log = logging.getLogger(__name__)

RECORD_SECONDS: Final = 2.0
"""How long the first record may hold the job up. discord.py goes on trying for half a minute, and
its late success would overwrite what the engine shows meanwhile, even the end of the job."""

# discord.py sends the client's default only along with content, which cards do not have.


class Intake:
    """Takes requests in, wherever they come from, up to the stored job."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        downloader: Downloader,
        scratch: Scratch,
        process_pool: ProcessPool,
        is_provider_open: Callable[[], bool] = lambda: True,
        models: ModelChoice | None = None,
        upload_limits: UploadLimits | None = None,
    ) -> None:
        self._settings = settings
        self._is_provider_open = is_provider_open
        self._store = store
        self._kept = scratch.kept
        self._models = models or ModelChoice(settings.models, clock=SystemClock())
        self._prices = prices_with(settings.prices)
        self._upload_limits = upload_limits or UploadLimits()
        self._file_checks = FileChecks(
            downloader=downloader, scratch=scratch, process_pool=process_pool
        )

    async def take(self, interaction: discord.Interaction[Any], request: Request) -> None:
        """Answer within 3 s, check everything that can be checked, and store the job."""
        self._upload_limits.note(interaction.guild_id, interaction.filesize_limit)
        try:
            evaluation, _ = await self._check_at_once(interaction, request)
        except RefusedError as exc:
            view = await refusal_view(interaction, self._store, exc.decided_by)
            await refuse_now(interaction, exc, view=view)
            return
        record_id = await acknowledge(interaction)
        if record_id is None:
            return
        try:
            with work_for(interaction.guild_id, interaction.user.id):
                found = await self._file_checks.run(
                    request,
                    self._model_of(request),
                    evaluation.decision.effective,
                    upload_bytes=self._upload_limits.of(interaction.guild_id),
                    keep_as=partial(
                        self._kept.keep, interaction.id, ORIGINAL, user_id=interaction.user.id
                    ),
                )
            # In a crowd that took minutes: what was decided meanwhile, a block say, counts.
            facts = _facts(interaction, prompt=request.prompt)
            evaluation, policy = await self._evaluate(
                interaction, facts, request.source, found.model
            )
            job = self._job(interaction, request, evaluation.decision, found, record_id)
            await self._accept(interaction, job, evaluation, policy)
        except RefusedError as exc:
            if await is_accepted(interaction, self._store):
                return
            self._kept.drop(interaction.id)
            view = await refusal_view(interaction, self._store, exc.decided_by)
            await refuse_later(interaction, exc, view=view)
        except asyncio.CancelledError:  # the process stops, and somebody looks at "thinking…"
            await refuse_later(interaction, RefusedError(Refusal(rule=Rule.BOT_STOPPING)))
            raise

    def _model_of(self, request: Request) -> VideoModel:
        """Return the rules of the model that is chosen, or that new requests go to just now."""
        chosen = request.model if request.model in self._settings.models else None
        if chosen is not None:
            chosen = self._models.instead_of(chosen) or chosen
        return model_rules(chosen or self._models.current)

    # What needs neither the file nor Discord

    async def _check_at_once(
        self, interaction: discord.Interaction[Any], request: Request
    ) -> tuple[Evaluation, Policy]:
        """Check all that the words and Discord's descriptions of the files tell.

        Raises:
            RefusedError: The request breaks a rule, or the database does not answer.
        """
        source, reference = request.source, request.reference
        facts = _facts(
            interaction,
            place_refusal=check_place(interaction),
            prompt=request.prompt,
            seed=request.seed,
            ratio=request.ratio,
            clip=DeclaredFile(source.content_type, source.filename, source.size_bytes),
            reference=(
                DeclaredFile(reference.content_type, reference.filename, reference.size_bytes)
                if reference is not None and reference.size_bytes is not None
                else None
            ),
        )
        return await self._evaluate(interaction, facts, source, self._model_of(request))

    async def foresee(self, interaction: discord.Interaction[Any], source: RequestedClip) -> None:
        """Refuse at once what no prompt could change, before somebody is asked to type one.

        Raises:
            RefusedError: The person, the place or the clip's author speak against it.
        """
        model = model_rules(self._models.current)
        await self._evaluate(interaction, _facts(interaction), source, model)

    async def _evaluate(
        self,
        interaction: discord.Interaction[Any],
        facts: RequestFacts,
        source: RequestedClip,
        model: VideoModel,
    ) -> tuple[Evaluation, Policy]:
        """Return what follows from what holds here; the database has a second to say that.

        Raises:
            RefusedError: It follows that nothing is started, or the database does not answer.
        """
        if not self._is_provider_open():
            raise RefusedError(Refusal(rule=Rule.PROVIDER_CLOSED))
        guild_id = guild_key(interaction.guild_id)
        try:
            async with store_deadline():
                known = await self._store.circumstances.read(
                    guild_id, interaction.user.id, _people_behind(source)
                )
        except StoreError as exc:
            log.warning("interaction %s: no settings: %r", interaction.id, exc)
            raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
        evaluation = evaluate(
            replace(facts, origin=known.origin),
            known.policy,
            known.member,
            self._settings,
            interaction.created_at,
            model=model,
        )
        if evaluation.refusal is not None:
            raise RefusedError(evaluation.refusal)
        return evaluation, known.policy

    # The job

    def _job(
        self,
        interaction: discord.Interaction[Any],
        request: Request,
        decision: Decision,
        found: ProbeResult,
        record_id: int,
    ) -> NewJob:
        holds, plan, model = decision.effective, found.plan, found.model
        ratio = model.own_ratio(request.ratio) or model.own_ratio(holds.default_ratio)
        hold, held_hours = _hold(decision)
        return NewJob(
            id=interaction.id,
            guild_id=interaction.guild_id,
            channel_id=channel_of(interaction),
            record_message_id=record_id,
            user_id=interaction.user.id,
            can_open_thread=can_open_thread(interaction),
            source_url=request.source.url,
            source_filename=request.source.filename,
            source_content_type=found.facts.content_type,
            source_bytes=found.size_bytes,
            source_seconds=found.facts.duration_seconds,
            source_width=found.facts.width,
            source_height=found.facts.height,
            source_author_id=request.source.author_id,
            source_message_url=request.source.message_url,
            part_start=plan.start_seconds,
            part_seconds=plan.seconds,
            plan=plan.to_json() if plan.mode is not Mode.AS_IS else None,
            reference_url=request.reference.url if request.reference is not None else None,
            convert_reference=found.convert_reference,
            model=model.name,
            prompt=request.prompt,
            look=holds.default_look,
            seed=self._seed(request.seed, model),
            ratio=ratio,
            public_figure_threshold=holds.public_figure_threshold,
            price_micros=estimate(model, plan.seconds, self._prices),
            hold=hold,
            held_until=(
                interaction.created_at + timedelta(hours=held_hours) if hold is not None else None
            ),
            review_output=holds.review_mode in {"publishing", "both"},
            spoiler=request.is_spoiler or holds.spoiler_outputs,
            keep_sound=holds.keep_sound,
            name_moderators=holds.name_moderators,
            role_ids=role_ids_of(interaction) if interaction.guild_id is not None else None,
            is_age_restricted=is_age_restricted(interaction),
        )

    @staticmethod
    def _seed(wanted: int | None, model: VideoModel) -> int | None:
        """Return the seed that is sent; people find it in the answer, to have the same again."""
        if not model.takes_seed:
            return None
        return secrets.randbelow(MAX_SEED + 1) if wanted is None else wanted

    async def _accept(
        self,
        interaction: discord.Interaction[Any],
        new_job: NewJob,
        evaluation: Evaluation,
        policy: Policy,
    ) -> None:
        """Store the job, then turn the answer into its record, then tell the engine.

        Raises:
            RefusedError: A cap is reached, or the database does not take the job.
        """
        caps = caps_of(policy, evaluation.facts, self._settings)
        try:
            job = await self._store.add(
                new_job,
                holders=holders_of(policy, evaluation.facts),
                caps=caps,
                review_reasons=evaluation.decision.review_reasons,
            )
        except JobExistsError:
            log.info("interaction %s arrived twice; it is one job", interaction.id)
            return
        except CapReachedError as exc:
            interaction.client.dispatch(BUDGET_EVENT)
            raise RefusedError(
                text=quota_texts.cap_reached(exc.use, interaction.created_at, price=exc.price),
                decided_by=exc.use.cap.decided_by,
            ) from exc
        except StoreError as exc:
            log.warning("interaction %s: not stored: %s", interaction.id, exc)
            raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
        metrics.ACCEPTED.labels(job.model).inc()
        log.info(
            "job %s: accepted from user %s %s: %s, %.1f s, %s%s",
            job.id,
            job.user_id,
            "in direct messages" if job.guild_id is None else f"on guild {job.guild_id}",
            job.model,
            job.restyled_seconds,
            "no price" if job.price_micros is None else dollars(job.price_micros),
            f", held for {job.hold}" if job.hold is not None else "",
        )
        interaction.client.dispatch(BUDGET_EVENT)
        try:
            alone = not job.can_open_thread
            progress = Progress(phase=None)
            async with asyncio.timeout(RECORD_SECONDS):
                try:
                    await interaction.edit_original_response(
                        view=record_card(job, progress, alone=alone), allowed_mentions=NOBODY
                    )
                except discord.HTTPException:  # AutoMod, perhaps: without the prompt, then
                    await interaction.edit_original_response(
                        view=record_card(job, progress, alone=alone, quoted=False),
                        allowed_mentions=NOBODY,
                    )
        except DISCORD_ERRORS as exc:
            # The job is stored and goes on; the engine's next edit brings the record.
            log.warning("job %s: no record yet: %r", job.id, exc)
        finally:
            # Only now: the engine would open a thread on a record that is not there yet.
            self._store.new_jobs.set()
        await tell_requester(interaction, self._store, job, caps)


def _facts(interaction: discord.Interaction[Any], **known: Any) -> RequestFacts:  # noqa: ANN401 - fields of ``RequestFacts``
    """Return who asks and where, with what else is known of the request."""
    return RequestFacts(
        channel_ids=channels_of(interaction),
        role_ids=role_ids_of(interaction),
        user_id=interaction.user.id,
        is_age_restricted=is_age_restricted(interaction),
        **known,
    )


def _people_behind(source: RequestedClip) -> tuple[int | None, Collection[int]] | None:
    """Return whose clip it is; ``None`` when it came with the command."""
    if source.message_url is None:
        return None
    return source.author_id, source.people_ids


def _hold(decision: Decision) -> tuple[Hold | None, int]:
    """Return whose word comes first, and how many hours they have.

    Whoever posted the clip is asked before the moderators, whose time begins after that.
    """
    holds = decision.effective
    if decision.asks_author:
        return Hold.CONSENT, holds.consent_hours
    if decision.verdict is Verdict.REVIEW:
        return Hold.REVIEW, holds.review_hours
    return None, 0
