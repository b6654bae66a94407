"""Behaviours as short texts, for prompts and for other processes.

Creates:  ``ok`` ``cost`` ``empty`` ``hang`` ``close`` ``500`` ``500-accepted`` ``503`` ``524``
          ``429`` ``429:7`` (Retry-After) ``quota`` ``credits`` ``model``
Polls:    ``PENDING`` ``THROTTLED`` ``RUNNING:0.4`` ``RUNNING:40%`` or any status word; ``missing``
          ``missing:2`` ``missing:3`` ``500`` … ``524`` ``429:5`` ``html`` ``truncated`` ``blank``
          ``301`` ``hang`` ``close``
Ends:     ``ok`` ``no-output`` ``url-in-reason`` ``fail`` ``fail:SAFETY.INPUT.VIDEO``
          ``cancelled`` ``stay:PAUSED``
Outputs:  the values of :class:`~sandbox.standin.behaviours.OutputFault`, or ``ok``

A create or poll may be followed by ``*N``: N times. A prompt chooses with markers:
``[[create:hang]] [[poll:missing*3]] [[fail:SAFETY.INPUT.VIDEO]] [[end:no-output]]
[[output:expired]] [[shape:B]] [[lag:outer]] [[seconds:30]]
[[word:FINISHED]] [[place:metadata.url]]``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sandbox.standin.behaviours import (
    Accept,
    Cancel,
    Close,
    CreateAnswer,
    End,
    Fail,
    Fate,
    Hang,
    HttpAnswer,
    Lag,
    Missing,
    OutputFault,
    Place,
    PollAnswer,
    Report,
    Shape,
    Stay,
    Succeed,
    empty_body,
    html_page,
    model_not_found,
    moved,
    no_credits,
    no_quota,
    rate_limited,
    server_error,
    truncated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_MARKER: Final = re.compile(r"\[\[\s*([a-z-]+)(?::((?:[^\]]|\](?!\]))*?))?\s*\]\]")
_STATUS: Final = re.compile(r"[A-Z_]+")

_CREATES: Final[Mapping[str, Callable[[], CreateAnswer]]] = {
    "ok": Accept,
    "cost": lambda: Accept(with_cost=True),
    "empty": lambda: Accept(with_id=False),
    "500-accepted": lambda: server_error(accepted=True),
    "quota": no_quota,
    "credits": no_credits,
    "model": model_not_found,
}
_POLLS: Final[Mapping[str, Callable[[], PollAnswer]]] = {
    "html": html_page,
    "truncated": truncated,
    "blank": empty_body,
    "301": moved,
}
_ENDS: Final[Mapping[str, Callable[[], End]]] = {
    "ok": Succeed,
    "no-output": lambda: Succeed(with_output=False),
    "url-in-reason": lambda: Succeed(url_in_reason=True),
    "cancelled": Cancel,
}


def _split(text: str) -> tuple[str, str, int]:
    text, _, times = text.partition("*")
    name, _, argument = text.partition(":")
    return name.strip(), argument.strip(), int(times or 1)


def _fault(name: str, argument: str) -> HttpAnswer | Hang | Close:
    if name == "hang":
        return Hang()
    if name == "close":
        return Close()
    if name == "429":
        return rate_limited(int(argument) if argument else None)
    if re.fullmatch(r"5\d\d", name):
        return server_error(int(name))
    raise ValueError(f"no such behaviour: {name!r}")


def parse_creates(texts: Iterable[str]) -> list[CreateAnswer]:
    """Read answers to creates.

    Raises:
        ValueError: A text names no behaviour.
    """
    answers: list[CreateAnswer] = []
    for name, argument, times in map(_split, texts):
        make = _CREATES.get(name)
        answers += [make() if make else _fault(name, argument)] * times
    return answers


def parse_polls(texts: Iterable[str]) -> list[PollAnswer]:
    """Read answers to polls.

    Raises:
        ValueError: A text names no behaviour.
    """
    answers: list[PollAnswer] = []
    for name, argument, times in map(_split, texts):
        answer: PollAnswer
        if name == "missing":
            answer = Missing(int(argument or 1))
        elif name in _POLLS:
            answer = _POLLS[name]()
        elif _STATUS.fullmatch(name):
            is_text = argument.endswith("%")
            answer = Report(name, argument if is_text else float(argument) if argument else None)
        else:
            answer = _fault(name, argument)
        answers += [answer] * times
    return answers


def parse_end(text: str) -> End:
    """Read how a task ends.

    Raises:
        ValueError: The text names no end.
    """
    name, argument, _ = _split(text)
    if name == "fail":
        return Fail(argument or None)
    if name == "stay":
        return Stay(argument or "PAUSED")
    if name not in _ENDS:
        raise ValueError(f"no such end: {text!r}")
    return _ENDS[name]()


def parse_output(text: str) -> OutputFault | None:
    """Read what goes wrong with an output; ``ok`` is ``None``.

    Raises:
        ValueError: The text names no fault.
    """
    return None if text == "ok" else OutputFault(text)


def parse_fate(data: Mapping[str, Any]) -> Fate:
    """Read a task's fate: keys as in :class:`Fate`, values as texts.

    Raises:
        ValueError: A text names no behaviour.
    """
    return Fate(
        polls=tuple(parse_polls(data.get("polls", ()))),
        end=parse_end(data.get("end", "ok")),
        output=parse_output(data.get("output", "ok")),
        shape=Shape(data["shape"]) if data.get("shape") else None,
        lag=Lag(data.get("lag", "none")),
        task_seconds=None if data.get("task_seconds") is None else float(data["task_seconds"]),
        word=data.get("word"),
        place=Place(data["place"]) if data.get("place") else None,
    )


def read_markers(prompt: str) -> tuple[CreateAnswer | None, Fate | None]:
    """Return what the prompt's markers ask for; ``None`` where they ask for nothing.

    Raises:
        ValueError: A marker names no behaviour.
    """
    create: CreateAnswer | None = None
    fate: dict[str, Any] = {}
    for name, argument in _MARKER.findall(prompt):
        if name == "create":
            create = parse_creates([argument])[0]
        elif name == "poll":
            fate.setdefault("polls", []).append(argument)
        elif name == "fail":
            fate["end"] = f"fail:{argument}"
        elif name == "seconds":
            fate["task_seconds"] = argument
        elif name in {"end", "output", "shape", "lag", "word", "place"}:
            fate[name] = argument
        else:
            raise ValueError(f"no such marker: {name!r}")
    return create, parse_fate(fate) if fate else None


def strip_markers(prompt: str) -> str:
    """Return the prompt without its markers, for the choice of a look."""
    return _MARKER.sub("", prompt).strip()
