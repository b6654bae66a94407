"""How a request is answered: in public from the start, or where a private question was asked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord

from bot.domain.jobs import JobState
from bot.engine.ports import Progress
from bot.texts import choice as choice_texts
from bot.texts import common as texts
from bot.texts.common import mention
from cogs.common.cards import GREY, card
from cogs.common.discord_errors import DISCORD_ERRORS
from cogs.common.media import picture_file
from cogs.common.messages import NOBODY
from cogs.delivery.progress_cards import record_card
from cogs.restyle.acknowledge import acknowledge
from cogs.restyle.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from discord import ui

    from bot.domain.jobs import Job

log = logging.getLogger(__name__)


class PublicResponse:
    """The word that it is thought about, for all to see, which becomes the record.

    What calls Discord raises ``DISCORD_ERRORS``, unless it says otherwise.
    """

    def __init__(self, interaction: discord.Interaction[Any]) -> None:
        self._interaction = interaction
        self._record_id: int | None = None

    async def acknowledge(self) -> bool:
        """Answer in time, as what follows may take minutes; ``False`` if nothing may follow."""
        self._record_id = await acknowledge(self._interaction)
        return self._record_id is not None

    async def post_record(self) -> int:
        """Return the id of the message that becomes the record; it is acknowledged before."""
        if self._record_id is None:
            raise RuntimeError("not acknowledged")
        return self._record_id

    async def show_record(self, view: ui.LayoutView, files: Sequence[discord.File] = ()) -> None:
        """Put the card of the stored job in its place, with its files; it pings nobody."""
        await self._interaction.edit_original_response(
            view=view, attachments=list(files), allowed_mentions=NOBODY
        )

    async def tell(
        self, text: str, *, view: ui.View | None = None, files: Sequence[discord.File] = ()
    ) -> None:
        """Take it back and say something in private instead; raises nothing.

        Whether an answer is private is settled by the first one, and a follow-up is one of its own
        only once that is filled in; hence the order.
        """
        interaction = self._interaction
        shown: dict[str, Any] = {} if view is None else {"view": view}
        try:
            await interaction.edit_original_response(content=texts.NOT_STARTED)
            await interaction.followup.send(text, ephemeral=True, files=list(files), **shown)
        except DISCORD_ERRORS as exc:
            log.info("interaction %s: answered in public: %s", interaction.id, exc)
            try:
                await interaction.edit_original_response(content=text)
            except DISCORD_ERRORS as again:
                log.warning("interaction %s: could not be answered: %s", interaction.id, again)
            return
        try:
            await interaction.delete_original_response()
        except DISCORD_ERRORS as exc:
            log.info("interaction %s: its answer stays: %s", interaction.id, exc)


class QuestionResponse(PublicResponse):
    """A private question that was answered by a press: it says so, and a record follows it."""

    async def acknowledge(self) -> bool:
        """Take the question's controls away, so that it is answered once.

        ``False`` where they are still there: nobody knows whether it is, and it can be pressed
        again.
        """
        try:
            await self._interaction.response.edit_message(
                content=choice_texts.STARTED, view=None, attachments=[]
            )
        except DISCORD_ERRORS as exc:
            log.warning("interaction %s: not acknowledged: %s", self._interaction.id, exc)
            return False
        return True

    async def post_record(self) -> int:
        """Post the message that becomes the record, for all to see.

        Raises:
            RefusedError: Discord does not take it.
        """
        title = texts.record_title(JobState.QUEUED, mention(self._interaction.user.id))
        try:
            posted = await self._interaction.followup.send(
                view=card(GREY, [title]), wait=True, allowed_mentions=NOBODY
            )
        except DISCORD_ERRORS as exc:
            log.warning("interaction %s: no record: %s", self._interaction.id, exc)
            raise RefusedError(text=choice_texts.NOT_POSTED, is_mendable=True) from exc
        self._record_id = posted.id
        return posted.id

    async def show_record(self, view: ui.LayoutView, files: Sequence[discord.File] = ()) -> None:
        """Put the card of the stored job in its place, with its files; it pings nobody."""
        if self._record_id is not None:
            await self._interaction.followup.edit_message(
                self._record_id, view=view, attachments=list(files), allowed_mentions=NOBODY
            )

    async def tell(
        self, text: str, *, view: ui.View | None = None, files: Sequence[discord.File] = ()
    ) -> None:
        """Say it in the question's place; raises nothing."""
        interaction = self._interaction
        try:
            await interaction.edit_original_response(
                content=text, view=view, attachments=list(files)
            )
            if self._record_id is not None:
                await interaction.followup.delete_message(self._record_id)
        except DISCORD_ERRORS as exc:
            log.warning("interaction %s: could not be answered: %s", interaction.id, exc)


def response_to(interaction: discord.Interaction[Any], *, request_id: int) -> PublicResponse:
    """Return how an interaction is answered.

    A press on a private question, or its form, is answered in the question's place: there a request
    goes on that an earlier interaction made, whose id it has.
    """
    message = interaction.message
    is_private = message is not None and message.flags.ephemeral
    if is_private and request_id != interaction.id:
        return QuestionResponse(interaction)
    return PublicResponse(interaction)


async def show_first_record(response: PublicResponse, job: Job, moment: bytes | None) -> None:
    """Show the first record, or with less in it where Discord does not take it all.

    Raises:
        Exception: One of ``DISCORD_ERRORS``.
    """
    picture = moment if job.record_picture else None
    # AutoMod may block the words; what speaks against the picture is as likely to pass.
    for is_last, quoted in ((False, True), (True, False)):
        card = record_card(
            job,
            Progress(phase=None),
            alone=not job.can_open_thread,
            quoted=quoted,
            pictured=picture is not None and quoted,
        )
        files = [picture_file(job, picture)] if picture is not None and quoted else []
        try:
            await response.show_record(card, files)
        except discord.HTTPException:
            if is_last:
                raise
        else:
            return
