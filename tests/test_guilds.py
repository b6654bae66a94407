"""The rules of a server's settings, and the sentences about them."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import guild_texts
from bot.guilds import (
    THRESHOLDS,
    BadNumber,
    Fault,
    GuildSettings,
    SettingChange,
    last_action,
    read_limit,
    undoing,
)
from bot.moderation import Decider
from bot.validation import Limit

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)
MEBIBYTE = 1024 * 1024


def changed(name, before, after, *, user_id=1, at=NOON):
    return SettingChange(
        guild_id=9,
        user_id=user_id,
        changed_at=at,
        name=name,
        before=json.dumps(before),
        after=json.dumps(after),
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("25", 25),
        (" 12.5 ", 12.5),
        ("12,5", 12.5),
        ("10 MB", 10),
        ("10mib", 10),
        ("8 s", 8),
        ("8 seconds", 8),
        ("1", 1),
        ("32", 32),
        ("", None),
        ("  ", None),
    ],
)
def test_limits_are_read_as_people_type_them(text, number):
    assert read_limit(text, lowest=1, highest=32) == number


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("0.99", Fault.TOO_LOW),
        ("0", Fault.TOO_LOW),
        ("32.01", Fault.TOO_HIGH),
        ("999999999", Fault.TOO_HIGH),
        ("-1", Fault.NOT_A_NUMBER),
        ("1e9", Fault.NOT_A_NUMBER),
        ("nan", Fault.NOT_A_NUMBER),
        ("inf", Fault.NOT_A_NUMBER),
        ("1.2.3", Fault.NOT_A_NUMBER),
        ("1 000", Fault.NOT_A_NUMBER),
        ("٣", Fault.NOT_A_NUMBER),
        ("10 GB", Fault.NOT_A_NUMBER),
        ("9" * 400, Fault.NOT_A_NUMBER),
    ],
)
def test_limits_that_cannot_be_set_say_what_is_wrong(text, fault):
    bad = read_limit(text, lowest=1, highest=32)
    assert isinstance(bad, BadNumber)
    assert bad.fault is fault


@given(st.text(max_size=20))
def test_whatever_is_typed_is_a_number_within_the_range_or_refused(text):
    number = read_limit(text, lowest=1, highest=32)
    assert number is None or isinstance(number, BadNumber) or 1 <= number <= 32


def test_an_action_is_everything_that_one_person_changed_at_once():
    size = changed("max_video_bytes", None, 5)
    length = changed("max_video_seconds", None, 3)
    earlier = changed("default_ratio", None, "960:960", at=NOON - timedelta(seconds=1))
    assert last_action([size, length, earlier]) == (size, length)


def test_an_action_is_one_persons():
    mine, theirs = changed("default_ratio", None, "a"), changed("max_video_bytes", 1, 2, user_id=2)
    assert last_action([mine, theirs]) == (mine,)


def test_two_changes_of_one_setting_are_two_actions():
    second = changed("default_ratio", "a", "b")
    assert last_action([second, changed("default_ratio", None, "a")]) == (second,)


def test_without_changes_there_is_no_action():
    assert last_action([]) == ()


def test_undoing_gives_each_setting_its_old_value_in_its_own_type():
    action = [
        changed("allowed_channel_ids", [1, 2], []),
        changed("max_video_bytes", None, 5),
        changed("public_figure_threshold", "auto", "low"),
    ]
    assert undoing(action) == {
        "allowed_channel_ids": frozenset({1, 2}),
        "max_video_bytes": None,
        "public_figure_threshold": "auto",
    }


def test_every_threshold_is_explained():
    for threshold in THRESHOLDS:
        assert len(guild_texts.THRESHOLD_LABELS[threshold]) <= 100
        assert len(guild_texts.THRESHOLD_DESCRIPTIONS[threshold]) <= 100


def test_low_is_explained_without_promising_more_than_it_does():
    text = guild_texts.public_figures(GuildSettings(guild_id=1))
    assert "recognisable public figures" in text
    assert "loosens nothing else" in text
    assert "not their consent" in text


def test_a_servers_name_cannot_ping_or_format():
    title = guild_texts.title("@everyone [x](https://evil.example) <@1>")
    assert "@everyone" not in title
    assert "<@1>" not in title
    assert "https://" not in title


def test_a_limit_above_a_lowered_ceiling_says_which_holds():
    settings = GuildSettings(guild_id=1, max_video_bytes=50 * MEBIBYTE, max_video_seconds=60)
    text = guild_texts.clip_limits(
        settings,
        size_limit=Limit(value=32 * MEBIBYTE, decided_by=Decider.OPERATOR),
        length_limit=Limit(value=30, decided_by=Decider.PROVIDER),
    )
    assert "up to **32 MB** · the bot's default" in text
    assert "This server's 50 MB is above that." in text
    assert "up to **30 s** · the video provider takes no more" in text
    assert "This server's 1 min is above that." in text


def test_a_ratio_that_the_model_no_longer_offers_is_said_to_be_void():
    text = guild_texts.shape(GuildSettings(guild_id=1, default_ratio="9:9"), labels={"1:1": "1"})
    assert "Now: **the provider's default**" in text
    assert "This server chose 9:9; the bot's model does not offer it." in text


def test_a_server_whose_channels_are_all_gone_is_told_so():
    settings = GuildSettings(guild_id=1, allowed_channel_ids=frozenset({5}))
    assert "nobody can use the command" in guild_texts.channels(settings, missing={5})


def test_long_lists_of_channels_are_cut_in_the_record_of_changes():
    line = guild_texts.change(changed("allowed_channel_ids", [], list(range(1, 26))))
    assert line.endswith("Channels: everywhere → <#1>, <#2>, <#3> and 22 more")


def test_hints_fit_under_their_fields():
    limit = Limit(value=2000 * MEBIBYTE, decided_by=Decider.OPERATOR)
    assert len(guild_texts.size_hint(limit)) <= 100
    assert len(guild_texts.length_hint(Limit(value=86_399, decided_by=Decider.OPERATOR))) <= 100
