"""The sentences about jobs that end without a video, or whose end is uncertain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.jobs import SAFETY_FAILURES, CancelReason, Charge, FailureReason
from bot.domain.money import dollars
from bot.texts.commands import plainly
from bot.texts.common import THE_MODERATORS

if TYPE_CHECKING:
    from bot.texts.commands import CommandNaming

_WHAT: Final = {
    FailureReason.SAFETY_PROMPT: "Runway's safety check refused the prompt.",
    FailureReason.SAFETY_SOURCE: (
        "Runway's safety check refused the video. It does not say which frame."
    ),
    FailureReason.SAFETY_REFERENCE: "Runway's safety check refused the reference image.",
    FailureReason.SAFETY_INPUT: (
        "Runway's safety check refused the request. It does not say which part of it."
    ),
    FailureReason.SAFETY_OUTPUT: "Runway's safety check held back the finished clip.",
    FailureReason.BAD_OUTPUT: "Runway made a clip and rejected it as not good enough.",
    FailureReason.SOURCE_REFUSED: "Runway does not accept this file.",
    FailureReason.SOURCE_UNREACHABLE: "Runway could not fetch the file from Discord.",
    FailureReason.SOURCE_GONE: "The clip is no longer on Discord.",
    FailureReason.SOURCE_UNFIT: "The clip could not be converted into one that Runway accepts.",
    FailureReason.REQUEST_REFUSED: "Runway refused the request.",
    FailureReason.MODEL_UNAVAILABLE: "Runway no longer offers this bot's model.",
    FailureReason.KEY_REFUSED: "Runway does not accept this bot's key.",
    FailureReason.WRONG_ADDRESS: "The address that this bot has for Runway is wrong.",
    FailureReason.NO_CREDIT: "Runway accepts no clips from this bot at the moment.",
    FailureReason.BUSY: "Runway was too busy and turned the clip away several times.",
    FailureReason.PROVIDER_TROUBLE: "Something broke at Runway.",
    FailureReason.PROVIDER_CANCELLED: "The clip was cancelled at Runway.",
    FailureReason.NO_OUTPUT: "Runway says it finished, but sent no video.",
    FailureReason.TASK_LOST: "Runway no longer knows this clip.",
    FailureReason.TIMED_OUT: "Runway did not finish in time, so the bot stopped waiting.",
    FailureReason.UNDELIVERABLE: "Discord left no place to post the clip.",
}

_USUAL_THRESHOLD: Final = "auto"
"""How strictly public figures are checked where nobody chose: nothing to tell anybody about."""

_OTHER_WORDING: Final = "Other words may pass."
_OTHER_CLIP: Final = "Another part of the clip, or other words, may pass."
_AGAIN: Final = "You can start it again with {restyle}."
_LATER: Final = "Trying again later may help."
_OWNER: Final = "Only the bot's owner can fix that."

_ADVICE: Final = {
    FailureReason.SAFETY_PROMPT: _OTHER_WORDING,
    FailureReason.SAFETY_SOURCE: _OTHER_CLIP,
    FailureReason.SAFETY_REFERENCE: "Another image, or none, may pass.",
    FailureReason.SAFETY_INPUT: _OTHER_CLIP,
    FailureReason.SAFETY_OUTPUT: _OTHER_WORDING,
    FailureReason.BAD_OUTPUT: "A clip without logos, watermarks or text often works.",
    FailureReason.SOURCE_REFUSED: "An MP4 with H.264, up to 1080p and 30 frames a second, works.",
    FailureReason.SOURCE_UNREACHABLE: "A smaller MP4 may work.",
    FailureReason.SOURCE_GONE: "Attach it again with {restyle}.",
    FailureReason.SOURCE_UNFIT: "A shorter part, or the clip exported as MP4, may work.",
    FailureReason.REQUEST_REFUSED: "Another prompt or clip may pass.",
    FailureReason.MODEL_UNAVAILABLE: _OWNER,
    FailureReason.KEY_REFUSED: _OWNER,
    FailureReason.WRONG_ADDRESS: _OWNER,
    FailureReason.NO_CREDIT: _OWNER,
    FailureReason.BUSY: _LATER,
    FailureReason.PROVIDER_TROUBLE: _LATER,
    FailureReason.PROVIDER_CANCELLED: _AGAIN,
    FailureReason.NO_OUTPUT: _LATER,
    FailureReason.TASK_LOST: _AGAIN,
    FailureReason.TIMED_OUT: ("The bot keeps checking for two days; a late result is posted here."),
    FailureReason.UNDELIVERABLE: "The bot's owner can still get the link for about a day.",
}


def charge_words(reason: FailureReason, charge: Charge, cost: int | None = None) -> str:
    """Return whether a failed job was paid for; ``cost`` in micro-dollars, when it is known."""
    match charge:
        case Charge.NO:
            return "It cost nothing."
        case Charge.YES if reason in SAFETY_FAILURES:
            price = f": {dollars(cost)}" if cost else ""
            return f"Runway charges for such refusals{price}."
        case Charge.YES:
            return f"Runway charged {dollars(cost)}." if cost else "Runway charged for it."
        case Charge.UNKNOWN:
            return "Runway has not said whether it charges for this."


def failure(
    reason: FailureReason,
    charge: Charge,
    *,
    cost: int | None = None,
    threshold: str | None = None,
    source: tuple[str, str] | None = None,
    command: CommandNaming = plainly,
) -> list[str]:
    """Return the lines about a failed job: what happened, was it charged, what to change.

    Args:
        reason: Why it failed.
        charge: Whether it was paid for.
        cost: What it cost, in micro-dollars, when that is known.
        threshold: The server's setting for public figures, where it applies; said where the
            moderators chose another than the default.
        source: What was wrong with the clip, and what may help (``source_fault.py``).
        command: Names the commands that help.
    """
    what, advice = source or (_WHAT[reason], _ADVICE[reason].format(restyle=command("restyle")))
    lines = [what, charge_words(reason, charge, cost), advice]
    if threshold not in {None, _USUAL_THRESHOLD} and reason in SAFETY_FAILURES:
        lines.append(
            f"This server's moderators chose how strictly public figures are checked: {threshold}."
        )
    return lines


_CHANGE_OR_ASK: Final = {
    True: "You can change it and try again, or ask the moderators about it.",
    False: "You can change it and try again.",
}
"""What next, by whether the moderators can be asked."""

_NOTHING_SPENT: Final = "Nothing was spent."
_MAYBE_PAID_BEFORE: Final = "It was in a backup, so it may have been paid for before."
_CHARGED_ANYWAY: Final = "Runway charges for it anyway."


STOPPED: Final = "Stopped. If the result still arrives, it will be posted in the thread."
KEPT_WAITING: Final = "Still waiting. The result will be posted in the thread."
_STILL_POSTED: Final = "If the result still arrives, it will be posted here."


def cancelled(
    reason: CancelReason | None,
    *,
    spent: bool,
    unknown: bool = False,
    never_taken: bool = False,
    by: str | None = None,
    note: str | None = None,
    author: str | None = None,
    model: str = "",
    price: int | None = None,
    can_ask: bool = False,
    may_come: bool = False,
    command: CommandNaming = plainly,
) -> list[str]:
    """Return the lines about a job that a person, or the lack of one, ended.

    Args:
        reason: Why; ``None`` as for jobs from before reasons were stored.
        spent: Whether the provider had it already.
        never_taken: Whether the provider's list of tasks shows that it never took it.
        unknown: Whether nobody knows, as it was in a database that may have been an old one.
        by: Who ended it, as a mention, or as what they are.
        note: What that person wrote about it, as a quotation.
        author: Who posted the clip, as a mention.
        model: The one that would have restyled it.
        price: What that would have cost, in micro-dollars; ``None`` when nobody can say.
        can_ask: Whether the moderators can be asked about it.
        may_come: Whether its result is posted if it arrives all the same.
        command: Names the commands that help.
    """
    again = _AGAIN.format(restyle=command("restyle"))
    moderator, author = by or THE_MODERATORS, author or "Whoever posted the clip"
    money_line = "Runway already had it and may charge for it." if spent else _NOTHING_SPENT
    if unknown:
        money_line = _MAYBE_PAID_BEFORE
    match reason:
        case CancelReason.DENIED:
            lines = [
                f"Your request was denied by {moderator}.",
                money_line,
                _CHANGE_OR_ASK[can_ask],
            ]
        case CancelReason.WITHHELD:
            lines = [
                f"Your finished clip was denied by {moderator}, so it is not posted.",
                _CHARGED_ANYWAY,
                _CHANGE_OR_ASK[can_ask],
            ]
        case CancelReason.REVIEW_EXPIRED if spent:
            lines = [
                "The clip is finished, but no moderator checked it in time.",
                f"{_CHARGED_ANYWAY} Ask a moderator what to do.",
            ]
        case CancelReason.REVIEW_EXPIRED:
            lines = ["No moderator checked the request in time.", money_line]
        case CancelReason.CONSENT_REFUSED:
            lines = [f"{author} does not want it restyled.", money_line]
        case CancelReason.CONSENT_EXPIRED:
            lines = [f"{author} did not answer in time.", money_line]
        case CancelReason.MODERATOR if spent:
            who = by or "the bot's owner"
            lines = [f"{who[0].upper()}{who[1:]} stopped waiting for it.", _spent_either_way(price)]
        case CancelReason.MODERATOR:
            who = by or "the bot's owner"  # who has no name in a shell
            lines = [f"Your request was cancelled by {who}.", money_line]
        case CancelReason.WRITTEN_OFF if never_taken:
            lines = ["CometAPI never took this job, so nothing was spent.", again]
        case CancelReason.WRITTEN_OFF:
            lines = [
                "The bot's owner closed this request: CometAPI never said whether it took it.",
                again,
            ]
        case CancelReason.NO_TURN:
            lines = [
                "While it waited, the number of clips that may run here at once was set to 0.",
                money_line,
            ]
        case CancelReason.RESTORED:
            lines = [
                "This request came back with a backup; it had already finished.",
                "It was not sent again.",
            ]
        case CancelReason.STRUCK:
            lines = [
                "Runway's safety check refused several clips by whoever asked for it, so their "
                "waiting requests do not start.",
                f"{money_line} They can ask again once their pause is over. A moderator can end it "
                f"sooner ({command('restyle-usage')}, Strikes).",
            ]
        case CancelReason.TOO_DEAR:
            costs = "has no price set here, so no budget can count it"
            advice = "Only the bot's owner can set one (`PRICES`)."
            if price is not None:
                costs = f"costs about {dollars(price)}, more than is left for it here"
                advice = f"A shorter part may fit; {command('restyle-usage')} shows what is left."
            lines = [
                f"Its model is no longer offered. {model} would take over, but it {costs}.",
                f"{money_line} {advice}",
            ]
        case CancelReason.CLOSED:
            lines = [
                "While it waited, the bot's owner stopped clips from starting here "
                "(`SERVERS`, `DIRECT_MESSAGES`).",
                money_line,
            ]
        case CancelReason.REQUESTER if spent:
            lines = ["You stopped waiting for it.", _spent_either_way(price)]
        case _ if spent or unknown:
            lines = ["Cancelled.", money_line]
        case _:
            lines = [f"Cancelled before it started. {_NOTHING_SPENT}"]
    if may_come:
        lines.append(_STILL_POSTED)
    if note:
        lines[1:1] = ["Reason:", note]
    return lines


def _spent_either_way(price: int | None) -> str:
    amount = "its price" if price is None else f"about {dollars(price)}"
    return f"Runway already had it and may charge for it: {amount} counts as spent."


def stop_question(price: int | None, *, has_begun: bool) -> str:
    """Return what is asked before somebody stops waiting for a clip that the provider has.

    Args:
        price: What it is expected to cost, in micro-dollars; ``None`` when nobody can say.
        has_begun: Whether the provider said that it works on it.
    """
    amount = "its price" if price is None else f"about {dollars(price)}"
    if has_begun:
        return f"Runway is already working on it: {amount} is spent either way. Stop waiting?"
    return f"Runway has it but has not begun: {amount} may be spent either way. Stop waiting?"


def found_after_all() -> list[str]:
    """Return what takes the place of ``uncertain`` once the job's task is known."""
    return [
        "CometAPI did take this job: nothing is lost, and nothing is paid twice.",
        "The result will be posted below.",
    ]


def uncertain() -> list[str]:
    """Return the lines about a job of which nobody knows whether the provider took it."""
    return [
        "CometAPI has not said whether it took this job, so it was not sent again: "
        "that could cost twice.",
        "If the answer still arrives, it will be posted here. The bot's owner can check.",
    ]
