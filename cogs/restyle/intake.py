"""From what a person asked for to a stored job: every check before anything is spent."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bot.cometapi.models import estimate, model_rules
from bot.domain.guilds import guild_key
from bot.domain.money import dollars
from bot.domain.quotas import Unit
from bot.engine.model_choice import ModelChoice
from bot.errors import CapReachedError, JobExistsError, StoreError
from bot.media.probe import MOMENT
from bot.media.turns import work_for
from bot.policy.decide import RequestFacts
from bot.policy.evaluate import evaluate
from bot.policy.quotas import caps_of, holders_of, reached
from bot.prices import prices_with
from bot.requests.upload_limits import UploadLimits
from bot.requests.validation import DeclaredFile, Refusal, Rule
from bot.system import metrics
from bot.system.clock import SystemClock
from bot.texts import quota as quota_texts
from bot.texts.refusal import refusal
from cogs.admin.budgets import BUDGET_EVENT
from cogs.common.aside import Aside
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.limits import store_deadline
from cogs.common.permission_checks import role_ids_of
from cogs.restyle.acknowledge import is_accepted
from cogs.restyle.file_checks import FileChecks
from cogs.restyle.new_job import build_job
from cogs.restyle.place import channels_of, check_place, is_age_restricted
from cogs.restyle.private_words import tell_requester
from cogs.restyle.questions import ask_cost, ask_part, is_dear, tell_refusal
from cogs.restyle.refusals import RefusedError
from cogs.restyle.responses import response_to, show_first_record

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import discord

    from bot.cometapi.models import VideoModel
    from bot.domain.jobs import NewJob
    from bot.domain.quotas import CapUse
    from bot.media.download import Downloader
    from bot.media.process_pool import ProcessPool
    from bot.media.scratch import Scratch
    from bot.policy.evaluate import Evaluation
    from bot.policy.levels import Policy
    from bot.settings import Settings
    from bot.storage.circumstances import Circumstances
    from bot.storage.store import Store
    from cogs.restyle.file_checks import ProbeResult
    from cogs.restyle.open_request import OpenRequest
    from cogs.restyle.requests import Request, RequestedClip
    from cogs.restyle.responses import PublicResponse

log = logging.getLogger(__name__)

RECORD_SECONDS: Final = 2.0
"""How long the first record may hold the job up. discord.py goes on trying for half a minute, and
its late success would overwrite what the engine shows meanwhile, even the end of the job."""

# discord.py sends the client's default only along with content, which cards do not have.


class Intake:
    """Takes requests in, wherever they come from, up to the stored job.

    Attributes:
        aside: Where prompts are read by a server's rules; whoever opens the intake closes it.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        downloader: Downloader,
        scratch: Scratch,
        process_pool: ProcessPool,
        closed_for_now: Callable[[], Refusal | None] = lambda: None,
        models: ModelChoice | None = None,
        upload_limits: UploadLimits | None = None,
    ) -> None:
        self.aside = Aside()
        self._settings = settings
        self._closed_for_now = closed_for_now
        self._store = store
        self._kept = scratch.kept
        self._models = models or ModelChoice(settings.models, clock=SystemClock())
        self._prices = prices_with(settings.prices)
        self._upload_limits = upload_limits or UploadLimits()
        self._file_checks = FileChecks(
            downloader=downloader, scratch=scratch, process_pool=process_pool
        )

    async def take(
        self,
        interaction: discord.Interaction[Any],
        request: Request,
        open_request: OpenRequest,
    ) -> None:
        """Answer within 3 s, check everything that can be checked, and store the job.

        Args:
            interaction: Who asks, and where.
            request: What is asked for.
            open_request: The same as it was typed, whose id the job gets: to be chosen, agreed or
                mended.
        """
        job_id = open_request.id
        self._upload_limits.note(interaction.guild_id, interaction.filesize_limit)
        try:
            evaluation, _ = await self._check_at_once(interaction, request)
        except RefusedError as exc:
            await tell_refusal(interaction, self._store, exc, open_request)
            return
        response = response_to(interaction, request_id=job_id)
        if not await response.acknowledge():
            return
        try:
            with work_for(interaction.guild_id, interaction.user.id):
                found = await self._file_checks.run(
                    request,
                    self._model_of(request),
                    evaluation.decision.effective,
                    upload_bytes=self._upload_limits.of(interaction.guild_id),
                    # Not yet the job's: another press may have made it, of another clip.
                    keep=partial(self._kept.keep, interaction.id, user_id=interaction.user.id),
                )
            # In a crowd that took minutes: what was decided meanwhile, a block say, counts.
            facts = _facts(interaction, prompt=request.prompt, shown_prompt=request.shown_prompt)
            evaluation, known = await self._evaluate(
                interaction, facts, request.source, found.model
            )
            if await self._ask(
                interaction, request, open_request, evaluation, known.policy, found, response
            ):
                return
            job = build_job(
                interaction,
                request,
                evaluation.decision,
                found,
                job_id=job_id,
                record_id=await response.post_record(),
                prices=self._prices,
                told_by=known.told_by,
            )
            await self._accept(interaction, job, evaluation, known.policy, response, found.moment)
        except RefusedError as exc:
            if job_id == interaction.id and await is_accepted(interaction, self._store):
                return
            self._kept.drop(interaction.id)
            await tell_refusal(interaction, self._store, exc, open_request, response=response)
        except asyncio.CancelledError:  # the process stops, and somebody looks at "thinking…"
            await response.tell(refusal(Refusal(rule=Rule.BOT_STOPPING)))
            raise

    async def _ask(
        self,
        interaction: discord.Interaction[Any],
        request: Request,
        open_request: OpenRequest,
        evaluation: Evaluation,
        policy: Policy,
        found: ProbeResult,
        response: PublicResponse,
    ) -> bool:
        """Ask which part, or whether it may cost that much; ``False`` if there is nothing to ask.

        Raises:
            RefusedError: There is no room for it anyway, or the database does not answer.
        """
        model, seconds = found.model.name, found.plan.seconds
        price = self.price_of(model, seconds)
        if found.choice is None and not is_dear(open_request, price, evaluation.decision.effective):
            return False
        await self._check_room(interaction, evaluation, policy, price)
        self._kept.drop(interaction.id)
        if found.choice is not None:
            await ask_part(
                response,
                self._store,
                open_request,
                found.choice,
                strip=found.strip,
                spoiler=request.is_spoiler,
                price=price,
            )
        else:
            await ask_cost(
                response, self._store, open_request, price=price or 0, seconds=seconds, model=model
            )
        return True

    async def _check_room(
        self,
        interaction: discord.Interaction[Any],
        evaluation: Evaluation,
        policy: Policy,
        price: int | None,
    ) -> None:
        """Refuse what no answer to a question could make room for; it counts when it is stored.

        Raises:
            RefusedError: A cap is reached, or the database does not answer.
        """
        caps = caps_of(policy, evaluation.facts, self._settings)
        try:
            use = reached(await self._store.ledger.uses(caps), price)
        except StoreError as exc:
            raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
        if use is not None and (use.cap.unit is Unit.JOBS or use.left <= 0):
            raise _no_room(interaction, use, price)

    def price_of(self, model: str, seconds: float) -> int | None:
        """Return what restyling so much of a clip costs, in micro-dollars, if anybody can say."""
        return estimate(model_rules(model), seconds, self._prices)

    def _model_of(self, request: Request) -> VideoModel:
        """Return the rules of the model that is chosen, or that new requests go to just now."""
        chosen = request.model if request.model in self._settings.models else None
        if chosen is not None:
            chosen = self._models.instead_of(chosen) or chosen
        return model_rules(chosen or self._models.current)

    # What needs neither the file nor Discord

    async def _check_at_once(
        self, interaction: discord.Interaction[Any], request: Request
    ) -> tuple[Evaluation, Circumstances]:
        """Check all that the words and Discord's descriptions of the files tell.

        Raises:
            RefusedError: The request breaks a rule, or the database does not answer.
        """
        source, reference = request.source, request.reference
        facts = _facts(
            interaction,
            place_refusal=check_place(interaction),
            prompt=request.prompt,
            shown_prompt=request.shown_prompt,
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
    ) -> tuple[Evaluation, Circumstances]:
        """Return what follows from what holds here; the database has a second to say that.

        Raises:
            RefusedError: It follows that nothing is started, or the database does not answer.
        """
        if (closed := self._closed_for_now()) is not None:
            raise RefusedError(closed)
        guild_id = guild_key(interaction.guild_id)
        try:
            async with store_deadline():
                known = await self._store.circumstances.read(
                    guild_id, interaction.user.id, _people_behind(source)
                )
        except StoreError as exc:
            log.warning("interaction %s: no settings: %r", interaction.id, exc)
            raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
        work = partial(
            evaluate,
            replace(facts, origin=known.origin),
            known.policy,
            known.member,
            self._settings,
            interaction.created_at,
            model=model,
        )
        # Fifty rules and the worst prompt take a tenth of a second.
        evaluation = await self.aside.run(interaction.user.id, work) if facts.prompt else work()
        if evaluation.refusal is not None:
            raise RefusedError(evaluation.refusal)
        return evaluation, known

    # The job

    async def _accept(
        self,
        interaction: discord.Interaction[Any],
        new_job: NewJob,
        evaluation: Evaluation,
        policy: Policy,
        response: PublicResponse,
        moment: bytes | None,
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
                is_taken=True,
            )
        except JobExistsError:
            log.info("interaction %s arrived twice; it is one job", interaction.id)
            if new_job.id != interaction.id:  # another press, with a record of its own
                raise RefusedError(Refusal(rule=Rule.STARTED_ALREADY)) from None
            return
        except CapReachedError as exc:
            interaction.client.dispatch(BUDGET_EVENT)
            raise _no_room(interaction, exc.use, exc.price) from exc
        except StoreError as exc:
            log.warning("interaction %s: not stored: %s", interaction.id, exc)
            raise RefusedError(Refusal(rule=Rule.STORE_UNAVAILABLE)) from exc
        self._kept.hand_over(interaction.id, job.id)
        if job.hold is None:
            self._kept.drop(job.id, MOMENT)  # it comes with the record; else once that may show it
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
            async with asyncio.timeout(RECORD_SECONDS):
                await show_first_record(response, job, moment)
        except DISCORD_ERRORS as exc:
            # The job is stored and goes on; the engine's next edit brings the record.
            log.warning("job %s: no record yet: %r", job.id, exc)
        finally:
            # Only now: the engine would open a thread on a record that is not there yet, and its
            # end might be overwritten by a beginning that Discord took late.
            self._store.begin(job)
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


def _no_room(interaction: discord.Interaction[Any], use: CapUse, price: int | None) -> RefusedError:
    """Return which cap leaves no room; where money is left of it, a shorter part may fit."""
    return RefusedError(
        text=quota_texts.cap_reached(use, interaction.created_at, price=price),
        decided_by=use.cap.decided_by,
        is_mendable=use.cap.unit is Unit.MICROS and use.left > 0,
    )
