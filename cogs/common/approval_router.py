"""Sends each waiting job to whoever asks for the approval that it needs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from bot.domain.jobs import Hold, JobState

if TYPE_CHECKING:
    from pathlib import Path

    from bot.app import RestyleBot
    from bot.domain.jobs import Job
    from bot.engine.ports import ApprovalPrompts

log = logging.getLogger(__name__)


class ApprovalRouter:
    """A ``bot.engine.ports.ApprovalPrompts`` made of one for each kind of people to ask."""

    def __init__(self) -> None:
        self._prompts: dict[Hold, ApprovalPrompts] = {}

    def add(self, hold: Hold, approval_prompts: ApprovalPrompts) -> None:
        """Let ``approval_prompts`` ask for this word. Results that wait to be published are REVIEW.

        Its ``settled`` is called for every job, so it does nothing for one it never asked about.
        """
        self._prompts[hold] = approval_prompts

    async def present(self, job: Job, clip: Path | None) -> None:
        """Have the right people asked; errors are those of the port."""
        wanted = Hold.REVIEW if job.state is JobState.WITHHELD else job.hold
        approval_prompts = self._prompts.get(wanted) if wanted is not None else None
        if approval_prompts is None:
            log.error("job %s: nothing here asks for %s", job.id, wanted)
            return
        await approval_prompts.present(job, clip)

    async def settled(self, job: Job) -> None:
        """Bring every request about ``job`` up to date: it may have asked for both words."""
        for hold, approval_prompts in self._prompts.items():
            try:
                await approval_prompts.settled(job)
            except Exception:  # the trouble of one must not keep the others' cards stale
                log.exception("job %s: its request for %s was not brought up to date", job.id, hold)


def approval_router_of(bot: RestyleBot) -> ApprovalRouter:
    """Return the bot's router; made and handed to the engine when there is none yet."""
    if not isinstance(bot.approval_prompts, ApprovalRouter):
        bot.approval_prompts = ApprovalRouter()
    return bot.approval_prompts
