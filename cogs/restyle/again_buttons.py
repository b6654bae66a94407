"""The buttons from an ended job to the next one, and after which ends they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.cometapi.models import model_rules
from bot.domain.jobs import CancelReason, FailureReason, JobState
from cogs.common.items import IdButton

if TYPE_CHECKING:
    from bot.domain.jobs import Job

_LEAST_SECONDS: Final = 0.5
"""Less of a clip is not worth a job of its own."""


class AgainButton(IdButton, verb="again", label="Again"):
    """Starts the same once more with another seed, at one press."""


class ChangeButton(IdButton, verb="change", label="Change…"):
    """Opens the form with everything filled in, for another version of a finished clip."""


class TryAgainButton(IdButton, verb="try-again", label="Try again…"):
    """Opens the same form after a job that ended without a clip."""


class NextPartButton(IdButton, verb="next-part", label="Next part"):
    """Starts the same with what follows in the clip, at one press."""


class UseButton(IdButton, verb="use", label="Use as source"):
    """Opens the form for what to make of the result itself: the next clip, by the same rules."""


class AnotherClipButton(IdButton, verb="other-clip", label="Try another clip…"):
    """Opens the form with the same words for another clip, where there is none left to try with."""


def button_after(job: Job) -> TryAgainButton | AnotherClipButton | None:
    """Return what stands under a message about a job without a clip: there is always a next step.

    ``None`` for one that goes on, or is done.
    """
    if job.state not in {JobState.FAILED, JobState.CANCELLED, JobState.UNCERTAIN}:
        return None
    if (
        job.cancel_reason is CancelReason.CONSENT_REFUSED
        or job.failure is FailureReason.SOURCE_GONE
    ):
        return AnotherClipButton(job.id)
    return TryAgainButton(job.id)


def next_part(job: Job) -> tuple[float, float | None] | None:
    """Return what follows the part that was restyled: its begin, and its length in seconds.

    The length is ``None`` for all that is left; so is the whole, where that is too little.
    """
    model = model_rules(job.model)
    done = min(job.restyled_seconds, model.used_seconds or job.restyled_seconds)
    begin = job.part_start + done
    left = job.source_seconds - begin
    if left < max(model.min_seconds or 0.0, _LEAST_SECONDS):
        return None
    return begin, done if left > done else None
