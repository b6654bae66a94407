"""Why a request that was not carried out, or could not be made, ends its job."""

from __future__ import annotations

from typing import Final

from bot.domain.jobs import FailureReason
from bot.engine.signed_links import GONE
from bot.errors import (
    CometAddressError,
    CometAssetError,
    CometAuthError,
    CometCreditError,
    CometError,
    CometModelError,
    CometNotSentError,
    CometRateLimitedError,
    MediaError,
    MediaUnfitError,
    MediaUnreachableError,
    MediaUnreadableError,
)

OPERATOR_REASONS: Final = frozenset(
    {
        FailureReason.KEY_REFUSED,
        FailureReason.WRONG_ADDRESS,
        FailureReason.NO_CREDIT,
        FailureReason.MODEL_UNAVAILABLE,
    }
)
"""Those that meet every job until the operator changes something."""


def refusal_reason(error: CometError) -> FailureReason:
    """Return why a definitely refused request ends its job."""
    match error:
        case CometAuthError():
            return FailureReason.KEY_REFUSED
        case CometAddressError():
            return FailureReason.WRONG_ADDRESS
        case CometCreditError():
            return FailureReason.NO_CREDIT
        case CometModelError():
            return FailureReason.MODEL_UNAVAILABLE
        case CometAssetError(unreachable=True):
            return FailureReason.SOURCE_UNREACHABLE
        case CometAssetError():
            return FailureReason.SOURCE_REFUSED
        case CometNotSentError() | CometRateLimitedError():
            return FailureReason.BUSY
        case _:
            return FailureReason.REQUEST_REFUSED


def source_reason(error: MediaError) -> FailureReason:
    """Return why a job ends whose clip has to be sent along, or looked at anew, and cannot be."""
    match error:
        case MediaUnfitError() | MediaUnreadableError():
            return FailureReason.SOURCE_UNFIT
        case MediaUnreachableError(status=status) if status in GONE:
            return FailureReason.SOURCE_GONE
        case _:
            return FailureReason.SOURCE_UNREACHABLE
