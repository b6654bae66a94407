"""The forms of the settings panel: numbers, words, prompt rules."""

import pytest

from bot.policy.problems import UNSET
from bot.policy.prompt_rules.rules import RuleAction, RuleKind
from tests.cogs.conftest import said
from tests.cogs.panels import DOLLAR, MEBIBYTE


def fields_of(form):
    """The components of a form by their custom ids."""
    parts = [label["component"] for label in form.modal["components"]]
    return {part["custom_id"]: part for part in parts}


def chosen_in(form, field="how"):
    return [one["value"] for one in fields_of(form)[field]["options"] if one.get("default")]


async def test_the_limits_are_saved_and_hold_for_the_next_request(stage, panel, long_clip):
    await panel.type("max_video_bytes", "12,5 MB")
    await panel.type("max_video_seconds", "4")
    assert await panel.own("max_video_bytes") == 12.5 * MEBIBYTE
    assert panel.line("Clip size") == "**Clip size:** 12.5 MB · this server"
    assert panel.line("Clip length") == "**Clip length:** 4 s · this server"
    assert (await stage.job(await stage.restyle(long_clip, start=0.0))).restyled_seconds == 4


@pytest.mark.parametrize(
    ("typed", "micros", "shown"),
    [
        ("$12.50", 12.5 * DOLLAR, "$12.50"),
        ("7", 7 * DOLLAR, "$7.00"),
        ("1,250.5 USD", 1250.5 * DOLLAR, "$1,250.50"),
    ],
)
async def test_money_is_typed_in_dollars(panel, typed, micros, shown):
    await panel.type("micros_per_month", typed)
    assert await panel.own("micros_per_month") == micros
    assert panel.line("Money a month") == f"**Money a month:** {shown} · this server"


async def test_zero_unlimited_and_nothing_set_are_three_things(panel):
    await panel.type("jobs_per_day", "0")
    assert await panel.own("jobs_per_day") == 0
    assert panel.line("Clips a day").endswith("0 clips (none at all) · this server")
    await panel.type("jobs_per_day", "0", how="null")
    assert await panel.own("jobs_per_day") is None
    assert panel.line("Clips a day").endswith("unlimited · this server")
    await panel.type("jobs_per_day", how="unset")
    assert await panel.own("jobs_per_day") is UNSET
    assert panel.line("Clips a day").endswith("unlimited · default")
    assert [line.partition(" · ")[2] for line in panel.changes] == [
        "Clips a day: unlimited → nothing set",
        "Clips a day: 0 clips → unlimited",
        "Clips a day: nothing set → 0 clips",
    ]


async def test_a_limit_of_zero_lets_nothing_through(stage, panel, clip):
    await panel.type("jobs_per_day", "0")
    assert await stage.job(await stage.restyle(clip)) is None


async def test_a_form_shows_what_is_set(panel):
    form = await panel.open_form("max_video_bytes")
    assert chosen_in(form) == ["unset"]
    await panel.type("max_video_bytes", "12.5")
    form = await panel.open_form("max_video_bytes")
    assert (chosen_in(form), fields_of(form)["words"]["value"]) == (["number"], "12.5")
    await panel.type("max_video_bytes", "12.5", how="null")
    assert chosen_in(await panel.open_form("max_video_bytes")) == ["null"]


async def test_only_what_can_be_unlimited_offers_it(panel):
    values = [
        one["value"] for one in fields_of(await panel.open_form("strike_days"))["how"]["options"]
    ]
    assert values == ["number", "unset"]
    form = await panel.open_form("strike_limit")
    assert [one["label"] for one in fields_of(form)["how"]["options"]] == [
        "The number below",
        "Off",
        "Nothing set here",
    ]


async def test_who_types_a_number_and_leaves_the_line_above_means_the_number(panel):
    await panel.type("strike_days", "9", how="unset")
    assert await panel.own("strike_days") == 9


async def test_who_types_a_number_and_chooses_something_else_is_asked_what_they_mean(panel):
    await panel.type("jobs_per_day", "5")
    answer = await panel.type("jobs_per_day", "7", how="null")
    assert "another line was chosen" in said(answer)
    assert await panel.own("jobs_per_day") == 5


async def test_an_empty_number_is_not_taken_for_anything(panel):
    await panel.type("jobs_per_day", "5")
    answer = await panel.type("jobs_per_day", " ", how="number")
    assert "the field is empty" in said(answer)
    assert await panel.own("jobs_per_day") == 5


