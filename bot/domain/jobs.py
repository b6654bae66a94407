"""Jobs: one accepted ``/restyle`` each, and the states they pass through."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.looks import shown_words
from bot.domain.money import CostSource, micros_of_credits
from bot.domain.telling import ToldBy

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class JobState(enum.StrEnum):
    """The state of a job, as column ``jobs.state`` holds it; ``TRANSITIONS`` has the moves."""

    HELD = "held"  # waits for a person's word before anything is spent
    QUEUED = "queued"  # accepted; nothing spent
    SUBMITTING = "submitting"  # the paid POST may be on the wire
    RUNNING = "running"  # CometAPI has it; its task id is known
    WITHHELD = "withheld"  # finished and paid for; a moderator looks at it before all others
    DELIVERING = "delivering"  # finished at the provider; Discord has not got it yet
    UNCERTAIN = "uncertain"  # the POST was sent, its answer never came; never sent again
    DONE = "done"  # the answer is posted
    FAILED = "failed"  # ended without a video
    CANCELLED = "cancelled"  # ended by a person


TRANSITIONS: Final[Mapping[JobState, frozenset[JobState]]] = {
    JobState.HELD: frozenset({JobState.QUEUED, JobState.CANCELLED, JobState.FAILED}),
    JobState.QUEUED: frozenset({JobState.SUBMITTING, JobState.CANCELLED, JobState.FAILED}),
    JobState.SUBMITTING: frozenset(
        {JobState.RUNNING, JobState.QUEUED, JobState.FAILED, JobState.UNCERTAIN}
    ),
    JobState.RUNNING: frozenset(
        {JobState.DELIVERING, JobState.WITHHELD, JobState.FAILED, JobState.CANCELLED}
    ),
    JobState.WITHHELD: frozenset({JobState.DELIVERING, JobState.CANCELLED}),
    JobState.DELIVERING: frozenset({JobState.DONE, JobState.FAILED}),
    JobState.UNCERTAIN: frozenset({JobState.RUNNING, JobState.CANCELLED}),
    JobState.DONE: frozenset(),
    JobState.FAILED: frozenset(),
    JobState.CANCELLED: frozenset(),
}
"""What each state may become; the only place that says so."""

TELLING_SHARE: Final = 0.1
"""By how much an estimate must differ from what was expected for people to be told."""

LATE_RESULTS: Final[Mapping[JobState, frozenset[JobState]]] = {
    state: frozenset({JobState.DELIVERING, JobState.WITHHELD})
    for state in (JobState.FAILED, JobState.CANCELLED)
}
"""What a result that came after all makes of a job that had ended; nothing else moves one."""

FINAL_STATES: Final = frozenset(state for state, following in TRANSITIONS.items() if not following)


class Hold(enum.StrEnum):
    """Whose word a HELD job waits for."""

    CONSENT = "consent"  # the member's who posted the clip
    REVIEW = "review"  # a moderator's


class CancelReason(enum.StrEnum):
    """Why a person, or the lack of one, ended a job."""

    REQUESTER = "requester"  # by the one who asked for it
    MODERATOR = "moderator"  # by a moderator, before it started
    DENIED = "denied"  # a moderator looked at the request and said no
    WITHHELD = "withheld"  # a moderator looked at the result and said no
    REVIEW_EXPIRED = "review_expired"  # no moderator looked in time
    CONSENT_REFUSED = "consent_refused"  # the one who posted the clip said no
    CONSENT_EXPIRED = "consent_expired"  # the one who posted the clip did not answer in time
    WRITTEN_OFF = "written_off"  # uncertain, and the bot's owner closed it
    NO_TURN = "no_turn"  # while it waited, what may run at once was set to nothing
    RESTORED = "restored"  # came back with an old database, and was finished before
    STRUCK = "struck"  # while it waited, its requester got too many strikes
    TOO_DEAR = "too_dear"  # while it waited, a dearer model took over, and a budget has no room
    CLOSED = "closed"  # while it waited, the operator closed the server, or direct messages
    OTHER = "other"  # a reason that only a newer version knows; never stored


_DENIALS: Final = frozenset({CancelReason.DENIED, CancelReason.WITHHELD})


class FailureReason(enum.StrEnum):
    """Why a job ended without a video; ``texts.py`` has a sentence for each."""

    SAFETY_PROMPT = "safety_prompt"  # SAFETY.INPUT.TEXT, INPUT_PREPROCESSING.SAFETY.TEXT
    SAFETY_SOURCE = "safety_source"  # SAFETY.INPUT.VIDEO
    SAFETY_REFERENCE = "safety_reference"  # SAFETY.INPUT.IMAGE
    SAFETY_INPUT = "safety_input"  # SAFETY.INPUT.*, anything else
    SAFETY_OUTPUT = "safety_output"  # SAFETY.OUTPUT.*
    BAD_OUTPUT = "bad_output"  # INTERNAL.BAD_OUTPUT.*
    SOURCE_REFUSED = "source_refused"  # ASSET.INVALID, or a 400 that names the file
    SOURCE_UNREACHABLE = "source_unreachable"  # the provider could not fetch the file
    SOURCE_GONE = "source_gone"  # the file vanished from Discord before its turn came
    SOURCE_UNFIT = "source_unfit"  # it could not be made small enough, or not be converted
    REQUEST_REFUSED = "request_refused"  # any other definite refusal of the request
    MODEL_UNAVAILABLE = "model_unavailable"  # unknown, retired or unrouted model
    KEY_REFUSED = "key_refused"  # 401 or 403
    WRONG_ADDRESS = "wrong_address"  # no such API at the configured address
    NO_CREDIT = "no_credit"  # the operator's account is empty
    BUSY = "busy"  # refused for now, too many times
    PROVIDER_TROUBLE = "provider_trouble"  # INTERNAL, THIRD_PARTY.UNAVAILABLE, no code
    PROVIDER_CANCELLED = "provider_cancelled"  # the task was cancelled at the provider
    NO_OUTPUT = "no_output"  # succeeded, but without a video
    TASK_LOST = "task_lost"  # the provider does not know the task any more
    TIMED_OUT = "timed_out"  # not finished before our deadline
    UNDELIVERABLE = "undeliverable"  # Discord left no place for the answer


SAFETY_FAILURES: Final = frozenset(
    {
        FailureReason.SAFETY_PROMPT,
        FailureReason.SAFETY_SOURCE,
        FailureReason.SAFETY_REFERENCE,
        FailureReason.SAFETY_INPUT,
        FailureReason.SAFETY_OUTPUT,
    }
)
"""The provider's safety check refused: charged all the same, and a strike against the member."""


