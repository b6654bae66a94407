"""What prompt rules see through, and what they take for bad by mistake, as tables of Markdown.

    python -m bench.words
    python -m bench.words --write docs/moderators.md

The words, their disguises and the innocent sentences are those of the tests.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.page import table
from bot.policy.prompt_rules.disguises import Reading
from tests.policy.word_corpus import INNOCENT_WORDS, WORDS, disguised, sentences

BEGIN: Final = "<!-- words: begin -->"
END: Final = "<!-- words: end -->"

_KINDS: Final = {
    "letters": "Look-alike letters",
    "digits": "Digits and signs",
    "gaps": "Letters apart",
    "pieces": "Words in pieces",
    "repeats": "Repeated letters",
    "hidden": "Hidden characters, markdown (always)",
    "scripts": "Another script right beside it (always)",
}


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many disguises of a kind were tried, and how many were seen through."""

    kind: str
    seen: int
    tried: int
    missed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LanguageCount:
    """How many innocent sentences of a language were read, and which were taken for bad."""

    language: str
    sentences: int
    alarmed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """Both tables."""

    kinds: tuple[KindCount, ...]
    languages: tuple[LanguageCount, ...]

    @property
    def seen_share(self) -> float:
        """The share of disguises that were seen through, from 0 to 1."""
        return sum(one.seen for one in self.kinds) / sum(one.tried for one in self.kinds)

    @property
    def sentences(self) -> int:
        """How many innocent sentences were read."""
        return sum(one.sentences for one in self.languages)

    @property
    def alarmed(self) -> tuple[str, ...]:
        """The innocent sentences that were taken for bad."""
        return tuple(text for one in self.languages for text in one.alarmed)

    @property
    def alarms(self) -> int:
        """How many those are."""
        return len(self.alarmed)


def measure() -> Measurement:
    """Read every disguise of every word, and every innocent sentence for every word."""
    tried: dict[str, list[tuple[str, bool]]] = {kind: [] for kind in _KINDS}
    for word in WORDS:
        for kind, _, text in disguised(word):
            tried[kind].append((text, Reading(f"now {text} please").has(word)))
    languages = []
    for language, texts in sentences().items():
        readings = [(text, Reading(text)) for text in texts]
        alarmed = [text for text, one in readings if any(map(one.has, INNOCENT_WORDS))]
        languages.append(LanguageCount(language, len(texts), tuple(alarmed)))
    kinds = (
        KindCount(
            kind,
            sum(found for _, found in of_kind),
            len(of_kind),
            tuple(text for text, found in of_kind if not found),
        )
        for kind, of_kind in tried.items()
    )
    return Measurement(tuple(kinds), tuple(languages))


def report(found: Measurement) -> str:
    """Return both tables."""
    rows = [
        (_KINDS[one.kind], f"{one.seen} of {one.tried}", f"{one.seen / one.tried:.1%}")
        for one in found.kinds
    ]
    seen, tried = (sum(getattr(one, name) for one in found.kinds) for name in ("seen", "tried"))
    rows.append(("**All**", f"{seen} of {tried}", f"{found.seen_share:.1%}"))
    lines = table(("Disguise", "Found", ""), rows)
    alarms = [(one.language, str(one.sentences), str(len(one.alarmed))) for one in found.languages]
    alarms.append(("**All**", str(found.sentences), str(found.alarms)))
    lines += ["", *table(("Innocent sentences in", "Read", "Refused by mistake"), alarms)]
    return "\n".join(lines)


def main() -> None:
    """Print the tables, or write them into a page between its two marks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="the page to write them into")
    parser.add_argument("--missed", action="store_true", help="also print what was missed")
    args = parser.parse_args()
    found = measure()
    text = report(found)
    if args.write is None:
        print(text)
    else:
        page = args.write.read_text(encoding="utf-8")
        before, _, rest = page.partition(BEGIN)
        _, _, after = rest.partition(END)
        args.write.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")
    if args.missed:
        for one in found.kinds:
            print(one.kind, *map(repr, one.missed))


if __name__ == "__main__":
    main()