@pytest.mark.parametrize(
    ("name", "typed", "words"),
    [
        ("max_video_bytes", "101", "101 MB is too much. The bot's owner allows up to 100 MB"),
        ("max_video_seconds", "31", "31 s is too much. The bot's owner allows up to 30 s"),
        ("max_video_bytes", "0", "0 MB is too little. The least is 1 MB."),
        ("max_video_seconds", "0.2", "0.2 s is too little. The least is 1 s."),
        ("strike_days", "91", "91 days is too much. The most is 90 days."),
        ("max_video_bytes", "lots", "“lots” is not a number. Type one such as 25."),
        ("max_video_bytes", "-5", "-5 MB is too little."),
        ("max_video_seconds", "inf", "“inf” is not a number."),
        ("max_video_seconds", "1e3", "is not a number"),
        ("max_video_seconds", "٣", "is not a number"),
        ("micros_per_day", "@everyone", "is not a number. Type one such as 12.50."),
        ("jobs_per_day", "2.5", "is not a whole number."),
    ],
)
async def test_a_number_that_makes_no_sense_is_refused_in_a_sentence(panel, name, typed, words):
    answer = await panel.type(name, typed)
    assert words in said(answer)
    assert "Nothing was changed." in said(answer)
    assert "@everyone" not in said(answer)
    assert await panel.own(name) is UNSET


async def test_words_are_saved_cleaned_and_taken_back(panel):
    await panel.type("default_look", "  film   grain ")
    assert await panel.own("default_look") == "film grain"
    assert panel.line("House look") == "**House look:** film grain · this server"
    await panel.type("default_look", "film grain", how="unset")
    assert await panel.own("default_look") is UNSET


async def test_a_house_look_can_neither_ping_nor_link(panel):
    await panel.type("default_look", "@everyone [x](https://evil.example)")
    assert "@everyone" not in panel.text
    assert "https://" not in panel.text


# Prompt rules


async def test_a_prompt_rule_is_added_changed_and_removed(stage, panel, clip):
    await panel.add_rule("neon, rain")
    [rule] = await panel.own("prompt_rules")
    assert (rule.kind, rule.text, rule.action) == (RuleKind.WORDS, "neon, rain", RuleAction.REFUSE)
    assert "1. neon, rain · words · refused" in panel.text
    assert await stage.job(await stage.restyle(clip)) is None
    form = await panel.open_rule(1)
    assert fields_of(form)["words"]["value"] == "neon, rain"
    assert chosen_in(form, "kind") == ["words"]
    await stage.mo.submit_modal(form, {"words": "ne+on", "kind": "pattern", "action": "review"})
    [rule] = await panel.own("prompt_rules")
    assert (rule.kind, rule.text, rule.action) == (RuleKind.PATTERN, "ne+on", RuleAction.REVIEW)
    form = await panel.open_rule(1)
    same = {"words": "ne+on", "kind": "pattern", "action": "review"}
    await stage.mo.submit_modal(form, same | {"remove": True})
    assert await panel.own("prompt_rules") is UNSET


@pytest.mark.parametrize(
    ("text", "kind", "words"),
    [
        ("(", "pattern", "is not a regular expression"),
        ("(a+)+$", "pattern", "takes too long on some prompts"),
        (" , ", "words", "has no words in it"),
    ],
)
async def test_a_rule_that_cannot_work_is_refused_in_a_sentence(panel, text, kind, words):
    answer = await panel.add_rule(text, kind=kind)
    assert words in said(answer)
    assert await panel.own("prompt_rules") is UNSET


async def test_a_form_about_a_rule_that_changed_meanwhile_changes_nothing(stage, panel):
    await panel.add_rule("first")
    form = await panel.open_rule(1)
    other = [{"kind": "words", "text": "other", "action": "refuse"}]
    await stage.set(prompt_rules=other)
    answer = await stage.mo.submit_modal(
        form, {"words": "mine", "kind": "words", "action": "refuse"}
    )
    assert "Somebody else changed the rules, so nothing was saved" in said(answer)
    [rule] = await panel.own("prompt_rules")
    assert rule.text == "other"


async def test_every_rule_of_many_can_be_reached(stage, open_panel):
    rules = [{"kind": "words", "text": f"word{n}", "action": "refuse"} for n in range(50)]
    await stage.set(prompt_rules=rules)
    panel = await open_panel()
    form = await panel.open_rule(50)
    assert fields_of(form)["words"]["value"] == "word49"
    assert panel.control("rule", "new").disabled
