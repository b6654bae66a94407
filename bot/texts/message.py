"""The sentences with which a clip is refused that was taken from somebody's message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.requests.text_safety import cut, harmless, quote_all
from bot.requests.validation import Rule
from bot.texts.common import SETTINGS

if TYPE_CHECKING:
    from bot.requests.validation import Refusal
    from bot.texts.commands import CommandNaming

_NOTHING: Final = "Nothing was started and nothing was spent."

ABOUT_MESSAGES: Final = {
    Rule.LINK_TOO_SLOW: f"Discord did not deliver that message in time. {_NOTHING}\nTry again.",
    Rule.MESSAGE_WITHOUT_CLIP: (
        "There is no video file in that message; links and embeds do not count.\n"
        "Choose a message with an MP4, MOV, WebM or GIF."
    ),
    Rule.MESSAGE_FORWARDED: (
        "That message is forwarded, so nobody can tell whose clip it is.\nUse the original."
    ),
    Rule.MESSAGE_NOT_AN_ANSWER: (
        "Of the bot's own messages, only those with a finished clip can be restyled.\n"
        "Use one of those, or the message that the clip came from."
    ),
    Rule.MOMENT_UNREADABLE: (
        "“{value}” is not a time in the clip.\nWrite seconds, or minutes and seconds: 12.5 or 1:05."
    ),
    Rule.JOB_UNKNOWN: "The bot no longer knows this clip.\nAttach it again with {restyle}.",
    Rule.JOB_ELSEWHERE: (
        f"This clip was restyled somewhere else, where other rules apply. {_NOTHING}\n"
        "Use the button there, or attach the clip here with {restyle}."
    ),
    Rule.JOB_SOURCE_GONE: (
        f"This clip is no longer on Discord. {_NOTHING}\nAttach it again with {{restyle}}."
    ),
    Rule.JOB_PART_GONE: (
        f"Only {{value}} of this clip is still on Discord. {_NOTHING}\n"
        "Stay within that, or attach the clip again with {restyle}."
    ),
    Rule.STARTED_ALREADY: "This has already started.\nIts thread shows its progress.",
    Rule.REQUEST_GONE: (
        "This request is gone: it was dropped, or is more than a day old.\n"
        "Attach the clip again with {restyle}."
    ),
    Rule.CONSENT_OPTED_OUT: (
        f"{{who}} does not want their clips restyled. {_NOTHING}\nChoose another clip."
    ),
    Rule.CONSENT_NOBODY: (
        "That clip was posted by an app, so nobody can be asked whether they agree. "
        f"{_NOTHING}\nModerators decide whose clips may be used here ({SETTINGS})."
    ),
    Rule.CONSENT_OWN_ONLY: (
        "That clip is by {who}; on this server you can restyle only your own clips. "
        f"{_NOTHING}\nModerators decide that ({SETTINGS})."
    ),
    Rule.CONSENT_TOO_MANY: (
        "{who} already has several such questions to answer, so the bot does not ask another. "
        f"{_NOTHING}\nTry again later."
    ),
}
"""About clips that are taken from messages."""


def about_message(found: Refusal, command: CommandNaming) -> str:
    """Return the sentences for a rule of ``ABOUT_MESSAGES``; ``command`` names what to use."""
    return ABOUT_MESSAGES[found.rule].format(
        value=harmless(cut(str(found.value or ""), 60)),
        who=found.words[0] if found.words else "",
        restyle=command("restyle"),
    )


NO_NEXT_PART: Final = (
    "That part goes to the end of the clip. Nothing was started and nothing was spent."
)
LINK_GONE: Final = (
    "This command no longer takes links: Discord hides from the bot what is behind them.\n"
    "Right-click the message with the clip (on a phone: press and hold it), then choose Apps and "
    "Restyle this. Your Discord still shows the old command: reload it (Ctrl+R) to see the new one."
)
"""The answer to a client that still sends the option ``link``."""

FRAME_OPTION: Final = "A frame of this clip that you edited; the rest of the clip follows it"
"""The option ``reference`` where a model takes no style picture."""


def result_gone(restyle: str) -> str:
    """Return why a result cannot be used as the next clip; ``restyle`` names the command."""
    return (
        "This result is not on Discord as a file, so it cannot be the next clip.\n"
        f"If its link still works, save the clip from there and attach it with {restyle}."
    )


# The form of the menu on messages

MENU_TITLE: Final = "Restyle this"
CHANGE_TITLE: Final = "Change this clip"
TRY_AGAIN_TITLE: Final = "Try again"
ANOTHER_CLIP_TITLE: Final = "Try another clip"
CLIP_LABEL: Final = "The clip"
CLIP_HINT: Final = "MP4, MOV, WebM, GIF and most others."
MAY_COST_TWICE: Final = (
    "CometAPI may still have taken the first one. Then that one is posted too, and you pay for "
    "both."
)
"""Stands in the form that begins an uncertain clip again."""
STILL_UNCERTAIN: Final = (
    "Nobody knows yet whether CometAPI took this clip, and starting it again may cost twice.\n"
    "Press Try again… under the message that says so."
)
STILL_GOING: Final = "This clip is still in progress. Its thread shows how far it is."
USE_TITLE: Final = "Restyle this result"
PROMPT_LABEL: Final = "Prompt"
PROMPT_HINT: Final = "How it should look, for example: a rainy night in Tokyo, neon, film grain"
FILE_LABEL: Final = "Which clip"
SHAPE_LABEL: Final = "Shape"
SHAPE_HINT: Final = "The clip's own if you choose none."
START_LABEL: Final = "Begin at"
START_HINT: Final = "Where in the clip to begin: seconds, or 1:05. Empty: at its beginning."
LENGTH_LABEL: Final = "Seconds to restyle"
LENGTH_HINT: Final = "Empty: up to the limit."
SEED_LABEL: Final = "Seed"
SEED_HINT: Final = "The same number repeats a result. Empty: a new one is chosen."


def form_lost(prompt: str) -> str:
    """Return the answer to a form about a clip that is not known; ``prompt`` as it was typed."""
    return (
        "The bot no longer knows which clip you meant: the form was open for more than a day, or "
        "during an update. Nothing was started.\n"
        f"Choose the clip again. Your prompt was:\n{quote_all(prompt)}"
    )
