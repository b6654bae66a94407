"""What would happen to a request: ``try_out``, and the report for the moderator."""

from datetime import timedelta

import pytest

from bot.domain.jobs import FailureReason
from bot.domain.quotas import CapUse, QuotaSubject, Scope
from bot.domain.sanctions import Block, MemberFacts, Pause, Strike
from bot.policy.decide import RequestFacts, Verdict
from bot.policy.levels import Level, SettingSource
from bot.policy.quotas import caps_of
from bot.policy.replay.trial import try_out
from bot.requests.validation import Rule
from bot.texts.trial import MAX_CHARACTERS, report
from tests.policy.builders import (
    CHANNEL,
    GUILD,
    MEMBER,
    NOBODY,
    NOW,
    PARENT,
    THREAD,
    VIP,
    channel,
    operator,
    policy,
    role,
)

SERVER = QuotaSubject(scope=Scope.SERVER, scope_id=GUILD, guild_id=GUILD)
WORDS = [{"kind": "words", "text": "gore", "action": "refuse"}]


def asked(**fields):
    return RequestFacts(
        **{"user_id": MEMBER, "role_ids": frozenset(), "channel_ids": (CHANNEL,), "seconds": 4.0}
        | fields
    )


def tried(policy, question=None, *, facts=NOBODY, by=None, used=0, running=None):
    by, question = by or operator(), question or asked()
    uses = [CapUse(cap=cap, used=used) for cap in caps_of(policy, question, by)]
    return try_out(question, policy, facts, by, NOW, uses=uses, running=running)


def said(*args, **options):
    return report(tried(*args, **options), NOW, "/restyle-admin")


def test_where_nothing_stands_in_the_way_the_report_is_short():
    assert said(policy(), asked(prompt="a rainy *night*")).splitlines() == [
        "**Accepted. It would start right away.**",
        f"<@{MEMBER}> in <#{CHANNEL}>, a clip of 4 s",
        r"> a rainy \*night\*",
        "All of it would be restyled · about $0.60",
        "Check for public figures: auto, set by default",
        "Left before that: 5 of their 5 clips today",
        "Clips that others posted: only once their author agrees.",
    ]


@pytest.mark.parametrize(
    ("settings", "fields", "rule", "setting", "source"),
    [
        (
            policy(refused_channel_ids=[PARENT]),
            {"channel_ids": (THREAD, PARENT)},
            Rule.CHANNEL_REFUSED,
            "refused_channel_ids",
            SettingSource(Level.SERVER),
        ),
        (
            policy(prompt_rules=WORDS),
            {"prompt": "g o r e"},
            Rule.PROMPT_REFUSED,
            "prompt_rules",
            SettingSource(Level.SERVER),
        ),
        (
            policy((channel(), {"max_video_bytes": 1024 * 1024})),
            {"size_bytes": 1024 * 1024 + 1},
            Rule.VIDEO_TOO_BIG,
            "max_video_bytes",
            SettingSource(Level.CHANNEL, CHANNEL),
        ),
        (policy(), {"prompt": "  "}, Rule.PROMPT_EMPTY, None, None),
    ],
)
def test_the_rule_that_refuses_is_named_with_where_it_is_set(
    settings, fields, rule, setting, source
):
    trial = tried(settings, asked(**fields))
    assert trial.verdict is Verdict.REFUSE
    assert (trial.refusal.rule, trial.setting, trial.source) == (rule, setting, source)


def test_the_report_quotes_what_the_member_would_read():
    text = said(policy(prompt_rules=WORDS), asked(prompt="more gore"))
    assert text.startswith("**Refused. Nothing would be spent.**")
    assert "Decided by: Prompt rules, set for the server (rule 1: gore)\n" in text
    assert (
        "The member would read:\n"
        "> This server's moderators do not allow something in that prompt. "
        "Nothing was started and nothing was spent.\n"
        "> Use other words, or ask a moderator.\n"
    ) in text


