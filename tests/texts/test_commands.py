"""How sentences name commands: to be clicked by whoever may use them, once Discord told the ids."""

import ast
import re
from pathlib import Path

import pytest

import bot
from bot.domain.jobs import CancelReason, Charge, FailureReason
from bot.domain.quotas import Decider
from bot.requests.validation import Refusal, Rule
from bot.texts import history as history_texts
from bot.texts import outcome as outcome_texts
from bot.texts.commands import CommandMentions, clickable
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


def test_what_also_stands_in_a_log_is_made_clickable_for_the_owner(mentions):
    text = "Settle it with `/restyle-settings test`, not `RUNWAY_MODEL` or `/srv/restyle`."
    assert clickable(text, mentions.of) == (
        "Settle it with </restyle-settings test:8>, not `RUNWAY_MODEL` or `/srv/restyle`."
    )


PLAIN = {
    "bot/texts/help.py": "a text to be copied, in a block of code",
    "bot/texts/looks.py": "the description of an option",
    "bot/texts/permission.py": "the page of permissions, in the documents",
    "bot/texts/provider.py": "for the log as well; `clickable` makes a message of it",
}
"""Where a command stands as it is typed, and why."""
_COMMAND = re.compile(r"(?<![\w/:])/restyle(-[a-z]+)?\b")


def _names_a_command(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return any(
        _COMMAND.search(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if node not in docstrings
    )


def test_a_sentence_leaves_to_its_caller_how_a_command_is_named():
    """Not ``"/restyle"``, but ``command("restyle")``; or ``plainly``, to who may not use it."""
    root = Path(bot.__file__).parent.parent
    modules = [
        path for room in ("bot/texts", "cogs") for path in sorted((root / room).rglob("*.py"))
    ]
    found = {str(path.relative_to(root)) for path in modules if _names_a_command(path)}
    assert found == set(PLAIN)
