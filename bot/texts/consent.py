"""What the one who posted a clip reads when another member wants to restyle it.

Functions from facts to text. Mentions come in as ready strings; prompts are quoted harmlessly here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.consents import ConsentChoice, ConsentStatus
from bot.requests.text_safety import cut, harmless, quote_all
from bot.texts import looks
from bot.texts.common import relative

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.texts.commands import CommandNaming

LABELS: Final = {
    ConsentChoice.ALLOW: "Allow",
    ConsentChoice.NO: "No",
    ConsentChoice.NEVER: "Never ask me",
}

_WHERE_IT_GOES: Final = (
    "If you allow it, the clip and the prompt go to CometAPI and Runway, which make a new clip "
    "from it with AI. Until then nothing is sent."
)
_NOTHING_SENT: Final = "Nothing was sent to anybody."


def question(
    job: Job,
    *,
    requester: str,
    author: str | None,
    clip: str | None,
    privacy: str,
    quoted: bool = True,
) -> list[str]:
    """Return the question.

    Args:
        job: What is asked for.
        requester: Who asks, as a mention.
        author: The one who is asked, as a mention, where others read along; ``None`` in a direct
            message.
        clip: The link to the message with the clip; ``None`` when it is not known.
        privacy: ``/restyle-privacy``, to be clicked where that is possible.
        quoted: Whether the prompt is shown; a server's filter may block it.
    """
    head = f"**{requester} would like to restyle {_whose(clip)}**"
    lines = [head if author is None else f"{author}\n{head}"]
    lines += _wanted(job) if quoted else ["The prompt is in the message above."]
    lines.append(_WHERE_IT_GOES)
    lines.append(f"The result is posted in <#{job.place_id}>, with your name as the clip's author.")
    if job.source_message_id is not None:
        where = (
            "is there"
            if job.source_channel_id in {None, job.place_id}
            else "is with the moderators"
        )
        lines.append(f"A copy of the clip {where} already; unless you allow it, it is deleted.")
    if job.held_until is not None:
        lines.append(f"Without an answer the request ends {relative(job.held_until)}.")
    lines.append(
        f"-# Never ask me: nobody can restyle your clips with this bot, on any server. {privacy} "
        "undoes that."
    )
    return lines


def _wanted(job: Job) -> list[str]:
    """Return all that is to be made of the clip: whoever decides must know the end as well."""
    lines = [quote_all(job.prompt)]
    if job.look_name is not None:
        lines.append(looks.used(job.look_name))
    if job.look is not None:
        lines.append(f"This server adds to every prompt: {cut(harmless(job.look), 300)}")
    if job.reference_url is not None:
        lines.append("A reference image goes with it.")
    return lines


def _whose(clip: str | None) -> str:
    return f"[your clip]({clip})" if clip is not None else "your clip"


def closed(
    job: Job, word: ConsentStatus, *, requester: str, clip: str | None, quoted: bool = True
) -> list[str]:
    """Return what the question says once nothing is left to answer; else as above."""
    verb = "restyles" if word is ConsentStatus.ALLOWED else "wanted to restyle"
    lines = [f"**{requester} {verb} {_whose(clip)}**"]
    if quoted:
        lines += _wanted(job)
    match word:
        case ConsentStatus.ALLOWED:
            lines.append(
                f"Allowed. The result will be posted in <#{job.place_id}>; you can delete it there."
            )
        case ConsentStatus.REFUSED:
            lines.append(f"Not allowed. {_NOTHING_SENT}")
        case ConsentStatus.EXPIRED:
            lines.append(f"The time to answer has passed. {_NOTHING_SENT}")
        case _:
            lines.append(f"The request was withdrawn. {_NOTHING_SENT}")
    return lines


# Answers to presses


def told(
    word: ConsentStatus, say: ConsentChoice, *, is_new: bool, command: CommandNaming
) -> str | None:
    """Return what the author reads beside the question; ``None`` when the question says it all."""
    if say is ConsentChoice.NEVER:
        words = opted_out(command)
        if not is_new and word is ConsentStatus.ALLOWED:
            words += "\nYou had already allowed this clip, so it continues."
        return words
    if is_new:
        return None
    match word:
        case ConsentStatus.ALLOWED:
            return (
                "You already allowed this, so it continues. Until it starts, the requester and the "
                "server's moderators can cancel it."
            )
        case ConsentStatus.REFUSED:
            return "You already said no to this. Nothing was started."
        case ConsentStatus.EXPIRED:
            return "The time to answer has passed, so nothing was started. They can ask again."
        case _:
            return "This request was withdrawn in the meantime. Your answer changed nothing."


def opted_out(command: CommandNaming) -> str:
    """Return the answer to somebody who is never to be asked; ``command`` names the way back."""
    return (
        "Nobody can restyle your clips with this bot now, on any server. Requests that waited for "
        f"your answer are refused. {command('restyle-privacy')} undoes that."
    )


def not_yours(author: str | None) -> str:
    """Return the answer to somebody else's press."""
    return f"Only {author or 'whoever posted the clip'} can answer this: it is their clip."


UNKNOWN: Final = "This question is no longer open. Your answer changed nothing."
