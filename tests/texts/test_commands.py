"""How sentences name commands: to be clicked by whoever may use them, once Discord told the ids."""

import pytest

from bot.domain.jobs import CancelReason, Charge, FailureReason
from bot.domain.quotas import Decider
from bot.requests.validation import Refusal, Rule
from bot.texts import history as history_texts
from bot.texts import outcome as outcome_texts
from bot.texts.commands import CommandMentions
from bot.texts.refusal import refusal


@pytest.fixture
def mentions():
    found = CommandMentions()
    found.learn({"restyle": 7, "restyle-settings": 8, "restyle-privacy": 9, "restyle-usage": 10})
    return found


def test_a_command_is_named_plainly_until_discord_has_told_its_id(mentions):
    unknown = CommandMentions()
    assert (unknown.are_known, unknown.of("restyle")) == (False, "/restyle")
    assert (mentions.are_known, mentions.of("restyle")) == (True, "</restyle:7>")
    assert mentions.of("restyle-looks") == "/restyle-looks"


def test_a_part_of_a_command_has_the_id_of_the_whole(mentions):
    assert mentions.of("restyle-settings test") == "</restyle-settings test:8>"


def test_a_refusal_brings_the_next_step_a_click_away(mentions):
    for rule in (Rule.JOB_UNKNOWN, Rule.JOB_ELSEWHERE, Rule.JOB_SOURCE_GONE, Rule.REQUEST_GONE):
        assert "</restyle:7>." in refusal(Refusal(rule=rule), mentions.of), rule
        assert "/restyle." in refusal(Refusal(rule=rule)), rule
    closed = Refusal(rule=Rule.SERVER_NOT_SERVED, words=("1",))
    assert "</restyle-privacy:9>" in refusal(closed, mentions.of)


def test_what_only_moderators_may_use_is_no_link_for_members(mentions):
    too_big = Refusal(rule=Rule.VIDEO_TOO_BIG, value=9.0, limit=1.0, decided_by=Decider.MODERATORS)
    assert "(/restyle-settings)" in refusal(too_big, mentions.of)


def test_ends_and_empty_lists_bring_the_next_step_a_click_away(mentions):
    gone = outcome_texts.failure(FailureReason.SOURCE_GONE, Charge.NO, command=mentions.of)
    assert "Attach it again with </restyle:7>." in gone
    dear = outcome_texts.cancelled(
        CancelReason.TOO_DEAR, spent=False, model="m", price=1, command=mentions.of
    )
    assert any("</restyle-usage:10>" in line for line in dear)
    none = history_texts.heading(
        "own", "all", "", is_empty=True, is_first=True, command=mentions.of
    )
    assert "Type </restyle:7>, attach" in none
