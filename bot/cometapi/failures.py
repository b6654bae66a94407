"""Why a task that is over brought no video, and whether it was paid for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.cometapi.tasks import TaskStatus
from bot.domain.jobs import Charge, FailureReason

if TYPE_CHECKING:
    from bot.cometapi.tasks import Task

# The first prefix that fits wins, so the longer ones stand first.
# https://docs.dev.runwayml.com/errors/task-failures/ and, for what is charged,
# https://docs.dev.runwayml.com/api-details/moderation
_CODES: Final = (
    ("SAFETY.INPUT.TEXT", FailureReason.SAFETY_PROMPT, Charge.YES),
    ("SAFETY.INPUT.VIDEO", FailureReason.SAFETY_SOURCE, Charge.YES),
    ("SAFETY.INPUT.IMAGE", FailureReason.SAFETY_REFERENCE, Charge.YES),
    ("SAFETY.OUTPUT", FailureReason.SAFETY_OUTPUT, Charge.YES),
    ("SAFETY", FailureReason.SAFETY_INPUT, Charge.YES),
    ("INPUT_PREPROCESSING.SAFETY.TEXT", FailureReason.SAFETY_PROMPT, Charge.UNKNOWN),
    ("INPUT_PREPROCESSING.SAFETY", FailureReason.SAFETY_INPUT, Charge.UNKNOWN),
    # Reported as free by its users, but not by Runway.
    ("INTERNAL.BAD_OUTPUT", FailureReason.BAD_OUTPUT, Charge.UNKNOWN),
    ("ASSET", FailureReason.SOURCE_REFUSED, Charge.UNKNOWN),
)
# A wrapper may keep the text and lose the code.
_MODERATION_TEXT: Final = "flagged by our content moderation system"


def judge_failure(task: Task) -> tuple[FailureReason, Charge]:
    """Return why ``task``, which is over, brought no video, and whether it was charged.

    The cost that the task itself states counts more than what is documented for its failure.
    Without either nobody knows: a gateway may refund, and it may be charged upstream all the same.
    """
    reason, charge = _judge(task)
    if task.cost is not None:
        charge = Charge.YES if task.cost.micros > 0 else Charge.NO
    return reason, charge


def _judge(task: Task) -> tuple[FailureReason, Charge]:
    if task.status is TaskStatus.CANCELLED:
        return FailureReason.PROVIDER_CANCELLED, Charge.UNKNOWN
    if task.status is TaskStatus.SUCCEEDED:
        return FailureReason.NO_OUTPUT, Charge.YES
    code = (task.failure_code or "").upper()
    for prefix, reason, charge in _CODES:
        if code == prefix or code.startswith(f"{prefix}."):
            return reason, charge
    if not code and _MODERATION_TEXT in (task.failure_text or ""):
        return FailureReason.SAFETY_INPUT, Charge.YES
    return FailureReason.PROVIDER_TROUBLE, Charge.UNKNOWN
