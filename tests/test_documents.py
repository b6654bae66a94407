"""What the documents name is there: files, links, make targets."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob(".github/*.md")]
HISTORY = {"CHANGELOG.md"}
"""It tells of what was; files may have other names since."""
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def named(path):
    return path.relative_to(ROOT).as_posix()


def words(document):
    """Return the document without what `git show` is asked for: names of older commits."""
    return re.sub(r"`git show [^`]*`", "", document.read_text(encoding="utf-8"))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_file_that_a_document_names_is_there(document):
    if named(document) in HISTORY:
        return
    places = set(
        re.findall(r"\b(?:bot|cogs|tests|sandbox|bench|docs)/[\w./-]*[\w/]", words(document))
    )
    missing = {
        place
        for place in places
        if not re.search(r"[A-Z]{4}|r0004", place) and not (ROOT / place).exists()
    }
    assert not missing, "\n" + "\n".join(sorted(missing))


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_link_inside_the_repository_leads_somewhere(document):
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", document.read_text(encoding="utf-8"))
    missing = {link for link in links if not (document.parent / link).exists()}
    assert not missing, "\n" + "\n".join(sorted(missing))


def test_what_people_read_of_money_is_what_the_page_says():
    sentences = "\n".join(path.read_text("utf-8") for path in (ROOT / "bot/texts").glob("*.py"))
    sentences = re.sub(r'"\n\s*f?"', "", sentences)
    quoted = re.findall(r"“([^”]+)”", (ROOT / "docs/money.md").read_text("utf-8"))
    assert quoted
    assert [text for text in quoted if text not in sentences] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_make_target_that_a_document_names_is_one(document):
    used = set(
        re.findall(r"(?:^|`)make ([a-z][a-z-]*)", document.read_text(encoding="utf-8"), re.M)
    )
    assert used <= TARGETS, used - TARGETS
