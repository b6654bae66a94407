"""What the engine needs from Discord; ``cogs/delivery`` and ``cogs/common`` implement it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from bot.domain.jobs import Delay, Extra, Job, Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Where a job's conversation goes on."""

    thread_id: int | None
    """``None`` when no thread could be made: the answer comes where the command was used."""
    status_message_id: int | None
    """``None`` when Discord did not take the status message; the job goes on without one."""
    kept: KeptSource | None = None
    """What is kept in the status message; ``None`` if nothing is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What people are told about an unfinished job."""

    phase: Phase | None
    """``None`` while the provider has not got it yet."""
    delay: Delay | None = None
    position: int | None = None
    """Its place in the line of those that wait for others to end; 1 is next."""
    comes_after_others: bool = False
    """Whether jobs of other members come before it."""
    starts_at: datetime | None = None
    """When its turn is likely to come; ``None`` where too few such jobs have run to tell."""
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
    picture_url: str | None = None
    """The picture that came with an answer, if one did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptSource:
    """The message of ours that keeps what the provider gets, with links made just now."""

    channel_id: int
    message_id: int
    url: str | None
    """The clip, beginning where the restyled part begins; ``None`` when there is none in it."""
    size_bytes: int
    """Of the clip; 0 without one."""
    content_type: str
    """As Discord serves the clip."""
    reference_url: str | None
    """The style image, if it is in the message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerContent:
    """What there is to post of a finished job, besides its words."""

    video: Path | None = None
    """``None``: the link alone."""
    picture: Path | None = None
    """Frames of source and result, as PNG; where the source is gone, one of the result alone."""
    is_poster: bool = False
    """Whether ``picture`` shows the result alone, as JPEG."""
    moment: Path | None = None
    """What the result shows at first, as a small JPEG, for the record."""
    is_smaller: bool = False
    """Whether the video was made smaller to fit; the link leads to the original."""
    offers: frozenset[Extra] = frozenset()
    can_shrink: bool = False
    """Whether a video that Discord finds too large should come back for a smaller one, instead of
    being left out."""


class Deliverer(Protocol):
    """Posts and edits the messages of jobs. Every call may be repeated after a crash."""

    def upload_limit_bytes(self, job: Job) -> int:
        """Return how many bytes a file may have to be posted where this job's answer goes.

        It is a guess: what is within it may still be refused as too large.
        """
        ...

    async def open(self, job: Job, *, clip: Path | None = None) -> Opened:
        """Make the thread and the status message, or find those made before a crash.

        A refusal by Discord is no error: the result says what is missing.

        Args:
            job: The job.
            clip: What the provider gets, if it is at hand: then the status message keeps it, in a
                thread, and nothing else has to.

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring the thread.
        """
        ...

    async def show(self, job: Job, progress: Progress) -> None:
        """Edit the status message and the record. Best effort: trouble is logged, not raised."""
        ...

    async def keep_source(
        self, job: Job, *, clip: Path | None, reference: Path | None
    ) -> KeptSource:
        """Post what the provider gets where the job's messages go, or find it there.

        Args:
            job: The job; its ``plan`` says whether ``clip`` was prepared.
            clip: The file, named with the right suffix: Discord serves by it.
            reference: Likewise.

        Raises:
            DeliveryDelayedError: Discord is in trouble; nothing was posted as far as we know.
            DeliveryTooLargeError: It finds the files too large; smaller ones may pass.
            DeliveryImpossibleError: That place takes no files from us.
        """
        ...

    async def refresh_source(self, job: Job) -> KeptSource | None:
        """Read the message that keeps the source once more, which brings fresh links.

        Without ``source_message_id`` it is looked for, as one may have been posted right before a
        crash. ``None`` when there is none (any more).

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        ...

    async def deliver(self, job: Job, answer: AnswerContent | None) -> Delivered:
        """Post the outcome of ``job`` as a new message, then bring record and status up to date.

        The kind of message follows the job: DELIVERING or DONE is the answer, with what is in
        ``answer`` (``None``: its link alone); FAILED, CANCELLED and UNCERTAIN say what happened.

        Raises:
            DeliveryTooLargeError: Discord finds the video too large, and ``answer.can_shrink``;
                nothing was posted.
            DeliveryDelayedError: Discord is in trouble; nothing was posted as far as we know.
            DeliveryImpossibleError: Thread, channel and DM all refuse for good.
        """
        ...

    async def show_outcome(self, job: Job, *, is_linked: bool) -> bool:
        """Edit record and status of an ended job so that they say what came of it.

        Args:
            job: As it stands.
            is_linked: Whether the record leads to the outcome.

        Returns:
            Whether nothing is left to do: they say so now, or are gone.
        """
        ...

    async def find_answer(self, job: Job) -> Delivered | None:
        """Look for an answer to the job that was posted before its row says so.

        Raises:
            DeliveryDelayedError: Discord is in trouble, so nobody knows.
        """
        ...

    async def refresh_answer(self, job: Job) -> str | None:
        """Return a fresh link to the video of the answer; ``None`` when there is none (any more).

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        ...

    async def find_extra(self, job: Job, extra: Extra) -> Delivered | None:
        """Look for an extra that was posted before.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
        """
        ...

    async def post_extra(self, job: Job, extra: Extra, video: Path) -> Delivered:
        """Post an extra beside the answer.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
            DeliveryTooLargeError: It finds the video too large; a smaller one may pass.
            DeliveryImpossibleError: That place does not take it.
        """
        ...

    async def withdraw(self, job: Job) -> None:
        """Delete the answer and its extras; what is gone already counts as deleted.

        Raises:
            DeliveryDelayedError: Discord is in trouble.
            DeliveryImpossibleError: It lets us delete nothing there.
        """
        ...


class ApprovalPrompts(Protocol):
    """Asks the people whose word a HELD or WITHHELD job waits for.

    Their answer is a change in the database: the job leaves that state with ``jobs.owner``
    NULL, so that the next claim of any process goes on with it.
    """

    async def present(self, job: Job, clip: Path | None) -> None:
        """Post the request where its decider sees it, or find it there after a crash.

        Args:
            job: The job, HELD or WITHHELD.
            clip: The finished clip of a WITHHELD job, if it could be downloaded. The source of a
                HELD one lies in the message that keeps it (``Job.source_message_id``).

        Raises:
            DeliveryDelayedError: Discord is in trouble; another try may bring it there.
            DeliveryTooLargeError: It finds ``clip`` too large; a smaller one may pass.
        """
        ...

    async def settled(self, job: Job) -> None:
        """Bring the request up to date, now that the job waits for no decision. Best effort."""
        ...
