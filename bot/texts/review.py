"""What moderators and members read about reviews and appeals: functions from facts to text.

Mentions come in as ready strings; people's own words are quoted harmlessly here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.jobs import JobState
from bot.domain.money import dollars
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.domain.reviews import LOCK, PressOutcome
from bot.requests.text_safety import cut, harmless, quote_all
from bot.requests.validation import MAX_PROMPT_UNITS
from bot.texts import looks
from bot.texts.common import SETTINGS, duration, mention, relative

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.domain.reviews import Review, Ruling

_SHOWN_REASONS: Final = 3
_REASON_CHARACTERS: Final = 160
_LOOK_CHARACTERS: Final = 300
_NOTE_ROOM: Final = 600

_OPEN_TITLE: Final = {
    ReviewStage.SPENDING: "**A request is waiting for a moderator** · nothing is spent yet",
    ReviewStage.PUBLISHING: (
        "**A finished clip is waiting for a moderator** · nobody else can see it yet"
    ),
}
_CLOSED_TITLE: Final = {
    ReviewStatus.APPROVED: "**Approved**",
    ReviewStatus.DENIED: "**Denied**",
    ReviewStatus.EXPIRED: "**Expired**",
    ReviewStatus.WITHDRAWN: "**Withdrawn**",
}
STAFF: Final = f"this server's moderators (Manage Messages, or a reviewer role in {SETTINGS})"


# The card in the review channel


def card_lines(
    review: Review, job: Job, *, has_clip: bool, link: str | None = None, quoted: bool = True
) -> tuple[list[str], list[str]]:
    """Return what stands above the clip and below it on an open card.

    Args:
        review: The question.
        job: What it is about.
        has_clip: Whether the clip can be shown on the card.
        link: Where a finished clip that cannot be shown lies, ready for markdown.
        quoted: Whether people's words are shown.
    """
    above = [_OPEN_TITLE[review.stage], _asked(job), *_prompt(review, job, quoted=quoted)]
    if not has_clip:
        above.append(_no_clip(review, link))
    return above, [*_facts(review, job), _waits(review, job)]


def _asked(job: Job) -> str:
    asked = f"{mention(job.user_id)} in <#{job.channel_id}>, {relative(job.created_at)}"
    if job.thread_id is not None:  # named after the prompt, which stands below anyway
        asked += f" · [thread](https://discord.com/channels/{job.guild_id}/{job.thread_id})"
    if job.source_author_id is not None and job.source_author_id != job.user_id:
        asked += f" · the clip is by {mention(job.source_author_id)}"
    return asked


def _prompt(review: Review, job: Job, *, quoted: bool) -> list[str]:
    if not quoted:
        return ["This channel's filter blocks the prompt. Read it in the thread."]
    lines = [quote_all(job.prompt)]
    if job.look_name is not None:
        lines.append(looks.used(job.look_name))
    if job.look is not None:
        lines.append(f"The house look is added: {cut(harmless(job.look), _LOOK_CHARACTERS)}")
    if review.prompt_before is not None:
        by = mention(review.mended_by) if review.mended_by else "a moderator"
        lines += [f"Prompt changed by {by}. Before:", quote_all(review.prompt_before)]
    return lines


def _no_clip(review: Review, link: str | None) -> str:
    if review.stage is ReviewStage.SPENDING:
        return "The clip cannot be shown here. Watch it in the thread."
    if link is not None:
        return f"The clip could not be posted here as a file: [watch it]({link})."
    return "The clip could not be posted here."


def _facts(review: Review, job: Job) -> list[str]:
    parts = [job.model, duration(job.restyled_seconds)]
    if review.stage is ReviewStage.PUBLISHING:
        parts.append("already paid for")
    elif job.price_micros is not None:
        parts.append(f"about {dollars(job.price_micros)}")
    if job.reference_url is not None:
        parts.append("with a reference image")
    lines = ["-# " + " · ".join(parts)]
    if why := reasons(review):
        lines.append(f"-# {why}")
    return lines


def reasons(review: Review) -> str:
    """Return why a request came to review, in one line; empty when nobody said."""
    words = [cut(harmless(reason), _REASON_CHARACTERS) for reason in review.reasons]
    more = len(words) - _SHOWN_REASONS
    return " ".join(words[:_SHOWN_REASONS]) + (f" And {more} more." if more > 0 else "")


def _waits(review: Review, job: Job) -> str:
    ends = f"Without a decision it ends {relative(job.held_until or review.expires_at)}"
    if review.taken_by is None or review.taken_at is None:
        return ends
    until = relative(review.taken_at + LOCK)
    return f"{ends} · taken by {mention(review.taken_by)}, free again {until}"


def closed_lines(review: Review, job: Job, *, quoted: bool = True) -> list[str]:
    """Return what a card says once nothing is left to decide."""
    title = _CLOSED_TITLE.get(review.standing, _CLOSED_TITLE[ReviewStatus.WITHDRAWN])
    lines = [title, _asked(job), *_prompt(review, job, quoted=quoted), decided(review)]
    if review.note and quoted:
        lines += ["Reason:", quote_all(review.note, room=_NOTE_ROOM)]
    if review.stage is ReviewStage.PUBLISHING and review.standing is not ReviewStatus.APPROVED:
        lines.append("Runway charges for the clip anyway.")
    return lines


def decided(review: Review) -> str:
    """Return how a review ended."""
    by = mention(review.decided_by) if review.decided_by else "A moderator"
    moment = f" {relative(review.decided_at)}" if review.decided_at else ""
    match review.standing:
        case ReviewStatus.APPROVED:
            return f"{by} approved it{moment}."
        case ReviewStatus.DENIED:
            return f"{by} denied it{moment}."
        case ReviewStatus.EXPIRED:
            return f"Nobody decided in time. It ended{moment}."
        case _:
            return f"It ended without a decision{moment}."


# Answers to presses


def refused(ruling: Ruling) -> str:
    """Return why a press on a card changed nothing."""
    review = ruling.review
    match ruling.outcome:
        case PressOutcome.OWN:
            return "This is your own request, so another moderator has to decide."
        case PressOutcome.HELD if review is not None and review.taken_by and review.taken_at:
            since, until = relative(review.taken_at), relative(review.taken_at + LOCK)
            return (
                f"{mention(review.taken_by)} took this {since}. You can take it over {until}, "
                "or sooner if they release it."
            )
        case PressOutcome.ADDS_WORDS:
            return ADDS_WORDS
        case PressOutcome.NOT_HELD:
            return "You have not taken this, so there is nothing to release."
        case PressOutcome.DECIDED if (
            review is not None and review.standing is not ReviewStatus.OPEN
        ):
            return f"{decided(review)} Your press changed nothing."
        case PressOutcome.DECIDED:
            return "This no longer needs a decision. Your press changed nothing."
        case _:
            return "This request is not known here."


NOT_A_MODERATOR: Final = f"Only {STAFF} can decide this."
NOTHING_FOLDED: Final = "Nothing else is waiting."
NEXT_COMES: Final = "The next request appears below in a moment."


ADDS_WORDS: Final = (
    "The clip is somebody else's, and they agreed to these words. You can take words out, but not "
    "add or change any, nor take out a “no” or “without”.\n"
    "For anything else, deny the request and say what to change."
)


def prompt_unusable(problem: str) -> str:
    """Return why a mended prompt was not taken; ``problem`` says what is wrong with it."""
    return f"{problem}\nThe request is still waiting, with its old prompt."


# Forms


FORMS: Final = {
    "deny": ("Deny this request", "Reason"),
    "edit": ("Edit the prompt", "Prompt"),
    "delete": ("Delete this clip", "Reason"),
}
"""Title and label of each form."""


def form_hint(verb: str, job: Job) -> str:
    """Return what stands below the field of a form about ``job``."""
    if verb == "edit":
        return f"The requester is told. Up to {MAX_PROMPT_UNITS:,} characters."
    return f"The requester reads it, {'with' if job.name_moderators else 'without'} your name."


# What the requester reads


def own_prompt(job: Job) -> list[str]:
    """Return what the requester alone reads while others do not see their words yet."""
    return [
        "Until it is approved, only you and whoever decides can see your prompt:",
        quote_all(job.prompt),
    ]


def mended(who: str, *, by: str, before: str, after: str) -> list[str]:
    """Return the message in the thread after a moderator changed the prompt."""
    return [
        f"The prompt of {who}'s request was changed by {by}. It is still waiting for a decision.",
        "Before:",
        quote_all(before),
        "Now:",
        quote_all(after),
    ]


def unreachable(job: Job, *, channel: str | None, settings: str) -> list[str]:
    """Return the message in the thread when no moderator can be asked.

    Args:
        job: What waits.
        channel: The review channel that does not take our messages, as a mention; ``None`` when
            the server has none.
        settings: ``/restyle-settings``, to be clicked by the manager whom this asks.
    """
    if channel is None:
        why = "No moderator can check this: the server has no review channel."
        do = f"A manager of the server can set one with {settings}, then press Ask again."
    else:
        why = f"No moderator can check this: the bot cannot post in the review channel {channel}."
        do = (
            "A manager of the server can let it view the channel, send messages and attach files "
            f"there, or set another with {settings}, then press Ask again."
        )
    until = f" {relative(job.held_until)}" if job.held_until else " in time"
    spent = (
        "Runway charges for the finished clip anyway."
        if job.state is JobState.WITHHELD
        else "Nothing is spent."
    )
    return [why, do, f"Otherwise the request ends{until}. {spent}"]


ASKED_AGAIN: Final = (
    "The bot is asking the moderators again. If nothing appears in the review channel, it still "
    "cannot post there."
)
NOT_ASKED_AGAIN: Final = "This is no longer waiting for a moderator."


def only_requester_or_staff(who: str) -> str:
    """Return the answer to somebody who may not have the moderators asked again."""
    return f"Only {who} and {STAFF} can do that."


# Too many at once


def folded(count: int) -> str:
    """Return the one message that stands for all requests without a card."""
    if count == 1:
        return "**1 more request is waiting** · it appears here once another is decided."
    return f"**{count} more requests are waiting** · they appear here as others are decided."
