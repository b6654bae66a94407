"""What the engine needs from Discord; ``cogs/delivery.py`` implements it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from bot.jobs import Job, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Where a job's conversation goes on."""

    thread_id: int | None
    """``None`` when no thread could be made: the answer comes where the command was used."""
    status_message_id: int | None
    """``None`` when Discord did not take the status message; the job goes on without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What people are told about an unfinished job."""

    phase: Phase | None
    """``None`` while the provider has not got it yet."""
    fraction: float | None = None
    """0 to 1; ``None`` when the provider gave no number."""
    typical_seconds: float | None = None
    """How long such jobs took lately, from create to finish; ``None`` with too few of them."""
    overdue: bool = False
    """Whether it takes far longer than usual."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """Where the outcome was posted."""

    channel_id: int
    message_id: int


class Deliverer(Protocol):
    """Posts and edits the messages of jobs. Every call may be repeated after a crash."""

    def upload_limit_bytes(self, job: Job) -> int:
        """Return how large a file may be to be posted where this job's answer goes."""
        ...

    async def open(self, job: Job) -> Opened:
        """Make the thread and the status message, or find those made before a crash.

        A refusal by Discord is no error: the result says what is missing.

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring the thread.
        """
        ...

    async def show(self, job: Job, progress: Progress) -> None:
        """Edit the status message and the record. Best effort: trouble is logged, not raised."""
        ...

    async def deliver(self, job: Job, output: Path | None) -> Delivered:
        """Post the outcome of ``job`` as a new message, then bring record and status up to date.

        The kind of message follows the job: DELIVERING or DONE is the answer, with ``output``
        attached unless ``None``; FAILED, CANCELLED and UNCERTAIN say what happened.

        Raises:
            DeliveryDelayedError: Discord is in trouble; nothing was posted as far as we know.
            DeliveryImpossibleError: Thread, channel and DM all refuse for good.
        """
        ...
