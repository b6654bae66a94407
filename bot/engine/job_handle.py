"""What the scheduler and the steps keep in memory about one unfinished job."""

from __future__ import annotations

import enum
from dataclasses import InitVar, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bot.domain.jobs import JobState, clip_bucket

if TYPE_CHECKING:
    from datetime import datetime

    from bot.domain.jobs import Delay, Hold, Job, Phase
    from bot.engine.ports import Delivered


class StepKind(enum.Enum):
    """Which workers run a step: slow steps must not hold up quick ones."""

    OPEN = "open"  # a thread: the first that people see of their job
    PREPARE = "prepare"  # a download and an upload, perhaps minutes of encoding between them
    SUBMIT = "submit"  # up to a minute and a half: the provider fetches the clip meanwhile
    POLL = "poll"  # a tenth of a second, and by far the most
    DELIVER = "deliver"  # a download and an upload


@dataclass(slots=True, eq=False)
class JobHandle:
    """One unfinished job: only what a poll needs, because ten thousand of them may wait.

    The database knows the rest; a step that needs more loads the row. No two steps share a
    counter. "Row" below means that :meth:`sync` copies the column of that name, at the start
    and whenever a step sees or makes a change; :meth:`sync` also resets what is said to begin
    anew with a row, or with a state.
    """

    job: InitVar[Job]
    job_id: int = field(init=False)
    """The primary key (``id``)."""
    model: str = field(init=False)
    """Row; changes when another model takes over."""
    bucket: int = field(init=False)
    """``clip_bucket`` of ``source_seconds``, for the durations of similar jobs."""
    slot: int = 0
    """When the job is due, in units of ``SLOT_SECONDS``; 0 while a step runs. Scheduler."""
    is_due_again: bool = False
    """Somebody asked for another step while one runs. Scheduler; reset after it."""
    asks_anew: bool = False
    """The row was claimed once more, so somebody has changed it: people are asked again, and a
    RUNNING job is read before it is polled. Scheduler; reset by presenting and by that read."""
    failures: int = 0
    """Steps in a row that the database did not answer. Worker; reset by a step that comes to its
    end."""
    surprises: int = 0
    """Steps in a row that broke in the program. Worker; reset likewise."""
    state: JobState = field(init=False)
    """Row."""
    hold: Hold | None = field(init=False)
    """Row."""
    opens: int = 0
    """Tries of the opening step; never reset."""
    is_opened: bool = False
    """The thread or the status message exists (row), or the opening step gave up."""
    prepares: int = 0
    """Tries of the preparing step, whatever they ended in; reset when it is done."""
    breaks: int = 0
    """Those of them that broke for no visible reason; reset likewise."""
    keeps: int = 0
    """Those of them in which Discord did not take the files; reset likewise."""
    is_prepared: bool = field(init=False)
    """``prepared_at`` is set: in the row, or in ``unsaved``."""
    unsaved: dict[str, Any] = field(default_factory=dict)
    """Columns that preparing a QUEUED job brought and the row lacks: the change that follows at
    once writes them too. Likewise what was posted while somebody changed the job. Lost in a crash,
    they are found again. Opening and preparing step; empty once the row has them."""
    without_place: bool = False
    """Discord did not take the files ``MAX_TRIES`` times, so the job goes on without a message
    that keeps them. Preparing step; never reset."""
    is_delay_told: bool = False
    """People were told what preparing waits for. Preparing step; reset when it is done and people
    are told so."""
    presented: tuple[JobState, Hold | None] | None = None
    """The state and hold in which people were asked. Approval step; ``None`` before, and when the
    job has left them."""
    presents: int = 0
    """Tries in a row to ask people that Discord refused. Approval step; reset when they are asked,
    and with a state or hold."""
    place: tuple[int | None, Delay | None] | None = None
    """The position in the line and the delay that people were told last. Submitting step; reset
    when the job is admitted."""
    builds: int = 0
    """Tries in a row of the submitting step that could not make the request. Reset when one is
    made."""
    is_answer_sought: bool = False
    """Its thread was searched for an answer from before. Submitting step; never reset."""
    wants_data_uri: bool = False
    """The provider could not fetch the clip, so it travels inside the request. Submitting step;
    never reset."""
    is_unsent: bool = False
    """SUBMITTING may be stored, now or late, but the paid request was surely not sent. Submitting
    step; reset right before it is sent, and when the job is QUEUED again after that was stored."""
    task_id: str | None = field(init=False)
    """Row."""
    submitted_at: datetime | None = None
    """Row."""
    born_at: float | None = None
    """When the task was made, by the monotonic clock: its age needs no calendar. Submitting and
    polling step; begins anew with another ``submitted_at``."""
    phase: Phase | None = field(init=False)
    """Row, then as announced last. Polling step."""
    tenth: int | None = field(init=False)
    """Tenths of ``progress`` as announced last. Row, then polling step."""
    refusals: int = 0
    """Polls in a row that brought no news of the task (errors of the provider); begins anew with a
    row and with an answer."""
    misses: int = 0
    """Polls in a row to which the task was unknown; begins anew likewise."""
    without_output: int = 0
    """Polls that found the task finished and without an output; begins anew with a row."""
    is_overdue_told: bool = False
    """People were told that it takes unusually long; begins anew with a row."""
    is_unknown_logged: bool = False
    """An unknown status word was logged; begins anew with a row."""
    downloads: int = 0
    """Steps in a row that could not download the output; reset by a download and when people are
    asked, begins anew with a state."""
    was_refreshed: bool = False
    """The output's link was asked for anew since the last download that worked; begins anew with a
    state."""
    deliveries: int = 0
    """Times that this process brought the outcome to Discord; begins anew with a state."""
    delivered: Delivered | None = None
    """Where the outcome was posted, while the database does not say so; begins anew with a
    state."""

    def __post_init__(self, job: Job) -> None:
        self.job_id = job.id
        self.bucket = clip_bucket(job.source_seconds)
        self._enter(job)
        self.sync(job)

    def _enter(self, job: Job) -> None:
        """Begin anew what belongs to one state and hold."""
        self.state = job.state
        self.hold = job.hold
        self.presents = 0
        self.downloads = 0
        self.was_refreshed = False
        self.deliveries = 0
        self.delivered = None

    def sync(self, job: Job) -> None:
        """Take over what may have changed; the counts of polls begin anew."""
        if (job.state, job.hold) != (self.state, self.hold):
            self._enter(job)
        self.is_opened |= job.thread_id is not None or job.status_message_id is not None
        self.model = job.model
        if job.prepared_at is not None or job.state is not JobState.QUEUED:
            self.unsaved = {}
        self.is_prepared = job.prepared_at is not None or "prepared_at" in self.unsaved
        self.task_id = job.task_id
        if job.submitted_at != self.submitted_at:
            self.submitted_at, self.born_at = job.submitted_at, None
        self.phase = job.phase
        self.tenth = tenth(job.progress)
        self.refusals = 0
        self.misses = 0
        self.without_output = 0
        self.is_overdue_told = False
        self.is_unknown_logged = False

    def whole(self, job: Job) -> Job:
        """Return a row of this job with what it lacks yet."""
        return replace(job, **self.unsaved) if self.unsaved else job

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
