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
    "avoid exclude excluding except isn't neither never no nobody none nor not nothing without "
    "aucun aucune jamais ne ni pas sans kein keine keinem keinen keiner nicht nichts nie niemals "
    "ohne jamás nada ningún ninguna nunca sin mai nessun nessuna non senza nenhum nenhuma não sem "
    "geen niet zonder ikke inte uden uten utan bez nie нет не ни без никогда"
)
_NEGATIONS: Final = frozenset(_LISTED.split())
"""Words without which a sentence says the opposite, in the languages that are typed most."""


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
    found = ("".join(filter(_counts, word)) for word in text.casefold().split())
    return [word for word in found if word]


def _counts(character: str) -> bool:
    return character in "'\u2019" or unicodedata.category(character)[0] not in "PCZ"


def _negates(word: str) -> bool:
    return word in _NEGATIONS or word.replace("\u2019", "'").endswith("n't")
