"""What follows for a request: each rule, who stands above it, and in which order they come."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.jobs import FailureReason
from bot.domain.quotas import Decider
from bot.domain.sanctions import Block, MemberFacts, Pause, Strike
from bot.policy.decide import BY_REVIEW_MODE, Verdict
from bot.policy.levels import Level, Policy, SettingSource
from bot.policy.problems import SERVER
from bot.requests.validation import Rule
from bot.texts.refusal import refusal
from tests.policy.builders import (
    CHANNEL,
    GUILD,
    MEMBER,
    NEWBIE,
    NOW,
    PARENT,
    PLAIN,
    THREAD,
    VIP,
    channel,
    decided,
    operator,
    policy,
    role,
)

BY_SERVER = SettingSource(Level.SERVER)
REFUSING = [{"kind": "words", "text": "gore", "action": "refuse"}]
REVIEWING = [{"kind": "words", "text": "gore", "action": "review"}]


def paused(guild_id=GUILD):
    return Pause(guild_id=guild_id, paused_by=9, paused_at=NOW, note="event")


def blocked(guild_id=GUILD):
    return Block(guild_id=guild_id, user_id=MEMBER, blocked_by=9, blocked_at=NOW, note=None)


def strikes(*hours_ago):
    return tuple(
        Strike(
            job_id=number,
            guild_id=GUILD,
            user_id=MEMBER,
            struck_at=NOW - timedelta(hours=hours),
            failure=FailureReason.SAFETY_PROMPT,
            lifted_by=None,
            lifted_at=None,
        )
        for number, hours in enumerate(hours_ago)
    )


def rule_of(decision):
    return decision.refusal and decision.refusal.rule


def test_where_nothing_is_set_everything_is_allowed():
    decision = decided(policy())
    assert decision.verdict is Verdict.ALLOW
    assert (decision.refusal, decision.review_reasons, decision.source) == (None, (), None)


# The order


def test_of_several_reasons_the_one_is_told_that_would_stand_in_the_way_longest():
    everything = policy(
        refused_channel_ids=[CHANNEL],
        allowed_channel_ids=[PARENT],
        age_restricted_only=True,
        allowed_role_ids=[VIP],
        prompt_rules=REFUSING,
        review_mode="both",
    )
    facts = MemberFacts(pause=paused(), block=blocked(), strikes=strikes(1, 2, 3))
    settings = dict(everything.values[SERVER])
    told = []
    for gone in ("pause", "block", "strikes", *settings):
        told.append(rule_of(decided(policy(**settings), facts, prompt="gore")))
        if gone in settings:
            del settings[gone]
        else:
            facts = replace(facts, **{gone: () if gone == "strikes" else None})
    assert told == [
        Rule.PAUSED,
        Rule.BLOCKED,
        Rule.STRUCK,
        Rule.CHANNEL_REFUSED,
        Rule.CHANNEL_NOT_ALLOWED,
        Rule.ADULTS_ONLY,
        Rule.ROLE_NOT_ALLOWED,
        Rule.PROMPT_REFUSED,
        None,
    ]


# Pauses and blocks


@pytest.mark.parametrize(
    ("guild_id", "rule", "decider", "level"),
    [
        (GUILD, Rule.PAUSED, Decider.MODERATORS, Level.SERVER),
        (0, Rule.PAUSED_EVERYWHERE, Decider.OPERATOR, Level.OPERATOR),
    ],
)
def test_a_pause_stops_everybody_and_says_whose_it_is(guild_id, rule, decider, level):
    exempt = policy(exempt_role_ids=[VIP])
    decision = decided(exempt, MemberFacts(pause=paused(guild_id)), role_ids={VIP})
    assert (rule_of(decision), decision.refusal.decided_by) == (rule, decider)
    assert decision.source.level is level
    words = refusal(decision.refusal)
    assert words.startswith("<@9> paused restyling ")
    assert f'<t:{int(NOW.timestamp())}:R>: "event"' in words


@pytest.mark.parametrize(("guild_id", "level"), [(GUILD, Level.SERVER), (0, Level.OPERATOR)])
def test_a_block_stops_exempt_members_too(guild_id, level):
    decision = decided(
        policy(exempt_role_ids=[VIP]), MemberFacts(block=blocked(guild_id)), role_ids={VIP}
    )
    assert rule_of(decision) is Rule.BLOCKED
    assert decision.source.level is level


# Strikes


@pytest.mark.parametrize(
    ("hours_ago", "is_struck"),
    [
        ((1, 2), False),  # one is missing
        ((1, 2, 3), True),
        ((1, 2, 24 * 7 + 2), False),  # one is too old to count together
        ((1, 2, 24 * 7), True),
        ((23, 24, 24 * 8 - 1), True),  # they did when the third came: the pause goes on
        ((25, 26, 27), False),  # the pause is over
        ((23, 26, 27), True),
    ],
)
def test_enough_strikes_within_the_days_pause_for_so_many_hours(hours_ago, is_struck):
    settings = policy(strike_limit=3, strike_days=7, strike_pause_hours=24)
    decision = decided(settings, MemberFacts(strikes=strikes(*hours_ago)))
    assert (rule_of(decision) is Rule.STRUCK) is is_struck


def test_the_pause_runs_from_the_newest_strike():
    settings = policy(strike_limit=2, strike_pause_hours=10)
    decision = decided(settings, MemberFacts(strikes=strikes(1, 5)))
    until = int((NOW + timedelta(hours=9)).timestamp())
    assert f"<t:{until}:f> (<t:{until}:R>)" in refusal(decision.refusal)
    assert decision.source == BY_SERVER


def test_a_pause_lasts_as_long_as_it_said_whatever_becomes_too_old_meanwhile():
    settings = policy(strike_limit=2, strike_days=1, strike_pause_hours=72)
    decision = decided(settings, MemberFacts(strikes=strikes(48, 50)))
    until = int((NOW + timedelta(hours=24)).timestamp())
    assert f"<t:{until}:f> (<t:{until}:R>)" in refusal(decision.refusal)


def test_strikes_can_be_off_and_do_not_touch_the_exempt():
    facts = MemberFacts(strikes=strikes(*range(1, 40)))
    assert decided(policy(strike_limit=None), facts).verdict is Verdict.ALLOW
    exempt = policy(exempt_role_ids=[VIP])
    assert decided(exempt, facts, role_ids={VIP}).verdict is Verdict.ALLOW
    assert decided(exempt, facts, role_ids={NEWBIE}).verdict is Verdict.REFUSE


# Places


@pytest.mark.parametrize("where", [(CHANNEL,), (THREAD, CHANNEL)])
def test_a_channel_is_refused_with_its_threads_even_when_it_is_allowed(where):
    settings = policy(allowed_channel_ids=[CHANNEL, THREAD], refused_channel_ids=[CHANNEL])
    decision = decided(settings, channel_ids=where)
    assert rule_of(decision) is Rule.CHANNEL_REFUSED
    assert decision.source == BY_SERVER


@pytest.mark.parametrize(
    ("where", "is_allowed"), [((CHANNEL,), False), ((PARENT,), True), ((THREAD, PARENT), True)]
)
def test_an_allowed_channel_allows_its_threads_and_nothing_else(where, is_allowed):
    decision = decided(policy(allowed_channel_ids=[PARENT]), channel_ids=where)
    assert (decision.verdict is Verdict.ALLOW) is is_allowed
    if not is_allowed:
        assert decision.refusal.words == (f"<#{PARENT}>",)


def test_an_empty_list_of_channels_or_roles_allows_all():
    assert decided(policy(allowed_channel_ids=[], allowed_role_ids=[])).verdict is Verdict.ALLOW


@pytest.mark.parametrize(
    ("for_adults", "verdict"), [(True, Verdict.ALLOW), (False, Verdict.REFUSE)]
)
def test_adults_only_means_age_restricted_channels(for_adults, verdict):
    decision = decided(policy(age_restricted_only=True), is_age_restricted=for_adults)
    assert decision.verdict is verdict


def test_places_hold_for_exempt_members_too():
    settings = policy(exempt_role_ids=[VIP], refused_channel_ids=[CHANNEL])
    assert rule_of(decided(settings, role_ids={VIP})) is Rule.CHANNEL_REFUSED


# People


@pytest.mark.parametrize(
    ("roles", "is_allowed"),
    [({PLAIN}, False), ({PLAIN, NEWBIE}, True), (set(), False), ({VIP}, True)],
)
def test_one_allowed_role_is_enough_and_an_exempt_one_counts(roles, is_allowed):
    settings = policy(allowed_role_ids=[NEWBIE], exempt_role_ids=[VIP])
    decision = decided(settings, role_ids=roles)
    assert (decision.verdict is Verdict.ALLOW) is is_allowed
    if not is_allowed:
        assert rule_of(decision) is Rule.ROLE_NOT_ALLOWED
        assert decision.refusal.words == (f"<@&{NEWBIE}>",)


# Prompts and review


def test_a_rule_refuses_and_the_moderator_learns_which_but_the_member_does_not():
    decision = decided(policy(prompt_rules=[*REVIEWING, *REFUSING]), prompt="gore")
    assert rule_of(decision) is Rule.PROMPT_REFUSED
    assert decision.refusal.words == ()
    assert decision.hit.number == 2


def test_a_rule_refuses_exempt_members_too_but_sends_none_of_them_to_review():
    settings = policy(prompt_rules=REFUSING, exempt_role_ids=[VIP])
    assert decided(settings, prompt="gore", role_ids={VIP}).verdict is Verdict.REFUSE
    for skipping in ("exempt_role_ids", "review_skip_role_ids"):
        settings = policy(prompt_rules=REVIEWING, review_mode="both", **{skipping: [VIP]})
        decision = decided(settings, prompt="gore", role_ids={VIP})
        assert decision.verdict is Verdict.ALLOW
        assert decision.hit is None
        assert decision.effective.review_mode == "off"
        assert decided(settings, prompt="gore", role_ids={PLAIN}).verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    ("mode", "verdict"),
    [
        ("off", Verdict.ALLOW),
        ("publishing", Verdict.ALLOW),
        ("spending", Verdict.REVIEW),
        ("both", Verdict.REVIEW),
    ],
)
def test_only_review_before_spending_holds_a_request(mode, verdict):
    decision = decided(policy(review_mode=mode))
    assert decision.verdict is verdict
    assert decision.review_reasons == ((BY_REVIEW_MODE,) if verdict is Verdict.REVIEW else ())


def test_both_reasons_for_review_are_told_and_the_mode_is_the_source():
    decision = decided(
        policy((channel(), {"review_mode": "spending"}), prompt_rules=REVIEWING), prompt="gore"
    )
    assert decision.review_reasons == (BY_REVIEW_MODE, "Prompt rule 1 found something: gore")
    assert decision.source == SettingSource(Level.CHANNEL, CHANNEL)


def test_a_rule_alone_sends_to_review_and_is_the_source():
    decision = decided(policy(prompt_rules=REVIEWING), prompt="gore")
    assert (decision.verdict, decision.source) == (Verdict.REVIEW, BY_SERVER)


def test_the_most_generous_role_decides_about_review():
    settings = policy(
        (role(VIP), {"review_mode": "off"}),
        (role(NEWBIE), {"review_mode": "both"}),
        review_mode="spending",
    )
    assert decided(settings, role_ids={NEWBIE}).verdict is Verdict.REVIEW
    assert decided(settings, role_ids={NEWBIE, VIP}).verdict is Verdict.ALLOW


# Direct messages


def test_in_direct_messages_only_the_operators_word_counts():
    by = operator(direct_messages="on")
    decision = decided(Policy(0), by=by, channel_ids=(CHANNEL,))
    assert decision.verdict is Verdict.ALLOW
    found = decided(Policy(0), MemberFacts(pause=paused(0)), by=by)
    assert rule_of(found) is Rule.PAUSED_EVERYWHERE


def test_nothing_starts_in_direct_messages_until_the_operator_says_so():
    found = decided(Policy(0), channel_ids=(CHANNEL,))
    assert rule_of(found) is Rule.DIRECT_MESSAGES_OFF
    assert "DIRECT_MESSAGES" in refusal(found.refusal)


def test_a_block_by_the_bots_owner_holds_in_direct_messages():
    by = operator(direct_messages="on")
    found = decided(Policy(0), MemberFacts(block=blocked(0)), by=by)
    assert rule_of(found) is Rule.BLOCKED
    assert found.refusal.decided_by is Decider.OPERATOR


def test_nothing_starts_on_a_server_that_is_not_the_operators():
    elsewhere = decided(policy(), by=operator(servers="123456789012345678"))
    assert rule_of(elsewhere) is Rule.SERVER_NOT_SERVED
    assert f"`{GUILD}`" in refusal(elsewhere.refusal)
    named = Policy(123456789012345678)
    assert decided(named, by=operator(servers="1" * 18 + ", 123456789012345678")).refusal is None
    assert decided(policy(), by=operator(servers="ANY")).refusal is None


def test_what_people_read_is_checked_like_what_the_provider_gets():
    """A look has a name, and was perhaps written where other rules hold."""
    settings = policy(prompt_rules=REFUSING)
    decision = decided(settings, prompt="a castle", shown_prompt="gore: a castle")
    assert decision.verdict is Verdict.REFUSE
    both = policy(prompt_rules=[*REVIEWING, *REFUSING])
    worst = decided(both, prompt="a castle", shown_prompt="gore")
    assert worst.verdict is Verdict.REFUSE
