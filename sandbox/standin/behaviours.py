"""What the stand-in can be told to do: answers, ends of tasks, faults of outputs.

Every value here also has a short text form (:mod:`sandbox.standin.specs`), so that a prompt or
another process can choose it.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

SATURATED: Final = "当前分组上游负载已饱和，请稍后再试"  # noqa: RUF001 - as the gateway writes it
CLOUDFLARE_PAGE: Final = (
    "<!DOCTYPE html><html><head><title>api.cometapi.com | {status}</title></head>"
    "<body><h1>Error {status}</h1></body></html>"
)


class Shape(enum.StrEnum):
    """Which of the documented forms the answer to a poll has."""

    BARE = "A"  # Runway's own object
    WRAPPED = "B"  # code, message, data; the Runway object inside data.data
    FLAT = "C"  # the wrapper's fields without the envelope


class Lag(enum.StrEnum):
    """Which half of a wrapped task (shape B or C) is behind the other at its end."""

    NONE = "none"
    OUTER = "outer"  # the wrapper still says IN_PROGRESS, the Runway object inside is finished
    INNER = "inner"  # the wrapper is finished, the stored Runway object still says RUNNING


class Place(enum.StrEnum):
    """Where gateways were seen to put the output's address, besides ``output[0]``."""

    RESULT_URL = "result_url"
    VIDEO_URL = "video_url"
    METADATA = "metadata.url"
    OUTPUT_VIDEO = "output.video"
    DATA = "data[0]"  # of a wrapped answer ``data.data[0]``
    REASON = "fail_reason"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accept:
    """Answer a create with 200; the task exists.

    Attributes:
        with_id: ``False`` answers ``{}``, as older pages of CometAPI show it.
        with_cost: Add ``estimatedCost``, as Runway itself does.
    """

    with_id: bool = True
    with_cost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpAnswer:
    """Answer with exactly this.

    Attributes:
        body: A mapping is sent as JSON; text and bytes as they are.
        accepted: For creates: the task exists all the same.
    """

    status: int
    body: Mapping[str, Any] | str | bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    accepted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hang:
    """Never answer (the stand-in closes the connection when it stops).

    Attributes:
        accepted: For creates: the task exists.
    """

    accepted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """Close the connection instead of answering.

    Attributes:
        accepted: For creates: the task exists.
    """

    accepted: bool = True


@dataclass(frozen=True, slots=True)
class Missing:
    """Answer a poll as if the task did not exist (yet).

    Attributes:
        form: 1 is HTTP 400 with code, message and data; 2 is HTTP 400 with message only;
            3 is HTTP 200 with ``task_not_exist`` as the status. Runway's own paths answer 404.
    """

    form: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """Answer a poll with this state of the task, once.

    Attributes:
        progress: 0 to 1; text is sent as it stands (``"30%"``).
    """

    status: str = "RUNNING"
    progress: float | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Succeed:
    """End with a video.

    Attributes:
        with_output: ``False`` says SUCCEEDED and names no video.
        url_in_reason: The address is only in the wrapper's ``fail_reason``, as older gateways
            of this family do (shapes B and C; A has no such field and so names no video).
    """

    with_output: bool = True
    url_in_reason: bool = False


@dataclass(frozen=True, slots=True)
class Fail:
    """End without a video.

    Attributes:
        code: Runway's ``failureCode``; ``None`` leaves the key out.
        text: Runway's ``failure``; ``None`` takes the usual text for the code.
        credits: What was charged; ``None`` takes what is documented for the code.
    """

    code: str | None = None
    text: str | None = None
    credits: int | None = None


@dataclass(frozen=True, slots=True)
class Cancel:
    """End as CANCELLED."""


@dataclass(frozen=True, slots=True)
class Stay:
    """Never end: report this status for ever."""

    status: str = "PAUSED"


class OutputFault(enum.StrEnum):
    """What goes wrong when the output is fetched."""

    EXPIRED = "expired"  # 403, as the signed link does after its time
    GONE = "gone"  # 404
    ERROR = "error"  # 500
    REDIRECT = "redirect"  # 302 to a private address
    WRONG_TYPE = "type"  # the bytes as text/html
    PAGE = "page"  # 200 with a page of HTML
    EMPTY = "empty"  # 200 without a byte
    NO_LENGTH = "no-length"  # chunked, no Content-Length
    STALLED = "stall"  # half of it, then silence
    CUT = "cut"  # half of it, then the connection closes
    TOO_LARGE = "too-large"  # says, and sends, 4 GiB
    ENDLESS = "endless"  # no Content-Length, no end


CreateAnswer = Accept | HttpAnswer | Hang | Close
PollAnswer = Report | Missing | HttpAnswer | Hang | Close
End = Succeed | Fail | Cancel | Stay


