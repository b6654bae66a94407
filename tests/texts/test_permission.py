"""Who may do what, in words."""

from pathlib import Path

import pytest

from bot.domain.permissions import Action
from bot.texts.permission import ACTIONS, page, refused, who_may

PAGE = Path(__file__).parents[2] / "docs" / "permissions.md"


def test_the_page_in_the_docs_says_what_the_code_does():
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make permissions`"


def test_every_action_has_its_row():
    assert set(ACTIONS) == set(Action)
    assert page().count("\n| ") >= len(Action)


@pytest.mark.parametrize("action", list(Action))
def test_a_refusal_says_in_a_sentence_who_may(action):
    assert refused(action).startswith("This is for ")
    assert refused(action).endswith(".")
    assert len(refused(action)) < 200


def test_managers_are_named_only_where_moderators_are_not():
    assert who_may(Action.CANCEL) == (
        "whoever asked for the clip and this server's moderators "
        "(Manage Messages, or a reviewer role)"
    )
    assert who_may(Action.BLOCK) == "members with Manage Server and the bot's owner"
