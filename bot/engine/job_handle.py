"""What the scheduler and the steps keep in memory about one unfinished job."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from bot.domain.jobs import JobState, clip_bucket

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Hold, Job, Phase
    from bot.engine.ports import Delay, Delivered


class StepKind(enum.Enum):
    """Which workers run a step: slow steps must not hold up quick ones."""

    OPEN = "open"  # a thread: the first that people see of their job
    PREPARE = "prepare"  # a download and an upload, perhaps minutes of encoding between them
    SUBMIT = "submit"  # up to a minute and a half: the provider fetches the clip meanwhile
    POLL = "poll"  # a tenth of a second, and by far the most
    DELIVER = "deliver"  # a download and an upload


class JobHandle:
    """One unfinished job: only what a poll needs, because ten thousand of them may wait.

    The database knows the rest; a step that needs more loads the row.

    Attributes:
        slot: Set by the scheduler: when it is due; 0 while a step runs.
        is_due_again: Set by the scheduler: somebody asked for another step meanwhile.
        state: As last seen in the database.
        phase: As last announced.
        tenth: Tenths of progress as last announced.
        hold: As last seen in the database.
        is_opened: Whether its thread is made, or given up.
        is_prepared: Whether its clip is ready for the provider.
        is_delay_told: Whether people were told of a ``Delay`` or a position.
        place: Its place in line and what holds it up besides, as people were told.
        presented: The state and hold for which the gatekeeper has asked.
        asks_anew: Set by the scheduler: somebody let go of the job, so that it is presented again
            or, while it runs, given up; the row says which.
        failures: Steps in a row that ended in trouble of ours (database, surprises).
        refusals: Answers in a row without news of the task (errors of the provider).
        without_place: No message may keep the clip, so it has to travel inside the request.
        is_unsent: SUBMITTING may be stored, but the paid request was surely not sent.
    """

    __slots__ = (
        "asks_anew",
        "attempts",
        "bucket",
        "delivered",
        "failures",
        "hold",
        "is_delay_told",
        "is_due_again",
        "is_opened",
        "is_overdue_told",
        "is_prepared",
        "is_unknown_logged",
        "is_unsent",
        "job_id",
        "misses",
        "model",
        "opens",
        "phase",
        "place",
        "prepares",
        "presented",
        "refusals",
        "slot",
        "state",
        "submitted_at",
        "task_id",
        "tenth",
        "tries",
        "wants_data_uri",
        "was_refreshed",
        "without_output",
        "without_place",
    )

    def __init__(self, job: Job) -> None:
        """Take what matters from the row."""
        self.job_id = job.id
        self.slot = 0
        self.is_due_again = False
        self.model = job.model
        self.bucket = clip_bucket(job.source_seconds)
        self.failures = 0
        # Opening, preparing, asking people.
        self.opens = 0
        self.is_opened = False
        self.prepares = 0
        self.without_place = False
        self.is_delay_told = False
        self.presented: tuple[JobState, Hold | None] | None = None
        self.asks_anew = False
        # Submitting.
        self.place: tuple[int | None, Delay | None] | None = None
        self.is_unsent = False
        self.wants_data_uri = False
        # Delivering.
        self.attempts = 0
        self.tries = 0
        self.was_refreshed = False
        self.delivered: Delivered | None = None
        self.state: JobState = job.state
        self.sync(job)

    def sync(self, job: Job) -> None:
        """Take over what may have changed; the counts of polls begin anew."""
        if job.state is not self.state:
            self.delivered = None  # what was posted told of the former state
        self.state = job.state
        self.hold = job.hold
        self.is_opened |= job.thread_id is not None or job.status_message_id is not None
        self.is_prepared = job.prepared_at is not None
        self.task_id: str | None = job.task_id
        self.submitted_at: datetime | None = job.submitted_at
        self.phase: Phase | None = job.phase
        self.tenth: int | None = tenth(job.progress)
        self.refusals = 0
        self.misses = 0
        self.without_output = 0
        self.is_overdue_told = False
        self.is_unknown_logged = False

    @property
    def step_kind(self) -> StepKind:
        """Which workers run the next step."""
        match self.state:
            case JobState.HELD | JobState.QUEUED if not self.is_opened:
                return StepKind.OPEN
            case JobState.HELD | JobState.QUEUED if not self.is_prepared:
                return StepKind.PREPARE
            case JobState.QUEUED | JobState.SUBMITTING:
                return StepKind.SUBMIT
            case JobState.RUNNING:
                return StepKind.POLL
            case _:
                return StepKind.DELIVER


def tenth(progress: float | None) -> int | None:
    """Return in which tenth ``progress`` (0 to 1) is: people are shown no finer steps."""
    return None if progress is None else int(progress * 10 + 1e-6)