def rate_limited(retry_after_seconds: int | None = None) -> HttpAnswer:
    """Return a 429: upstream is saturated."""
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    body = {"code": "upstream_saturated", "message": SATURATED, "data": None}
    return HttpAnswer(status=429, body=body, headers=headers)


def no_quota() -> HttpAnswer:
    """Return the 403 of an empty CometAPI account."""
    body = {"code": "quota_not_enough", "message": "user quota is not enough", "data": None}
    return HttpAnswer(status=403, body=body)


def no_credits() -> HttpAnswer:
    """Return the 400 of an empty Runway account."""
    text = "You do not have enough credits to run this task."
    return HttpAnswer(
        status=400, body={"error": text, "docUrl": "https://docs.dev.runwayml.com/api"}
    )


def model_not_found(model: str = "gen4_aleph") -> HttpAnswer:
    """Return the 503 that a gateway gives for a model it does not route (any more)."""
    text = (
        f"no available channel for group default and model {model} (distributor) "
        "(request id: 20260205132859798638387SIHCnxzJ)"
    )
    error = {"code": "model_not_found", "message": text, "type": "comet_api_error"}
    return HttpAnswer(status=503, body={"error": error})


def server_error(status: int = 500, *, accepted: bool = False) -> HttpAnswer:
    """Return a 5xx of the gateway with a JSON body (HTML for 502 and above).

    Args:
        status: 500 to 599.
        accepted: For creates: the task exists all the same.
    """
    if status > 500:
        page = CLOUDFLARE_PAGE.format(status=status)
        return HttpAnswer(status=status, body=page, content_type="text/html", accepted=accepted)
    body = {"code": "do_request_failed", "message": "do request failed", "data": None}
    return HttpAnswer(status=status, body=body, accepted=accepted)


def html_page() -> HttpAnswer:
    """Return 200 with a web page, as a wrong base address does."""
    return HttpAnswer(
        status=200, body="<!DOCTYPE html><title>CometAPI</title>", content_type="text/html"
    )


def truncated() -> HttpAnswer:
    """Return 200 with half a JSON object."""
    return HttpAnswer(status=200, body='{"id":"d0658ae1-bbdd-4adc-aaba-fd8070e1')


def empty_body() -> HttpAnswer:
    """Return 200 with no body at all."""
    return HttpAnswer(status=200)


def moved() -> HttpAnswer:
    """Return a 301 to the provider's home page, as a wrong path does."""
    return HttpAnswer(status=301, headers={"Location": "https://www.cometapi.com/"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What happens to one task after it was accepted.

    Attributes:
        polls: Answers to its first polls, before its own course begins.
        end: How it ends.
        output: What goes wrong at every fetch of its output.
        shape: The form of its answers; ``None`` takes the stand-in's.
        lag: Which half of a wrapped answer is behind at the end.
        task_seconds: How long it takes; ``None`` takes the stand-in's.
        word: The status word at its end, in every half of the answer; ``None`` is the usual one.
        place: Where the output's address then stands; ``None`` is the usual place.
    """

    polls: tuple[PollAnswer, ...] = ()
    end: End = field(default_factory=Succeed)
    output: OutputFault | None = None
    shape: Shape | None = None
    lag: Lag = Lag.NONE
    task_seconds: float | None = None
    word: str | None = None
    place: Place | None = None


class Script:
    """What is to happen next; everything not scripted goes well.

    The queues are used up from the front, one entry for one event.
    """

    def __init__(self) -> None:
        self.creates: deque[CreateAnswer] = deque()
        self.polls: deque[PollAnswer] = deque()
        self.fates: deque[Fate] = deque()
        self.outputs: deque[OutputFault | None] = deque()
        self.down: HttpAnswer | Hang | Close | None = None
        """While set, every create and poll gets this; nothing is accepted."""

    def create(self, *answers: CreateAnswer) -> None:
        """Answer the next creates with these, one each."""
        self.creates.extend(answers)

    def poll(self, *answers: PollAnswer) -> None:
        """Answer the next polls with these, one each, of whichever task."""
        self.polls.extend(answers)

    def task(self, *fates: Fate) -> None:
        """Give these fates to the next accepted tasks, one each."""
        self.fates.extend(fates)

    def end(self, *ends: End) -> None:
        """End the next accepted tasks so, one each."""
        self.fates.extend(Fate(end=end) for end in ends)

    def output(self, *faults: OutputFault | None) -> None:
        """Let the next fetches of outputs go wrong so, one each; ``None`` goes well."""
        self.outputs.extend(faults)

    def clear(self) -> None:
        """Forget everything not used up."""
        for queue in (self.creates, self.polls, self.fates, self.outputs):
            queue.clear()
        self.down = None
