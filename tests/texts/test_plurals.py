"""One of a thing is said in the singular, wherever a sentence counts."""

import re

import pytest

from bot.domain.usage import GuildSpend
from bot.texts import clip as clip_texts
from bot.texts import help as help_texts
from bot.texts import owner as owner_texts
from bot.texts import panel_answer, privacy, review, usage
from bot.texts.common import counted
from tests.texts.test_common import a_job

MANY = 1_234
MOST_LINES = 10
MOST_SERVERS = 20


def servers(count):
    return [GuildSpend(guild_id=one, jobs=2, committed=0, reserved=0) for one in range(count)]


COUNTING = {
    "a noun": lambda n: counted(n, "day"),
    "clips": usage.clips,
    "deleted clips": lambda n: clip_texts.deleted_for_log(a_job(), count=n, days=30),
    "changes to be saved": lambda n: panel_answer.proposed(["x"] * (MOST_LINES + n), ""),
    "servers": lambda n: "\n".join(owner_texts.spend([], servers(MOST_SERVERS + n), {})),
    "days of words": lambda n: "\n".join(help_texts.data(command="/x", words_days=float(n))),
    "files": privacy.still_removed,
    "requests": review.folded,
}


@pytest.mark.parametrize("what", COUNTING)
def test_one_is_no_plural(what):
    words = COUNTING[what](1)
    assert re.search(r"\b(1|[Oo]ne) (more )?[a-z]+[^s]\b", words), words
    assert not re.search(r"\b1 (more )?[a-z]+s\b", words), words


@pytest.mark.parametrize("what", COUNTING)
def test_many_are(what):
    assert re.search(r"\b1,?234 (more )?[a-z]+s\b", COUNTING[what](MANY))
