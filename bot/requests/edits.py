"""What a moderator may do with the words that a clip's author has allowed. No I/O.

The author's yes is to these words. Whoever takes some out shows less of what the author agreed to,
so nobody has to be asked again and the request goes on at once; whoever adds or changes some, or
takes out a "no", makes something else of the clip. For that the request is denied, with a reason,
and the requester asks anew.
"""

from __future__ import annotations

import unicodedata
from typing import Final

_LISTED: Final = (
    "avoid barely cannot devoid except exclude excluding hardly instead lacking less minus neither "
    "never no nobody none nor not nothing nowhere omit remove removed removing skip stop unless "
    "without ain't aren't can't couldn't didn't doesn't don't hadn't hasn't haven't isn't mustn't "
    "needn't shouldn't wasn't weren't won't wouldn't "
    "aucun aucune jamais ne ni pas sans kein keine keinem keinen keiner nicht nichts nie niemals "
    "ohne jamás nada ningún ninguna nunca sin mai nessun nessuna non senza nenhum nenhuma não sem "
    "geen niet zonder ikke inte uden uten utan bez nie нет не ни без никогда"
)
_NEGATIONS: Final = frozenset(_LISTED.replace("'", "").split())
"""Words without which a sentence says the opposite, in the languages that are typed most."""

_LOOK_LIKE: Final = str.maketrans(
    "\u0430\u0441\u0501\u0435\u04bb\u0456\u043a\u043c\u043e\u0440\u0455\u0442"
    "\u0443\u0445\u051d\u03bf\u03bd\u03b9\u03b1\u03c5\u03c1\u03c4\u03ba\u03b7",
    "acdehikmopstyxwoviauptkn",
)
"""Small Cyrillic and Greek letters that look like Latin ones."""


def only_takes_out(before: str, after: str) -> bool:
    """Tell whether ``after`` has only words of ``before``, in their order, and every negation.

    Punctuation and capitals do not count. Scripts that write no spaces have long words here, of
    which nothing can be taken out: rather too strict.
    """
    had, has = _words(before), _words(after)
    left = iter(had)
    if not all(word in left for word in has):
        return False
    return [word for word in had if _negates(word)] == [word for word in has if _negates(word)]


def _words(text: str) -> list[str]:
    whole = unicodedata.normalize("NFKC", text)
    found = ("".join(filter(_counts, word)) for word in whole.casefold().split())
    return [word for word in found if word]


def _counts(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] not in "PCZ" and category != "Lm"  # of which one is an apostrophe


def _negates(word: str) -> bool:
    """Tell whether a word is one; also in letters of another alphabet that look like its own."""
    return word in _NEGATIONS or (not word.isascii() and word.translate(_LOOK_LIKE) in _NEGATIONS)
