"""A server's own looks, and the built-in ones that it has switched off, as values of settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from bot.domain.built_in_looks import BUILT_IN
from bot.domain.looks import MAX_NAME, MAX_WORDS, MOST_LOOKS, Look, name_key, with_slot
from bot.policy.problems import Flaw
from bot.policy.values import MAX_ID, BadValueError, Kind, Ratio
from bot.requests.text_safety import is_blank, one_line
from bot.requests.validation import MAX_SEED

MAX_MODEL: Final = 60
_TAKES: Final = (
    "an object with name and words, and with seed, shape, model or picture if it has any"
)
_KEYS: Final = frozenset({"name", "words", "seed", "shape", "model", "picture"})
_RATIO: Final = Ratio()


def _look(value: object, entry: int | None) -> Look:
    if not isinstance(value, dict) or not {"name", "words"} <= value.keys() <= _KEYS:
        raise BadValueError(Flaw.WRONG_KIND, words=(_TAKES,), entry=entry)
    words = with_slot(_line(value["words"], MAX_WORDS, entry))
    if words is None:
        raise BadValueError(Flaw.WRONG_KIND, words=("words with {prompt} once",), entry=entry)
    if len(words) > MAX_WORDS:  # by the slot, without which no form could show them again
        raise BadValueError(Flaw.TOO_LONG, highest=MAX_WORDS, entry=entry)
    model = value.get("model")
    return Look(
        name=_line(value["name"], MAX_NAME, entry),
        words=words,
        seed=_whole(value.get("seed"), MAX_SEED, entry),
        ratio=_ratio(value.get("shape"), entry),
        model=None if model is None else _line(model, MAX_MODEL, entry),
        picture_job_id=_whole(value.get("picture"), MAX_ID, entry),
    )


def _line(value: object, longest: int, entry: int | None) -> str:
    if not isinstance(value, str):
        raise BadValueError(Flaw.WRONG_KIND, words=("words as text",), entry=entry)
    line = one_line(value)
    if is_blank(line):
        raise BadValueError(Flaw.EMPTY, entry=entry)
    if len(line) > longest:
        raise BadValueError(Flaw.TOO_LONG, highest=longest, entry=entry)
    return line


def _whole(value: object, highest: int, entry: int | None) -> int | None:
    if value is None:
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
        raise BadValueError(Flaw.WRONG_KIND, words=(f"a number up to {highest}",), entry=entry)
    return value


def _ratio(value: object, entry: int | None) -> str | None:
    try:
        return None if value is None else _RATIO.parse(value)
    except BadValueError as exc:
        raise BadValueError(exc.flaw, words=exc.words, entry=entry) from None


def check_look(value: object) -> Look:
    """Return a look that somebody wrote, given as a settings file has it.

    Raises:
        BadValueError: It is none: no words, several slots, a name that is too long.
    """
    return _look(value, None)


def plain_look(look: Look) -> dict[str, Any]:
    """Return a look as JSON takes it; ids in quotes, because many programs round large numbers."""
    picture = look.picture_job_id
    found = {
        "name": look.name,
        "words": look.words,
        "seed": look.seed,
        "shape": look.ratio,
        "model": look.model,
        "picture": str(picture) if picture is not None else None,
    }
    return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class LookList(Kind):
    """A list of looks in the order in which people see them.

    Each is an object with ``name``, ``words`` and, where it has them, ``seed``, ``shape``,
    ``model`` and ``picture``.
    """

    def parse(self, value: Any) -> tuple[Look, ...]:  # noqa: ANN401 - as in ``Kind``
        """Return the looks; of two of one name there is none."""
        if not isinstance(value, list | tuple):
            raise BadValueError(Flaw.WRONG_KIND, words=("a list of looks",))
        if len(value) > MOST_LOOKS:
            raise BadValueError(Flaw.TOO_MANY, highest=MOST_LOOKS)
        looks = tuple(
            one if isinstance(one, Look) else _look(one, entry)
            for entry, one in enumerate(value, 1)
        )
        names: set[str] = set()
        for entry, look in enumerate(looks, 1):
            if name_key(look.name) in names:
                raise BadValueError(
                    Flaw.WRONG_KIND, words=("another name than those before it",), entry=entry
                )
            names.add(name_key(look.name))
        return looks

    def dump(self, value: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - as in ``Kind``
        """Return the looks as JSON takes them."""
        return [plain_look(look) for look in value]


@dataclass(frozen=True, slots=True)
class BuiltInLookKeys(Kind):
    """Some of the built-in looks, by the words of their keys."""

    def parse(self, value: Any) -> frozenset[str]:  # noqa: ANN401 - as in ``Kind``
        """Take a list in which one may stand twice."""
        if not isinstance(value, list | tuple | set | frozenset):
            raise BadValueError(Flaw.WRONG_KIND, words=("a list of built-in looks",))
        for entry, one in enumerate(value, 1):
            if not isinstance(one, str) or one not in BUILT_IN:
                raise BadValueError(Flaw.NOT_OFFERED, words=tuple(BUILT_IN), entry=entry)
        return frozenset(value)

    def dump(self, value: Any) -> list[str]:  # noqa: ANN401 - as in ``Kind``
        """Return them in order, so that equal sets are equal texts."""
        return sorted(value)

    def load(self, value: Any) -> frozenset[str]:  # noqa: ANN401 - as in ``Kind``
        """Return them without those that this version does not have."""
        if not isinstance(value, list):
            raise ValueError("not a list of built-in looks")  # noqa: TRY004 - as ``Kind`` says
        return frozenset(one for one in value if one in BUILT_IN)
