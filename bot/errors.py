"""Every error that this program raises on purpose.

RestyleError
├── SettingsError                 the environment is incomplete or wrong
├── StoreError
│   ├── StoreInUseError           another process holds the SQLite database
│   ├── StoreTooNewError          the database is newer than the program
│   ├── StoreMovedError           the database was moved to another address
│   ├── StoreUnavailableError     the database does not answer; nothing may be spent
│   ├── LeaseLostError            another process took this worker for dead
│   ├── JobExistsError            the job was added before
│   ├── CapReachedError           a cap leaves no room for the job; nothing was stored
│   ├── TaskTakenError            the task already belongs to a job
│   └── JobLostError              the job is not ours, or not in that state, any more
├── CometError                    asking CometAPI failed
│   ├── CometNotSentError         no byte of the request left
│   ├── CometNoAnswerError        sent, but no whole answer came
│   ├── CometRejectedError        refused (4xx, or a permanent refusal in another guise)
│   │   ├── CometAuthError        the key is missing, wrong or blocked
│   │   ├── CometCreditError      the account has not enough money
│   │   ├── CometModelError       the model is not served
│   │   ├── CometAddressError     there is no such API at the configured address
│   │   └── CometAssetError       the video or image could not be fetched or is not accepted
│   ├── CometRateLimitedError     refused for now
│   ├── CometServerError          CometAPI or Runway is broken (5xx)
│   ├── CometResponseError        an answer that cannot be understood
│   └── CometTaskNotFoundError    the task is not visible (yet)
├── MediaError                    a file could not be used
│   ├── MediaTooLargeError        more bytes than allowed
│   ├── MediaUnreachableError     it could not be downloaded now
│   ├── MediaRefusedError         its address is not one that we fetch from
│   ├── MediaStorageError         no room for temporary files
│   ├── MediaProbeError           it could not be examined, through no fault of its own
│   ├── MediaBusyError            too much work is waiting already
│   ├── MediaUnfitError           it cannot be made as small as it must be
│   ├── MediaNoSoundError         the sound that was wanted is not there
│   └── MediaUnreadableError      not a video (or image) that can be decoded
├── SettingRefusedError           a server's setting cannot be set so (bot/policy/problems.py)
├── SettingsFileError             a file of settings cannot be taken (there, too)
├── ArchiveError                  the archive did not do what it was asked to
└── DeliveryError
    ├── DeliveryDelayedError      Discord is in trouble: later
    ├── DeliveryTooLargeError     the file is too large for that place after all
    └── DeliveryImpossibleError   no place is left where the answer could go
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.domain.quotas import CapUse


class RestyleError(Exception):
    """Base of every error raised on purpose."""


class SettingsError(RestyleError):
    """The environment is incomplete or wrong; the text names every bad variable."""


class StoreError(RestyleError):
    """The database did not do what it was asked to."""


class StoreInUseError(StoreError):
    """Another process holds the SQLite database."""


class StoreTooNewError(StoreError):
    """The database was written by a newer version of the program."""


class StoreMovedError(StoreError):
    """The database was moved: its jobs go on at the address that the text names."""


class StoreUnavailableError(StoreError):
    """The database does not answer. Nothing may be spent while it cannot record it.

    Attributes:
        passes: May waiting help? Otherwise somebody has to mend it.
    """

    def __init__(self, message: str, *, passes: bool = False) -> None:
        super().__init__(message)
        self.passes = passes


class LeaseLostError(StoreError):
    """The lease ran out and another process took the jobs over: drop them and join anew."""


class JobExistsError(StoreError):
    """A job with this id was added before (the same interaction arrived twice)."""


class CapReachedError(StoreError):
    """A cap leaves no room for the job: nothing was stored, nothing is spent.

    Attributes:
        use: The cap, and how much of it is used.
        price: What the job would have cost, in micro-dollars; ``None`` when nobody can say.
    """

    def __init__(self, use: CapUse, *, price: int | None = None) -> None:
        cap = use.cap
        super().__init__(
            f"{cap.holder.scope} {cap.holder.scope_id}: {use.used} of {cap.limit} {cap.unit}"
            f" ({cap.period}) are used"
        )
        self.use = use
        self.price = price


class TaskTakenError(StoreError):
    """Another job has this task already; two jobs must never post the same result."""


class JobLostError(StoreError):
    """The job is owned by somebody else or has left the expected state: drop it."""


class CometError(RestyleError):
    """Asking CometAPI failed.

    Attributes:
        retryable: May asking the same again later help?
        safe_to_resend: For a paid request: was it surely not carried out? Only then may the
            program send it again.
        request_id: CometAPI's id of the request, when it named one.
        detail: The provider's own words, for the log; never for users.
        retry_after_seconds: How long to wait, when the answer said so.
    """

    retryable = False
    safe_to_resend = False

    def __init__(
        self,
        message: str,
        *,
        detail: str = "",
        request_id: str | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(message)
        self.detail = detail
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds


class CometNotSentError(CometError):
    """No connection: refused, no such host, or TLS failed. No byte of the request left."""

    retryable = True
    safe_to_resend = True


class CometNoAnswerError(CometError):
    """The request was sent and no whole answer came: it may have been carried out."""

    retryable = True


class CometRejectedError(CometError):
    """Refused for good: asking the same again does not help. Surely not carried out."""

    safe_to_resend = True


class CometAuthError(CometRejectedError):
    """The API key is missing, wrong or blocked (401, 403)."""


class CometCreditError(CometRejectedError):
    """The operator's account has not enough money."""


