"""The sentences about a server's settings."""

from datetime import UTC, datetime

import pytest

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS, parse, to_json
from bot.policy.changes import PolicyChange
from bot.policy.problems import SERVER, UNSET, Flaw, Problem, Target
from bot.policy.topics import Topic
from bot.policy.values import Choice
from bot.texts import panel as panel_texts
from bot.texts import policy as policy_texts

MEBIBYTE = 1024 * 1024
NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
VIDEOS = Target(Scope.CHANNEL, 5)


def changed(name, before, after, target=SERVER):
    return PolicyChange(
        id=1,
        guild_id=9,
        user_id=1,
        changed_at=NOON,
        scope=target.scope,
        scope_id=target.scope_id,
        name=name,
        before=None if before is UNSET else to_json(name, before),
        after=None if after is UNSET else to_json(name, after),
    )


PROBLEMS = [
    Problem(name="max_vidio", flaw=Flaw.UNKNOWN, value=3),
    parse("strike_days", 3, VIDEOS),
    parse("strike_days", "three"),
    parse("keep_sound", 1),
    parse("review_mode", "sometimes"),
    parse("strike_days", None),
    parse("strike_days", 0),
    parse("strike_days", 91),
    parse("default_look", "x" * 201),
    parse("allowed_channel_ids", list(range(1, 30))),
    parse("default_look", " "),
    parse("prompt_rules", [{"kind": "pattern", "text": "(", "action": "refuse"}]),
    Problem(name="prompt_rules", flaw=Flaw.SLOW_PATTERN, entry=2),
    Problem(name="jobs_per_day", flaw=Flaw.ABOVE_CEILING, value=None, highest=10),
]


def test_every_flaw_has_a_sentence():
    assert {one.flaw for one in PROBLEMS} == set(Flaw)
    lines = [policy_texts.problem(one) for one in PROBLEMS]
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert line[-1] == "."
        assert len(line) <= 250
        assert "!" not in line
        assert "None" not in line


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (
            Problem(
                name="max_video_bytes",
                flaw=Flaw.ABOVE_CEILING,
                value=100 * MEBIBYTE + 1,
                highest=100 * MEBIBYTE,
            ),
            "allows up to 100 MB",
        ),
        (
            Problem(name="keep_sound", flaw=Flaw.NOT_HERE, target=Target(Scope.ROLE, 7)),
            "Keep the sound for <@&7>: it cannot be set there, only for the whole server or "
            "a channel.",
        ),
    ],
)
def test_a_problem_names_what_where_and_who(found, words):
    assert words in policy_texts.problem(found)


def test_what_was_typed_can_neither_ping_nor_format():
    found = Problem(name="strike_days", flaw=Flaw.WRONG_KIND, value="@everyone **x**", words=("7",))
    assert "@everyone" not in policy_texts.problem(found)
    assert "**x**" not in policy_texts.problem(found)
    found = Problem(name="@everyone", flaw=Flaw.UNKNOWN)
    assert "@everyone" not in policy_texts.problem(found)


def test_very_many_problems_fit_into_one_message():
    words = policy_texts.not_saved([Problem(name="x" * 500, flaw=Flaw.UNKNOWN)] * 100)
    assert len(words) <= 2000
    assert words.endswith("Nothing was changed.")


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (UNSET, None, "nothing set → unlimited"),
        (None, 0, "unlimited → 0 clips"),
        (0, 1, "0 clips → 1 clip"),
        (1000, UNSET, "1,000 clips → nothing set"),
    ],
)
def test_zero_unlimited_and_nothing_set_read_differently(before, after, words):
    line = policy_texts.change(changed("jobs_per_day", before, after, VIDEOS))
    assert line == f"Clips a day for <#5>: {words}"


def test_a_change_by_a_version_that_knew_more_is_told_all_the_same():
    found = changed("strike_days", UNSET, 3)
    for name, after in (("gone", "1"), ("strike_days", '"what"')):
        broken = PolicyChange(
            **{key: getattr(found, key) for key in PolicyChange.__slots__}
            | {"name": name, "after": after}
        )
        assert "changed by another version" in policy_texts.change(broken)


def test_a_change_of_many_channels_names_only_a_few():
    line = policy_texts.change(changed("allowed_channel_ids", UNSET, frozenset(range(1, 26))))
    assert line == "Channels allowed: nothing set → <#1>, <#2>, <#3> and 22 more"


def test_every_word_of_every_choice_is_explained():
    for name, one in SETTINGS.items():
        if isinstance(one.kind, Choice):
            assert set(policy_texts.CHOICES[name]) == set(one.kind.words)


def test_every_topic_has_a_title_and_a_description():
    assert set(panel_texts.TOPICS) == set(Topic)
    assert all(0 < len(one) <= 100 for words in panel_texts.TOPICS.values() for one in words)


def test_a_servers_name_can_neither_ping_nor_link():
    words = panel_texts.heading("@everyone [x](https://evil.example) <@1>", SERVER, [])
    assert "@everyone" not in words
    assert "<@1>" not in words.replace(r"\<", "")
    assert "https://" not in words
