"""Looks: words with one slot for a person's own, under a name; built in, a server's or one's own.

The house look (``default_look``) is another thing: words without a slot that follow every prompt.
"""

from __future__ import annotations

import enum
import hashlib
import re
from dataclasses import dataclass
from typing import Final

SLOT: Final = "{prompt}"
"""Where in a look's words the person's own go."""
MAX_NAME: Final = 40
"""Characters of a look's name."""
MAX_WORDS: Final = 500
"""Characters of its words; half of what the provider takes; the rest is left for a prompt."""
MOST_LOOKS: Final = 25
"""Looks of one server, and of one person: as many as one menu shows."""

_LONGEST_KEY: Final = 60
_END: Final = frozenset(".!?…")
_BEFORE_SIGN: Final = re.compile(r"\s+([.,;:!?])")
_SIGN_TWICE: Final = re.compile(r"[,;:]\s*(?=[.,;:!?])|(?<=[.!?])\s*[.,;:](?=\s|$)")


class LookOrigin(enum.StrEnum):
    """Whose look it is; the word is the beginning of its key."""

    PERSONAL = "p"
    SERVER = "s"
    BUILT_IN = "b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Words for a clip to be restyled by, and what else is to go with them."""

    name: str
    words: str
    """With ``SLOT`` in it once."""
    seed: int | None = None
    ratio: str | None = None
    """The shape of the result; left out where the model does not offer it."""
    model: str | None = None
    """The provider's model that it was written for; left out where the bot does not have it."""
    picture_job_id: int | None = None
    """The job whose style picture goes along: it is kept in that job's thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedLook:
    """A look that somebody can choose where they are."""

    key: str
    """``b:noir``, ``s:our house``, ``p:123``: origin, and which of them."""
    look: Look

    @property
    def origin(self) -> LookOrigin:
        """Built in, the server's or a person's own."""
        return LookOrigin(self.key[0])


def compose(words: str, prompt: str) -> str:
    """Return a look's words with ``prompt`` in their slot, tidied where that leaves signs alone.

    A prompt that stands before a new sentence ends its own.
    """
    before, _, after = words.partition(SLOT)
    prompt = prompt.strip()
    following = after.lstrip()
    is_sentence = not before.strip() or before.rstrip()[-1] in _END
    if prompt and is_sentence and following[:1].isupper() and prompt[-1] not in _END:
        prompt += "."
    text = " ".join(f"{before}{prompt}{after}".split())
    if not prompt:
        text = _SIGN_TWICE.sub("", _BEFORE_SIGN.sub(r"\1", text))
        text = " ".join(text.split()).strip(" ,;:")
    return text


def shown_words(prompt: str, *, look_name: str | None, own_words: str | None) -> str:
    """Return a prompt as everybody reads it: with a look its name and the person's own words."""
    if look_name is None or not prompt:
        return prompt
    return f"{look_name}: {own_words}" if own_words else look_name


def with_slot(words: str) -> str | None:
    """Return a look's words with exactly one slot, at the end where none was written.

    ``None`` where there are several, so that nobody could tell which is meant.
    """
    words = " ".join(words.split())
    count = words.count(SLOT)
    if count == 0:
        return f"{words} {SLOT}" if words else None
    return words if count == 1 else None


def server_key(name: str) -> str:
    """Return the key of a server's look, short enough for custom ids whatever its name."""
    key = name_key(name)
    if len(key) > _LONGEST_KEY:  # a letter can become three when case is taken off
        key = hashlib.sha256(key.encode()).hexdigest()[:_LONGEST_KEY]
    return f"{LookOrigin.SERVER}:{key}"


def name_key(name: str) -> str:
    """Return a name by which looks are told apart: case and spaces make no difference."""
    return " ".join(name.split()).casefold()