@pytest.mark.parametrize(
    ("facts", "rule", "words"),
    [
        (
            MemberFacts(pause=Pause(guild_id=GUILD, paused_by=9, paused_at=NOW, note="event")),
            Rule.PAUSED,
            "a pause of this server",
        ),
        (
            MemberFacts(pause=Pause(guild_id=0, paused_by=9, paused_at=NOW, note=None)),
            Rule.PAUSED_EVERYWHERE,
            "a pause of the whole bot",
        ),
        (
            MemberFacts(
                block=Block(guild_id=GUILD, user_id=MEMBER, blocked_by=9, blocked_at=NOW, note=None)
            ),
            Rule.BLOCKED,
            "a block of this member",
        ),
    ],
)
def test_what_people_have_stopped_is_told_as_theirs(facts, rule, words):
    trial = tried(policy(), facts=facts)
    assert trial.refusal.rule is rule
    assert f"Decided by: {words}" in report(trial, NOW, "/restyle-admin")


def strikes(count):
    return MemberFacts(
        strikes=tuple(
            Strike(
                job_id=n,
                guild_id=GUILD,
                user_id=MEMBER,
                struck_at=NOW - timedelta(hours=n + 1),
                failure=FailureReason.SAFETY_PROMPT,
                lifted_by=None,
                lifted_at=None,
            )
            for n in range(count)
        )
    )


def test_strikes_are_counted_and_refuse_when_they_are_enough():
    assert "Strikes that count: 2 of 3" in said(policy(), facts=strikes(2))
    trial = tried(policy(), facts=strikes(3))
    assert (trial.refusal.rule, trial.setting) == (Rule.STRUCK, "strike_limit")


def test_a_cut_clip_says_what_limits_it_and_costs_only_what_is_used():
    trial = tried(policy((role(), {"max_video_seconds": 2})), asked(role_ids={VIP}))
    assert (trial.seconds, trial.price) == (2, 300_000)
    assert (
        f"The first 2 s would be restyled (Clip length, set for <@&{VIP}>) · about $0.30"
        in report(trial, NOW, "/restyle-admin")
    )
    assert "(the model allows no more)" in said(policy(), asked(seconds=9.0))


def test_without_a_length_the_longest_part_counts():
    trial = tried(policy(max_video_seconds=3), asked(seconds=None))
    assert (trial.seconds, trial.price) == (3, 450_000)
    assert "At most 3 s would be restyled · about $0.45" in report(trial, NOW, "/restyle-admin")


def test_a_limit_below_what_the_model_needs_refuses():
    trial = tried(policy(max_video_seconds=1), by=operator(runway_model="aleph2"))
    assert (trial.refusal.rule, trial.setting) == (Rule.LIMIT_BELOW_MODEL, "max_video_seconds")
    assert trial.seconds is None


@pytest.mark.parametrize(
    ("settings", "by", "setting", "source"),
    [
        (policy(member_jobs_per_day=2), {}, "member_jobs_per_day", SettingSource(Level.SERVER)),
        (
            policy((role(), {"member_jobs_per_day": 2}), member_jobs_per_day=1),
            {},
            "member_jobs_per_day",
            SettingSource(Level.ROLE, VIP),
        ),
        (
            policy((role(), {"jobs_per_month": 2})),
            {},
            "jobs_per_month",
            SettingSource(Level.ROLE, VIP),
        ),
        (
            policy((channel(), {"jobs_per_day": 2})),
            {},
            "jobs_per_day",
            SettingSource(Level.CHANNEL, CHANNEL),
        ),
        (policy(), {"server_jobs_per_day": 2}, "jobs_per_day", SettingSource(Level.OPERATOR)),
        (policy(), {"bot_jobs_per_day": 2}, None, SettingSource(Level.OPERATOR)),
    ],
)
def test_the_cap_that_is_used_up_is_named_with_where_it_is_set(settings, by, setting, source):
    question = asked(role_ids={VIP})
    trial = tried(settings, question, by=operator(**by), used=1)
    assert trial.verdict is Verdict.ALLOW
    trial = tried(settings, question, by=operator(**by), used=2)
    assert trial.verdict is Verdict.REFUSE
    assert (trial.setting, trial.source) == (setting, source)


def test_a_rule_that_refuses_comes_before_a_cap_that_is_used_up():
    trial = tried(policy(refused_channel_ids=[CHANNEL], member_jobs_per_day=1), used=1)
    assert (trial.setting, trial.reached) == ("refused_channel_ids", None)