class Charge(enum.StrEnum):
    """Was the job paid for?"""

    NO = "no"  # surely not
    YES = "yes"  # the provider said so, or documents it for this outcome
    UNKNOWN = "unknown"  # nobody said


class Phase(enum.StrEnum):
    """What the provider says of an unfinished task, in the words of Runway."""

    PENDING = "pending"  # accepted, waiting
    THROTTLED = "throttled"  # held back: the account's concurrency is used up
    RUNNING = "running"  # working


def clip_bucket(seconds: float) -> int:
    """Return the class of clips of about this length, which take about as long to restyle.

    1 is up to 5.5 s, 2 up to 10.5 s, and so on in steps of 5 s; everything past a minute is 12.
    The half second is there because a clip "of 5 seconds" usually has a frame or two more.
    """
    return min(max(math.ceil((seconds - 0.5) / 5), 1), 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What a person asked for, and where: a job before it has a state."""

    id: int
    """The id of the interaction, so an interaction that arrives twice makes one job."""
    guild_id: int | None
    """``None`` in a direct message."""
    channel_id: int
    """Where the command was used; the record (the command's response) lies there."""
    record_message_id: int
    user_id: int
    can_open_thread: bool
    """Whether a thread may be made from the record; otherwise the answer comes in place."""
    source_url: str
    source_filename: str
    source_content_type: str
    source_bytes: int
    source_seconds: float
    source_width: int
    source_height: int
    reference_url: str | None
    model: str
    prompt: str
    """The member's words, or a reviewer's instead of them."""
    seed: int | None
    ratio: str | None
    public_figure_threshold: str
    """``auto`` or ``low``, as the guild's settings were when the job was accepted."""
    source_author_id: int | None = None
    """Who posted the clip; ``None`` is the requester."""
    source_message_url: str | None = None
    """The message that the clip was taken from, when it was somebody's message."""
    part_start: float = 0.0
    """Where in the clip the restyled part begins, in seconds."""
    part_seconds: float | None = None
    """How long that part is; ``None`` is the whole clip."""
    plan: str | None = None
    """How the clip is prepared, as ``Plan.to_json`` says; ``None`` is not at all."""
    convert_reference: bool = False
    """Whether the reference picture must be turned or converted before it is sent."""
    price_micros: int | None = None
    """What it is expected to cost, in millionths of a dollar; ``None`` when nobody can say."""
    hold: Hold | None = None
    """Whose word the job waits for first; such a job begins as HELD."""
    held_until: datetime | None = None
    """When that wait ends without an answer."""
    review_output: bool = False
    """Whether a moderator sees the result before all others."""
    spoiler: bool = False
    """Whether whatever is shown of it, clip, pictures and result, is behind a spoiler."""
    keep_sound: bool = False
    """Whether the source's sound is laid over the silent result."""
    role_ids: frozenset[int] | None = None
    """The requester's roles at that moment; ``None`` where nobody noted them, as of old jobs."""
    is_age_restricted: bool | None = None
    """Whether only adults see the channel; ``None`` as above."""
    look: str | None = None
    """The server's words that follow the prompt (``default_look``); ``None`` is none. A job of a
    version before this column has them in its prompt."""
    name_moderators: bool = True
    """Whether people read which moderator denied, edited or deleted it, or only that it was one."""
    look_name: str | None = None
    """The look that was chosen, whose words are in the prompt; ``None`` without one."""
    own_words: str | None = None
    """What the member wrote into its slot; ``None`` where the prompt is all theirs."""
    told_by: ToldBy = ToldBy.THREAD
    """How its requester wants to be told of its end."""
    record_picture: bool = False
    """Whether its record got a picture of the clip when it was accepted."""

    @property
    def shown_prompt(self) -> str:
        """The prompt as people recognise it: with a look its name and the member's own words."""
        return shown_words(self.prompt, look_name=self.look_name, own_words=self.own_words)

    @property
    def restyled_seconds(self) -> float:
        """How long the part is that is restyled."""
        return self.source_seconds if self.part_seconds is None else self.part_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(NewJob):
    """One row of ``jobs``. Moments are aware, in UTC; ``None`` means not yet."""

    state: JobState
    owner: str | None
    """The worker that works on it."""
    created_at: datetime
    updated_at: datetime
    admitted_at: datetime | None = None
    """When its turn came under the caps on what runs at once."""
    prepared_at: datetime | None = None
    """When the clip was ready for the provider; ``None`` means that this is still to be done."""
    sent_url: str | None = None
    """Where the provider gets the clip, once it is prepared; ``None`` is ``source_url``."""
    sent_bytes: int | None = None
    sent_content_type: str | None = None
    source_channel_id: int | None = None
    source_message_id: int | None = None
    """The message of ours that keeps the clip (and the reference) for later."""
    thread_id: int | None = None
    status_message_id: int | None = None
    answer_message_id: int | None = None
    answer_channel_id: int | None = None
    submit_attempts: int = 0
    """Paid POSTs that were surely not carried out, so far."""
    submitted_by: str | None = None
    """The worker that sent the paid POST; it alone may still bring a late answer."""
    submit_started_at: datetime | None = None
    submitted_at: datetime | None = None
    task_id: str | None = None
    phase: Phase | None = None
    """As last shown to people; a poll that changes nothing writes nothing."""
    progress: float | None = None
    """0 to 1, as last shown to people."""
    output_url: str | None = None
    output_expires_at: datetime | None = None
    archive_url: str | None = None
    """The link that lasts, where the operator keeps an archive."""
    finished_at: datetime | None = None
    """When the provider finished, or the job ended without it."""
    failure: FailureReason | None = None
    failure_detail: str | None = None
    """The provider's own words; for the log and the operator only."""
    charge: Charge | None = None
    request_id: str | None = None
    """The provider's id of the paid request, by which its support finds it."""
    cost_micros: int | None = None
    """What it costs, in micro-dollars, as far as the provider has said; ``cost_source`` says in
    which of its answers. ``None`` where it said nothing: ``price_micros`` is expected then."""
    cost_source: CostSource | None = None
    cost_credits: float | None = None
    """What Runway took, whoever sold it to us; 1 credit = $0.01."""
    cancel_reason: CancelReason | None = None
    cancelled_by: int | None = None
    """The person who ended it; ``None`` when nobody did."""
    cancel_note: str | None = None
    """What that person wrote about it, for the requester."""
    edited_by: int | None = None
    """The moderator whose wording ``prompt`` is; ``None``: the requester's own."""
    deleted_at: datetime | None = None
    """Since when the answer of a DONE job is deleted; its state stays."""
    deleted_by: int | None = None
    """Who deleted it: the requester, the clip's author, or a moderator."""
    delete_note: str | None = None
    """What a moderator wrote about that, for the requester."""
    delivery_attempts: int = 0
    told_at: datetime | None = None
    """When the outcome (answer, failure, cancellation, uncertainty) was posted."""
    quarantined_at: datetime | None = None
    """Since when it waits for the bot's owner, because the database may be an old one: nothing is
    spent on it meanwhile, and whether it was paid for is not known."""
    released_at: datetime | None = None
    """When the bot's owner let it go on; what they said then is not doubted again."""
    look_at: datetime | None = None
    """When the provider is asked once more about its task, though the job has ended."""

    @property
    def bill_micros(self) -> int | None:
        """What it really cost, in micro-dollars; ``None`` while nobody has said."""
        if self.cost_source in {CostSource.QUOTA, CostSource.CREDITS}:
            return self.cost_micros
        if self.cost_source is None and self.cost_credits is not None:
            return micros_of_credits(self.cost_credits)  # of a version before ``cost_micros``
        return None

    @property
    def revised_micros(self) -> int | None:
        """The provider's own estimate, where it is not about what was expected."""
        if self.cost_source is not CostSource.ESTIMATE or self.cost_micros is None:
            return None
        expected = self.price_micros
        if expected is not None and abs(self.cost_micros - expected) <= TELLING_SHARE * expected:
            return None
        return self.cost_micros

    @property
    def is_denied(self) -> bool:
        """Whether a moderator looked at it and said no."""
        return self.state is JobState.CANCELLED and self.cancel_reason in _DENIALS

    @property
    def is_taken_down(self) -> bool:
        """Whether a moderator deleted its answer."""
        concerned = {None, self.user_id, self.source_author_id}
        return self.deleted_at is not None and self.deleted_by not in concerned

    @property
    def place_id(self) -> int:
        """The channel in which the job's messages go: its thread, or where the command was."""
        return self.thread_id or self.channel_id

    @property
    def is_settled(self) -> bool:
        """Whether nothing is left to do for the program."""
        return self.told_at is not None and (
            self.state in FINAL_STATES or self.state is JobState.UNCERTAIN
        )


class Delay(enum.Enum):
    """What a job that is not at the provider yet waits for, besides its turn."""

    PREPARING = enum.auto()  # its clip is being prepared
    CROWDED = enum.auto()  # too many clips are being prepared, or the disk is full
    PAUSED = enum.auto()  # somebody has paused this server, or the whole bot
    QUARANTINED = enum.auto()  # the database may be an old one; the bot's owner decides
    CLOCK = enum.auto()  # this machine and the database disagree about the time


class Extra(enum.StrEnum):
    """What can be made of an answer when somebody wants it."""

    COMPARE = "compare"  # source and result beside each other
    SOUND = "sound"  # the result with the sound of the source


class ExtraFailure(enum.Enum):
    """Why an extra was not made."""

    BUSY = enum.auto()  # too many others wait for theirs
    NO_SOURCE = enum.auto()  # the source clip is not to be had any more
    NO_OUTPUT = enum.auto()  # the result is not to be had any more
    NO_SOUND = enum.auto()  # the source has none
    NO_PLACE = enum.auto()  # Discord does not take it
    BROKEN = enum.auto()  # anything else; it is in the log
