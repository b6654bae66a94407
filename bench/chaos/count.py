"""What counts: what the provider was asked for, and what people can read at Discord."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

_NUMBER = re.compile(r"number (\d+):")
_NONCE = re.compile(r"(\d+)([a-z])")
_KINDS = {
    "s": "status",
    "k": "source",
    "a": "answer",
    "f": "failure",
    "c": "cancelled",
    "u": "uncertain",
}


def prompt_of(number: int, markers: str = "") -> str:
    """Return the prompt by which the provider's requests are told apart."""
    return f"number {number}: a rainy night {markers}".strip()


def number_in(prompt: str) -> int:
    """Return the number of the job that a prompt came from; the opposite of :func:`prompt_of`."""
    match = _NUMBER.search(prompt)
    if match is None:
        raise ValueError("a request without a number")
    return int(match[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A job as the harness made it.

    Attributes:
        number: In its prompt.
        job_id: In the nonces of its messages.
        may_fail: The provider was told to refuse or fail it.
        may_be_uncertain: The provider was told to lose its answer.
    """

    number: int
    job_id: int
    may_fail: bool = False
    may_be_uncertain: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How jobs ended; ``done`` to ``not_ended`` add up to ``jobs``.

    Attributes:
        uncertain: People were told that nobody knows, and no answer came later.
        charged_twice: The provider accepted more than one request.
        lost: Paid for and not scripted to fail, and people got neither the answer nor the word
            that its outcome is unknown.
        posted_twice: Any message of a job (status, source, answer, failure …) is there twice, or an
            answer beside a failure.
        unexplained: Uncertain although no answer was lost and no process ended or froze between
            the request and its record; or failed although nothing was to fail.
        not_ended: Nobody was told an outcome.
        disagreeing: In what ledger and jobs contradict each other.
    """

    jobs: int = 0
    done: int = 0
    failed: int = 0
    uncertain: int = 0
    charged_twice: int = 0
    lost: int = 0
    posted_twice: int = 0
    unexplained: int = 0
    not_ended: int = 0
    disagreeing: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            **{
                field.name: getattr(self, field.name) + getattr(other, field.name)
                for field in dataclasses.fields(self)
            }
        )

    @property
    def is_clean(self) -> bool:
        """Whether every number that must be 0 is 0."""
        return not (
            self.charged_twice
            or self.lost
            or self.posted_twice
            or self.unexplained
            or self.not_ended
            or self.disagreeing
        )


def charges(provider: Mapping[str, Any]) -> Counter[int]:
    """Return how many requests the provider accepted, by the number in the prompt."""
    return Counter(number_in(created["body"]["promptText"]) for created in provider["creates"])


def messages(discord: Mapping[str, Any]) -> Counter[tuple[int, str]]:
    """Return how many messages there are, by job and kind, wherever they were posted."""
    found: Counter[tuple[int, str]] = Counter()
    for channel in discord["channels"]:
        for message in channel["messages"]:
            match = _NONCE.fullmatch(message["nonce"] or "")
            if match is not None:
                found[int(match[1]), _KINDS[match[2]]] += 1
            elif message["pings"]:
                raise ValueError("a message that pings and is of no job")
    return found


def count(
    jobs: Iterable[Asked],
    *,
    provider: Mapping[str, Any],
    discord: Mapping[str, Any],
    excused: Collection[int],
    perhaps_unsent: Collection[int] = (),
    disagreeing: int = 0,
) -> Counts:
    """Judge what happened to ``jobs``.

    Args:
        jobs: What was asked for.
        provider: What the stand-in says under ``/_control``.
        discord: What the local Discord says there.
        excused: Ids of jobs whose process was killed between the paid request and the record of
            its answer.
        perhaps_unsent: Ids of jobs that may stay uncertain if the provider never got a request.
        disagreeing: In how much ledger and jobs do not fit (``bot/storage/consistency.py``).
    """
    charged, posted = charges(provider), messages(discord)
    total = Counts(disagreeing=disagreeing)
    for job in jobs:
        kinds = {kind: posted[job.job_id, kind] for kind in _KINDS.values()}
        done = kinds["answer"] > 0
        failed = not done and kinds["failure"] + kinds["cancelled"] > 0
        uncertain = not (done or failed) and kinds["uncertain"] > 0
        unsent = job.job_id in perhaps_unsent and charged[job.number] == 0
        unsaid = job.may_be_uncertain or job.job_id in excused or unsent
        total += Counts(
            jobs=1,
            done=done,
            failed=failed,
            uncertain=uncertain,
            charged_twice=charged[job.number] > 1,
            lost=charged[job.number] > 0 and not (done or uncertain or job.may_fail),
            posted_twice=max(kinds.values()) > 1 or (done and kinds["failure"] > 0),
            unexplained=(uncertain and not unsaid) or (failed and not job.may_fail),
            not_ended=not (done or failed or uncertain),
        )
    return total
