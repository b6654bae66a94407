"""Telling a person that nothing was started, and why: always in private."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from bot.app import answer_privately
from bot.errors import RestyleError
from bot.system import metrics
from bot.texts.commands import plainly
from bot.texts.refusal import refusal

if TYPE_CHECKING:
    import discord

    from bot.domain.quotas import Decider
    from bot.requests.validation import Refusal
    from bot.texts.commands import CommandNaming

log = logging.getLogger(__name__)


class RefusedError(RestyleError):
    """A request breaks a rule; nothing was started.

    Attributes:
        refusal: Which rule, and by what; ``None`` when ``text`` has words of its own.
        decided_by: Who can change the rule.
        is_mendable: Whether other words or another part may pass, whatever the rule.
    """

    def __init__(
        self,
        found: Refusal | None = None,
        *,
        text: str | None = None,
        decided_by: Decider | None = None,
        is_mendable: bool = False,
    ) -> None:
        self.refusal = found
        self._own_words = text
        super().__init__(self.words())
        self.is_mendable = is_mendable
        self.decided_by = found.decided_by if found is not None else decided_by

    def words(self, command: CommandNaming = plainly) -> str:
        """Return what the person reads; ``command`` names what they may use next."""
        if self._own_words is not None or self.refusal is None:
            return self._own_words or ""
        return refusal(self.refusal, command)

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
    note_refusal(interaction, error)
    await answer_privately(
        interaction, error.words(interaction.client.command_mentions.of), view=view
    )


def note_refusal(interaction: discord.Interaction[Any], error: RefusedError) -> None:
    """Write into the log which rule stood in the way."""
    metrics.REFUSED.labels(error.rule_name).inc()
    log.info("interaction %s: refused by rule %s", interaction.id, error.rule_name)
