"""The gatekeeper of the engine: sends each waiting job to whoever asks for the word it needs."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from bot.domain.jobs import Hold, JobState

if TYPE_CHECKING:
    from pathlib import Path

    from bot.app import RestyleBot
    from bot.domain.jobs import Job

log = logging.getLogger(__name__)


class Presenter(Protocol):
    """Asks one kind of people; see ``bot.engine.ports.ApprovalPrompts``."""

    async def present(self, job: Job, clip: Path | None) -> None:
        """Post the request where its decider sees it, or find it there after a crash."""
        ...

    async def settled(self, job: Job) -> None:
        """Bring what was posted up to date; does nothing for a job that was never asked about."""
        ...


class ApprovalRouter:
    """Implements ``bot.engine.ports.ApprovalPrompts``; extensions add their presenters."""

    def __init__(self) -> None:
        self._presenters: dict[Hold, Presenter] = {}

    def add(self, hold: Hold, presenter: Presenter) -> None:
        """Let ``presenter`` ask for this word. Results that wait to be published are REVIEW."""
        self._presenters[hold] = presenter

    async def present(self, job: Job, clip: Path | None) -> None:
        """Post the request where its decider sees it.

        Raises:
            DeliveryDelayedError: Discord is in trouble, or the database; another try may help.
        """
        wanted = Hold.REVIEW if job.state is JobState.WITHHELD else job.hold
        presenter = self._presenters.get(wanted) if wanted is not None else None
        if presenter is None:
            log.error("job %s: nobody here asks for %s", job.id, wanted)
            return
        await presenter.present(job, clip)

    async def settled(self, job: Job) -> None:
        """Bring every request about ``job`` up to date: it may have asked for both words."""
        for hold, presenter in self._presenters.items():
            try:
                await presenter.settled(job)
            except Exception:  # one presenter's trouble must not keep the others' cards stale
                log.exception("job %s: its request for %s was not brought up to date", job.id, hold)


def approval_router_of(bot: RestyleBot) -> ApprovalRouter:
    """Return the bot's router; made and handed to the engine when there is none yet."""
    if not isinstance(bot.approval_prompts, ApprovalRouter):
        bot.approval_prompts = ApprovalRouter()
    return bot.approval_prompts
