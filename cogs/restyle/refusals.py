"""Telling a person that nothing was started, and why: always in private."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bot.app import answer_privately
from bot.errors import RestyleError
from bot.system import metrics
from bot.texts import common as texts
from bot.texts.refusal import refusal
from cogs.common.discord_errors import DISCORD_ERRORS

if TYPE_CHECKING:
    import discord

    from bot.domain.quotas import Decider
    from bot.requests.validation import Refusal

log = logging.getLogger(__name__)


class RefusedError(RestyleError):
    """A request breaks a rule; nothing was started.

    Attributes:
        refusal: Which rule, and by what; ``None`` when ``text`` has words of its own.
        decided_by: Who can change the rule.
    """

    def __init__(
        self,
        found: Refusal | None = None,
        *,
        text: str | None = None,
        decided_by: Decider | None = None,
    ) -> None:
        words = text if text is not None else refusal(found) if found is not None else ""
        super().__init__(words)
        self.refusal = found
        self.text = words
        self.decided_by = found.decided_by if found is not None else decided_by

    @property
    def rule_name(self) -> str:
        """The rule as the log calls it; "cap" for a quota or a budget that is used up."""
        return self.refusal.rule.value if self.refusal is not None else "cap"


async def refuse_now(
    interaction: discord.Interaction[Any],
    error: RefusedError,
    *,
    view: discord.ui.View | None = None,
) -> None:
    """Say why in private, as the first answer; ``view`` stands under the text."""
    _note(interaction, error)
    await answer_privately(interaction, error.text, view=view)


async def refuse_later(
    interaction: discord.Interaction[Any],
    error: RefusedError,
    *,
    view: discord.ui.View | None = None,
) -> None:
    """Take the public "thinking…" back and say in private why; ``view`` stands under the text.

    Whether an answer is private is settled by the first one, and a follow-up is one of its own
    only once that is filled in; hence the order.
    """
    _note(interaction, error)
    text = error.text
    try:
        await interaction.edit_original_response(content=texts.NOT_STARTED)
        shown: dict[str, Any] = {} if view is None else {"view": view}
        await interaction.followup.send(text, ephemeral=True, **shown)
    except DISCORD_ERRORS as exc:
        log.info("interaction %s: refused in public: %s", interaction.id, exc)
        try:
            await interaction.edit_original_response(content=text)
        except DISCORD_ERRORS as again:
            log.warning("interaction %s: could not be refused: %s", interaction.id, again)
        return
    try:
        await interaction.delete_original_response()
    except DISCORD_ERRORS as exc:
        log.info("interaction %s: its answer stays: %s", interaction.id, exc)


def _note(interaction: discord.Interaction[Any], error: RefusedError) -> None:
    metrics.REFUSED.labels(error.rule_name).inc()
    log.info("interaction %s: refused by rule %s", interaction.id, error.rule_name)