def test_money_that_does_not_suffice_refuses():
    budget = policy(micros_per_month=1_000_000, member_jobs_per_day=None)
    assert tried(budget, used=400_000).verdict is Verdict.ALLOW
    trial = tried(budget, used=400_001)
    assert (trial.verdict, trial.setting) == (Verdict.REFUSE, "micros_per_month")
    assert "This clip costs about $0.60" in report(trial, NOW, "/restyle-admin")


def test_what_is_left_is_told_of_the_member_and_the_server():
    text = said(policy(member_jobs_per_day=5, jobs_per_day=20), used=2)
    assert "Left before that: 3 of their 5 clips today · 18 of this server's 20 clips today" in text


def test_a_full_house_makes_wait_and_says_who_fills_it():
    trial = tried(policy(running=2), running={SERVER: 2})
    assert trial.verdict is Verdict.ALLOW
    text = report(trial, NOW, "/restyle-admin")
    assert text.startswith("**Accepted. It would wait for its turn.**")
    assert "It would wait: 2 clips run, and 2 may run at a time for the server." in text
    assert tried(policy(running=2), running={SERVER: 1}).full == ()


def test_no_place_at_all_refuses_instead_of_waiting():
    trial = tried(policy(running=0))
    assert (trial.verdict, trial.setting, trial.full) == (Verdict.REFUSE, "running", ())


def test_review_says_whether_the_mode_or_a_rule_wants_it():
    rules = [{"kind": "pattern", "text": "rain.", "action": "review"}]
    trial = tried(policy(prompt_rules=rules), asked(prompt="rainy"))
    assert (trial.verdict, trial.setting) == (Verdict.REVIEW, "prompt_rules")
    assert "(rule 1: rain.)" in report(trial, NOW, "/restyle-admin")
    both = tried(policy(prompt_rules=rules, review_mode="both"), asked(prompt="rainy"))
    assert both.setting == "review_mode"
    text = report(both, NOW, "/restyle-admin")
    assert "A moderator would decide first" in text
    assert "Another reason for review: Prompt rule 1 found something: rain." in text
    assert "A moderator would see the result before others (Review, set for the server)." in text


def test_an_exempt_role_is_named():
    trial = tried(
        policy(exempt_role_ids=[VIP], member_jobs_per_day=0, review_mode="both"),
        asked(role_ids={VIP}),
    )
    assert trial.verdict is Verdict.ALLOW
    assert f"<@&{VIP}> is free of this server's limits and review." in report(
        trial, NOW, "/restyle-admin"
    )


def test_without_a_prompt_it_says_that_the_rules_were_not_tried():
    assert "the prompt rules were not tested" in said(policy(prompt_rules=WORDS))
    assert "the prompt rules were not tested" not in said(policy())


def test_the_report_is_bounded_and_mentions_only_who_was_asked_about():
    everything = policy(
        *((role(100 + n), {"jobs_per_day": n + 5, "micros_per_day": 10**9}) for n in range(30)),
        prompt_rules=[{"kind": "words", "text": "@everyone", "action": "review"}],
    )
    question = asked(prompt="@everyone " * 90, role_ids=set(range(100, 130)))
    text = said(everything, question)
    assert len(text) <= MAX_CHARACTERS
    assert "@everyone" not in text


def test_a_prompt_is_cleaned_as_that_of_a_request_is():
    trial = tried(policy(), asked(prompt="a" + "\n" * 2000))
    assert trial.verdict is Verdict.ALLOW


def test_what_may_run_at_once_is_no_quota_that_is_left():
    settings = {"jobs_per_day": 3, "member_jobs_per_day": None}
    assert tried(policy(running=0, **settings)).uses == (
        CapUse(cap=caps_of(policy(**settings), asked(), operator())[0], used=0),
    )


def test_a_clip_that_is_a_frame_longer_is_not_called_cut():
    limited = policy(max_video_seconds=5)
    assert not tried(limited, asked(seconds=5.04)).is_cut
    assert not tried(policy(), asked(seconds=3.00004)).is_cut
    assert tried(limited, asked(seconds=5.2)).is_cut
