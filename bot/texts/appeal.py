"""What members and moderators read about appeals: functions from facts to text.

Mentions come in as ready strings; people's own words are quoted harmlessly here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.domain.reviews import MAX_WORDS
from bot.requests.text_safety import cut, harmless, quote_all
from bot.texts.common import SETTINGS, mention, relative
from bot.texts.review import STAFF

if TYPE_CHECKING:
    from bot.domain.reviews import Appeal

FORMS: Final = {
    "appeal": (
        "Ask a moderator",
        "What should they know?",
        "This server's moderators read it, with your name.",
    ),
    "report": (
        "Report this clip",
        "What is wrong with it?",
        "Only this server's moderators read it, with your name.",
    ),
    "answer": ("Answer", "Your answer", "The member reads it."),
}
"""Title, field and hint."""

ABOUT_UNKNOWN: Final = "(the message is gone)"


_WORDS_ROOM: Final = 700
_ABOUT_CHARACTERS: Final = 500

_LINK: Final = re.compile(r"\[([^\]\n]*)\]\(https?://[^)\s]*\)")
_ESCAPE: Final = re.compile(r"\\([^\w\s])")


def _quoted(words: str) -> str:
    return quote_all(words[:MAX_WORDS], room=_WORDS_ROOM)


def _ours(about: str) -> str:
    """Return what a message of ours said, without the markdown that we or escaping put there."""
    lines = [line.removeprefix("> ").removeprefix("-# ") for line in about.splitlines()]
    plain = _ESCAPE.sub(r"\1", _LINK.sub(r"\1", "\n".join(lines).replace("**", "")))
    return quote_all(cut(plain, _ABOUT_CHARACTERS), room=2 * _ABOUT_CHARACTERS)


def appeal_lines(appeal: Appeal, *, thread: str | None, prompt: str | None) -> list[str]:
    """Return the card that moderators see of an appeal.

    Args:
        appeal: The appeal.
        thread: Where the job was, as a mention.
        prompt: What was asked for; ``None`` where there is no job, or its words are deleted.
    """
    where = f" in {thread}" if thread else ""
    does = "reports a clip" if appeal.is_report else "asks a moderator"
    lines = [
        f"**{mention(appeal.user_id)} {does}**{where}, {relative(appeal.opened_at)}",
        _quoted(appeal.words),
    ]
    if not appeal.is_report:
        lines += ["-# About this message from the bot:", _ours(appeal.about)]
    if prompt:
        lines += ["-# The prompt was:", quote_all(prompt)]
    if appeal.answered_by is not None and appeal.answer is not None and appeal.told_at:
        lines += [
            f"{mention(appeal.answered_by)} answered {relative(appeal.told_at)}:",
            _quoted(appeal.answer),
        ]
    return lines


APPEAL_SENT: Final = (
    "The moderators have your question. They will answer in the thread or by direct message."
)

REPORT_SENT: Final = "The moderators have your report. If they answer, you get a direct message."


def already_asked(appeal: Appeal, *, by: str) -> str:
    """Return the answer to a second appeal about the same thing; ``by`` answered the first."""
    if appeal.answered_by is not None and appeal.answer is not None and appeal.told_at:
        return (
            f"You asked {relative(appeal.opened_at)}. It was answered by {by} "
            f"{relative(appeal.told_at)}:\n{_quoted(appeal.answer)}"
        )
    return f"You asked {relative(appeal.opened_at)}. The moderators have not answered yet."


def too_many_appeals(limit: int) -> str:
    """Return why a member cannot ask about one more thing."""
    return f"You have {limit} open questions here. Wait until the moderators have answered one."


def not_your_appeal(who: str) -> str:
    """Return the answer to somebody whom the thing does not concern."""
    return f"Only {who} can ask the moderators about this."


NO_REVIEW_CHANNEL: Final = (
    "This server's moderators have no channel for questions. "
    f"Ask one of them directly; they set a review channel with {SETTINGS}."
)
APPEAL_NOT_SENT: Final = (
    "Discord did not accept the message, so the moderators have not seen it. Try again later."
)
MAY_NOT_ANSWER: Final = f"Only {STAFF} can answer this."
OWN_APPEAL: Final = "This is your own question, so another moderator has to answer it."
APPEAL_UNKNOWN: Final = "This question is no longer open."


def answered_first(appeal: Appeal) -> str:
    """Return the answer to a moderator who came second."""
    by = mention(appeal.answered_by) if appeal.answered_by else "Somebody"
    moment = f" {relative(appeal.answered_at)}" if appeal.answered_at else ""
    return f"{by} answered this{moment}. Your answer was not sent."


def appeal_answer(who: str, *, by: str, words: str) -> list[str]:
    """Return what the member gets: the moderator's answer."""
    return [f"{who} Your question was answered by {by}:", _quoted(words)]


def answer_direct(guild: str) -> str:
    """Return the line under an answer that comes as a direct message."""
    return f"-# You asked the moderators of {harmless(cut(guild, 100))}."


def answer_undeliverable(who: str) -> str:
    """Return what a moderator reads when the answer reached nobody."""
    return f"{who} accepts no direct messages and there is no thread, so nobody got your answer."


ANSWER_SENT: Final = "Your answer was sent to the member."
ANSWER_DELAYED: Final = (
    "Discord did not accept your answer, so it was not sent. Press Answer… again in a minute."
)
