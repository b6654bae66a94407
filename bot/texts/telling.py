"""What people read about how they are told of their clips, and the words by which they are."""

from __future__ import annotations

from typing import Final

from bot.domain.jobs import JobState
from bot.domain.telling import ToldBy

TOLD_LABEL: Final = "How I am told"
LABELS: Final = {
    ToldBy.THREAD: "Ping me in the thread",
    ToldBy.DIRECT: "Send me a direct message",
    ToldBy.SILENT: "Do not tell me",
}
_NOW: Final = {
    ToldBy.THREAD: "you are pinged in its thread.",
    ToldBy.DIRECT: (
        "you get a direct message that leads to its thread. Where your direct messages are closed "
        "to me, you are pinged there instead."
    ),
    ToldBy.SILENT: "you are told nothing. The clip waits for you in its thread.",
}


def page(told_by: ToldBy) -> list[str]:
    """Return what holds for the reader, above the buttons to change it."""
    return [
        "**When a clip of yours is done**",
        f"Now {_NOW[told_by]}",
        "The same when it comes to nothing. It holds on every server, also for what is under way.",
    ]


def direct(state: JobState, url: str) -> str:
    """Return the direct message; ``url`` leads to the outcome."""
    match state:
        case JobState.DELIVERING | JobState.DONE:
            words = "Your clip is ready"
        case JobState.UNCERTAIN:
            words = "What became of your clip is not clear yet"
        case JobState.CANCELLED:
            words = "Your clip was cancelled"
        case _:
            words = "Your clip could not be made"
    return f"{words}: {url}"


def here_instead(who: str) -> str:
    """Return the ping beside an outcome of which no direct message could tell."""
    return f"{who} This is about your clip. Discord lets me send you no direct message."
