"""The sentences about a file of settings that cannot be taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.policy.exchange import MAX_FILE_BYTES, MAX_VALUES, VERSION
from bot.policy.problems import FileFlaw, FileProblem
from bot.requests.text_safety import cut, harmless

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.policy.problems import Problem, SettingsFileError

MAX_CHARACTERS: Final = 2_000
_SHOWN: Final = 12
_NAME_CHARACTERS: Final = 60


def file_problem(problem: FileProblem) -> str:
    """Return what is wrong with the file, in a sentence."""
    where = harmless(cut(problem.where, _NAME_CHARACTERS))
    match problem.flaw:
        case FileFlaw.TOO_LARGE:
            return f"The file is larger than {MAX_FILE_BYTES // 1024} KB. Settings need far less."
        case FileFlaw.NOT_TEXT:
            return "The file is not UTF-8 text."
        case FileFlaw.NOT_JSON:
            return f"The file is not valid JSON at {where}."
        case FileFlaw.NOT_A_NUMBER:
            return f"{where} is not a number."
        case FileFlaw.TOO_DEEP:
            return "The file has too many brackets inside each other."
        case FileFlaw.NOT_SETTINGS:
            return "The file does not contain settings of this bot."
        case FileFlaw.WRONG_VERSION:
            says = f"is version {where}" if where else "names no version"
            return f"The file {says}; this bot reads version {VERSION}."
        case FileFlaw.UNKNOWN_PART:
            return f'There is no part called "{where}", only server, channels and roles.'
        case FileFlaw.TWICE:
            return f'"{where}" is there twice.'
        case FileFlaw.NOT_AN_OBJECT:
            return f'"{where}" must be an object: names and values in {{ }}.'
        case FileFlaw.BAD_ID:
            return f'"{where}" is not the id of a channel or role.'
        case FileFlaw.TOO_MANY:
            return f"The file has more than {MAX_VALUES:,} settings."


def refused_file(error: SettingsFileError, *, explain: Callable[[Problem], str]) -> str:
    """Return everything that is wrong with a file: at most ``MAX_CHARACTERS``.

    Args:
        error: What is wrong.
        explain: Returns the sentence about a setting that cannot be set so.
    """
    lines = [
        file_problem(problem) if isinstance(problem, FileProblem) else explain(problem)
        for problem in error.problems[:_SHOWN]
    ]
    rest = len(error.problems) - len(lines)
    more = [f"And {rest:,} more."] if rest else []
    head = "That file was not imported. Nothing was changed."
    room = MAX_CHARACTERS - len(head) - sum(map(len, more)) - 2
    listed = cut("\n".join(f"- {line}" for line in lines), room)
    return "\n".join([head, listed, *more])
