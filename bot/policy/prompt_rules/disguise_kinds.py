"""The kinds of disguise that words are found through, each of which moderators can switch off."""

from __future__ import annotations

import enum
from typing import Final


class Disguise(enum.StrEnum):
    """One kind of disguise; the setting ``disguise_…`` of the same word switches it.

    What nobody sees (zero-width characters, blank letters, Discord's markdown) is no kind of its
    own: it is always seen through, because no honest prompt needs it inside a word.
    """

    LETTERS = "letters"  # of other alphabets, accents, capital I for l, circles for o
    DIGITS = "digits"  # and signs, for letters
    GAPS = "gaps"  # b l o o d, b.l.o.o.d, b lood
    PIECES = "pieces"  # blo od
    REPEATS = "repeats"  # bloooood


EVERY_DISGUISE: Final = frozenset(Disguise)
