"""Whose clip may be used: the rule, and the length of what is said."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.consents import ConsentChoice, ConsentStatus, word_on
from bot.domain.jobs import CancelReason, Hold, JobState
from bot.domain.sanctions import MemberFacts
from bot.policy.consent import MAX_OPEN_QUESTIONS, Origin, must_ask, refuse_origin
from bot.policy.decide import RequestFacts, Verdict, decide
from bot.policy.levels import Policy
from bot.policy.problems import SERVER
from bot.requests.validation import MAX_PROMPT_UNITS, Refusal, Rule, parse_seconds
from bot.settings import Settings
from bot.texts import consent as consent_texts
from bot.texts import privacy as privacy_texts
from bot.texts.commands import plainly
from bot.texts.message import ABOUT_MESSAGES
from bot.texts.refusal import refusal
from tests.texts.test_common import a_job

ALICE, BOB, MO = 1, 2, 3
NOW = datetime(2026, 8, 1, 12, tzinfo=UTC)
MODES = ("open", "ask", "own")
SETTINGS = Settings(_env_file=None, discord_token="t", cometapi_key="k")


def rule_of(origin, mode):
    found = refuse_origin(origin, user_id=ALICE, mode=mode)
    return found and found.rule


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("opted_out", [(), (ALICE,)])
def test_ones_own_clip_is_ones_own_everywhere(mode, opted_out):
    origin = Origin(author_id=ALICE, opted_out_ids=opted_out, open_questions=9)
    assert rule_of(origin, mode) is None
    assert not must_ask(origin, user_id=ALICE, mode=mode)


@pytest.mark.parametrize(
    ("mode", "rule", "asks"),
    [("open", None, False), ("ask", None, True), ("own", Rule.CONSENT_OWN_ONLY, False)],
)
def test_anothers_clip_is_a_matter_of_the_mode(mode, rule, asks):
    origin = Origin(author_id=BOB)
    assert rule_of(origin, mode) is rule
    assert must_ask(origin, user_id=ALICE, mode=mode) is asks


@pytest.mark.parametrize("mode", MODES)
def test_an_opt_out_of_anybody_behind_it_refuses_in_every_mode(mode):
    for who in (BOB, MO):
        origin = Origin(author_id=BOB, opted_out_ids={who})
        assert rule_of(origin, mode) is Rule.CONSENT_OPTED_OUT


@pytest.mark.parametrize(
    ("mode", "rule"), [("open", None), ("ask", Rule.CONSENT_NOBODY), ("own", Rule.CONSENT_NOBODY)]
)
def test_where_nobody_can_be_asked_only_an_open_server_goes_on(mode, rule):
    origin = Origin(author_id=None)
    assert rule_of(origin, mode) is rule
    assert not must_ask(origin, user_id=ALICE, mode=mode)


def test_an_author_has_only_so_many_questions():
    few = Origin(author_id=BOB, open_questions=MAX_OPEN_QUESTIONS - 1)
    many = Origin(author_id=BOB, open_questions=MAX_OPEN_QUESTIONS)
    assert rule_of(few, "ask") is None
    assert rule_of(many, "ask") is Rule.CONSENT_TOO_MANY
    assert rule_of(many, "open") is None


def verdict(origin, **values):
    policy = Policy(guild_id=5, values={SERVER: values})
    asked = RequestFacts(prompt="neon", channel_ids=[7], role_ids=[], user_id=ALICE, origin=origin)
    return decide(asked, policy, MemberFacts(), SETTINGS, NOW)


def test_the_author_is_asked_unless_the_server_says_otherwise():
    found = verdict(Origin(author_id=BOB))
    assert (found.verdict, found.asks_author) == (Verdict.ALLOW, True)
    assert not verdict(Origin(author_id=BOB), consent_mode="open").asks_author
    assert not verdict(None).asks_author


def test_ones_own_clip_is_ones_own_whoever_else_opted_out():
    assert verdict(Origin(author_id=ALICE, opted_out_ids={ALICE, BOB})).verdict is Verdict.ALLOW


def test_consent_and_review_are_both_asked_for():
    found = verdict(Origin(author_id=BOB), review_mode="spending")
    assert (found.verdict, found.asks_author) == (Verdict.REVIEW, True)


def test_a_refusal_names_the_setting_and_an_opt_out_is_nobodys_setting():
    by_mode = verdict(Origin(author_id=BOB), consent_mode="own")
    assert (by_mode.verdict, by_mode.refusal.rule) == (Verdict.REFUSE, Rule.CONSENT_OWN_ONLY)
    assert by_mode.source is not None
    assert verdict(Origin(author_id=BOB, opted_out_ids={BOB})).source is None


# Times


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("12", 12), (" 12.5 s", 12.5), ("12,5", 12.5), ("1:05", 65), ("0:00.2", 0.2)],
)
def test_times_are_read_as_people_write_them(typed, seconds):
    assert parse_seconds(typed) == pytest.approx(seconds)


@pytest.mark.parametrize("typed", ["", "soon", "-1", "1:2:3", "1e3", "nan", "٣"])
def test_nothing_else_is_a_time(typed):
    assert parse_seconds(typed) is None


# What is said


def test_how_a_question_stands_follows_from_the_job():
    until = NOW + timedelta(hours=1)
    held = {"state": JobState.HELD, "hold": Hold.CONSENT, "held_until": until}
    over = {"state": JobState.CANCELLED, "hold": Hold.CONSENT}
    assert word_on(a_job(**held), NOW) is ConsentStatus.OPEN
    assert word_on(a_job(**held), until) is ConsentStatus.EXPIRED
    assert word_on(a_job(state=JobState.DONE), NOW) is ConsentStatus.ALLOWED
    assert word_on(a_job(state=JobState.HELD, hold=Hold.REVIEW), NOW) is ConsentStatus.ALLOWED
    for reason, word in {
        CancelReason.CONSENT_REFUSED: ConsentStatus.REFUSED,
        CancelReason.CONSENT_EXPIRED: ConsentStatus.EXPIRED,
        CancelReason.REQUESTER: ConsentStatus.WITHDRAWN,
        CancelReason.MODERATOR: ConsentStatus.WITHDRAWN,
    }.items():
        assert word_on(a_job(**over, cancel_reason=reason), NOW) is word


@given(st.text(max_size=MAX_PROMPT_UNITS))
def test_a_question_fits_and_pings_nobody_but_the_author(prompt):
    job = a_job(prompt=prompt, held_until=NOW, source_message_id=9)
    link = "https://discord.com/channels/" + "1" * 60
    lines = consent_texts.question(
        job, requester="<@1>", author="<@2>", clip=link, privacy="</restyle-privacy:9>"
    )
    text = "\n".join(lines)
    assert len(text) < 3500
    assert "@everyone" not in text
    for word in ConsentStatus:
        closed = consent_texts.closed(job, word, requester="<@1>", clip=link)
        assert len("\n".join(closed)) < 3500


@pytest.mark.parametrize("say", ConsentChoice)
@pytest.mark.parametrize("word", [word for word in ConsentStatus if word is not ConsentStatus.OPEN])
def test_every_answer_is_answered(say, word):
    said = consent_texts.told(word, say, is_new=False, command=plainly)
    assert said.endswith(".")
    assert len(said) < 400
    assert "!" not in said


@pytest.mark.parametrize("rule", ABOUT_MESSAGES)
def test_refusals_about_messages_say_what_to_do_next(rule):
    said = refusal(Refusal(rule=rule, value="x{y}", words=("<@5>",)))
    assert "\n" in said
    assert "{who}" not in said
    assert "!" not in said
    assert len(said) < 400


def test_the_privacy_page_fits_however_things_stand():
    for since in (None, NOW):
        page = privacy_texts.page(since=since, archived=True, made=3, days=90, files_left=2)
        assert len("\n".join(page)) < 1800
    words = privacy_texts.deleted(3, ["<#1>", "<#2>"], 4, questions=2, files_left=1)
    assert "<#1>, <#2> and 4 more" in words
    assert "2 questions of yours to moderators" in words