class CometModelError(CometRejectedError):
    """The configured model is unknown, retired or not routed."""


class CometAddressError(CometRejectedError):
    """The configured address is wrong: a permanent redirect, no such path, no such method."""


class CometAssetError(CometRejectedError):
    """The provider could not fetch the source video or reference image, or does not take it.

    Attributes:
        unreachable: Fetching failed, so another way to hand the file over may work; otherwise
            the file itself is not accepted.
    """

    def __init__(
        self,
        message: str,
        *,
        unreachable: bool,
        detail: str = "",
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, detail=detail, request_id=request_id)
        self.unreachable = unreachable


class CometRateLimitedError(CometError):
    """Refused for now (429)."""

    retryable = True
    safe_to_resend = True


class CometServerError(CometError):
    """CometAPI or Runway is broken (5xx, 408, 409).

    A paid request may have been carried out all the same.
    """

    retryable = True


class CometResponseError(CometError):
    """An answer that cannot be understood: HTML, a redirect, broken JSON, no usable id."""

    retryable = True


class CometTaskNotFoundError(CometError):
    """The task is not visible: normal for a moment after its creation, else it is lost."""

    retryable = True


class MediaError(RestyleError):
    """A file could not be fetched or used."""


class MediaTooLargeError(MediaError):
    """The file has more bytes than allowed."""


class MediaUnreachableError(MediaError):
    """The file could not be downloaded now; trying again may help.

    Attributes:
        status: The HTTP status of a refusal; 403, 404 and 410 usually mean an expired link, which
            only a fresh link cures. ``None`` when no whole answer came.
    """

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class MediaRefusedError(MediaError):
    """The address is not one that we fetch from: not https, or not a public host."""


class MediaStorageError(MediaError):
    """The folder for temporary files is over its quota, or its disk takes no more."""


class MediaProbeError(MediaError):
    """The file could not be examined or worked on, and not because of what is in it."""


class MediaBusyError(MediaError):
    """Too many files are waiting for a process already: later."""


class MediaUnfitError(MediaError):
    """The file cannot be made so small that it fits where it must go."""


class MediaNoSoundError(MediaError):
    """The source has no sound, or none in the part that was restyled."""


class UnreadableReason(enum.StrEnum):
    """What is wrong with a file that cannot be used."""

    EMPTY = "empty"  # not one byte
    NOT_VIDEO = "not_video"  # no known video container
    AUDIO_ONLY = "audio_only"  # sound without a picture
    STILL_IMAGE = "still_image"  # a picture, whatever its name says
    ANIMATED_PICTURE = "animated_picture"  # a WebP or PNG that moves, which no decoder here plays
    NOT_IMAGE = "not_image"  # a picture was wanted
    ANIMATED = "animated"  # a still picture was wanted
    OTHER_CODEC = "other_codec"  # made with a codec that is not opened here
    DAMAGED = "damaged"  # cut off or broken: frames are missing or do not decode
    PICTURE_TOO_LARGE = "picture_too_large"  # more pixels than fit the memory that we give
    TOO_MANY_FRAMES = "too_many_frames"  # more than we look through
    TOO_COMPLEX = "too_complex"  # decoding takes more time or memory than we give


class MediaUnreadableError(MediaError):
    """The file is not a video (or image) that can be decoded.

    Attributes:
        reason: What is wrong, for the sentence that the user reads.
    """

    def __init__(
        self, message: str, *, reason: UnreadableReason = UnreadableReason.DAMAGED
    ) -> None:
        super().__init__(message)
        self.reason = reason


class ArchiveError(RestyleError):
    """The archive did not keep, remove or list what it was asked to.

    Attributes:
        retryable: May trying the same again later help?
    """

    def __init__(self, message: str, *, retryable: bool) -> None:
        super().__init__(message)
        self.retryable = retryable


class DeliveryError(RestyleError):
    """Discord did not take a message."""


class DeliveryDelayedError(DeliveryError):
    """Discord is in trouble or cannot be reached: try again later.

    Attributes:
        retry_after_seconds: How long to wait, when Discord said so.
    """

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class DeliveryTooLargeError(DeliveryError):
    """Discord finds a file too large although its own limit allows it."""


class DeliveryImpossibleError(DeliveryError):
    """No place is left where the answer could go: thread, channel and DM all refuse for good."""
