"""What people read about how they are told of their clips, and the words by which they are."""

from __future__ import annotations

from typing import Final

from bot.domain.jobs import JobState
from bot.domain.telling import ToldBy

TOLD_LABEL: Final = "How I am told"
LABELS: Final = {
    ToldBy.THREAD: "Ping me in the thread",
    ToldBy.DIRECT: "Send me a direct message",
    ToldBy.SILENT: "Don't tell me",
}
_NOW: Final = {
    ToldBy.THREAD: "a ping in its thread.",
    ToldBy.DIRECT: (
        "a direct message with a link to its thread. If Discord does not let me message you, a "
        "ping in the thread instead."
    ),
    ToldBy.SILENT: "nothing. The clip waits for you in its thread.",
}


def page(told_by: ToldBy) -> list[str]:
    """Return what holds for the reader, above the buttons to change it."""
    return [
        "**When a clip of yours is done**",
        f"You get {_NOW[told_by]}",
        "The same if it fails. This applies on every server, and to clips in progress.",
    ]


def direct(state: JobState, url: str) -> str:
    """Return the direct message; ``url`` leads to the outcome."""
    match state:
        case JobState.DELIVERING | JobState.DONE:
            words = "Your clip is ready"
        case JobState.UNCERTAIN:
            words = "It is not clear yet what became of your clip"
        case JobState.CANCELLED:
            words = "Your clip was cancelled"
        case _:
            words = "Your clip could not be made"
    return f"{words}: {url}"


def here_instead(who: str) -> str:
    """Return the ping beside an outcome of which no direct message could tell."""
    return f"{who} This is about your clip. Discord did not let me send you a direct message."
