"""What a change would have done: ``preview`` and the sentences about it."""

import time
from dataclasses import fields
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy.catalogue import MEMBER_CAPS, SETTINGS, SHARED_CAPS
from bot.policy.changes import applied
from bot.policy.problems import SERVER, UNSET
from bot.policy.replay import preview as preview_module
from bot.policy.replay import replay
from bot.policy.replay.past_jobs import MOST_JOBS, PastJob, needed_since
from bot.policy.replay.preview import Preview, preview
from bot.requests.validation import Rule
from bot.texts.preview import MAX_CHARACTERS, summary
from tests.policy.builders import (
    CHANNEL,
    GUILD,
    MEMBER,
    NEWBIE,
    NOW,
    PARENT,
    THREAD,
    VIP,
    channel,
    operator,
    policy,
    role,
)
from tests.policy.values import value_of

OPERATOR = operator()
EMPTY = policy()


def past(number=1, *, days=1.0, **changes):
    """A job of ``days`` ago."""
    return PastJob(
        **{
            "job_id": number,
            "created_at": NOW - timedelta(days=days) + timedelta(seconds=number),
            "user_id": MEMBER,
            "channel_ids": (CHANNEL,),
            "role_ids": frozenset(),
            "is_age_restricted": False,
            "prompt": "a rainy night",
            "model": "gen4_aleph",
            "source_bytes": 3_000_000,
            "source_seconds": 5.0,
            "part_start": 0.0,
            "part_seconds": 5.0,
            "was_cut": False,
            "micros": 750_000,
            "is_counted": True,
            "public_figure_threshold": "auto",
            "ratio": None,
        }
        | changes
    )


def tried(jobs, after, before=EMPTY, by=OPERATOR):
    return preview(jobs, before, after, by, NOW)


def test_nothing_changed_changes_nothing():
    found = tried([past(n) for n in range(1, 4)], EMPTY)
    assert found.changes_nothing
    assert (found.jobs, found.spent_before, found.spent_after) == (3, 2_250_000, 2_250_000)


@pytest.mark.parametrize(
    ("settings", "ground"),
    [
        ({"refused_channel_ids": [CHANNEL]}, Rule.CHANNEL_REFUSED),
        ({"allowed_channel_ids": [PARENT]}, Rule.CHANNEL_NOT_ALLOWED),
        ({"allowed_role_ids": [VIP]}, Rule.ROLE_NOT_ALLOWED),
        ({"age_restricted_only": True}, Rule.ADULTS_ONLY),
        ({"max_video_bytes": 2 * 1024 * 1024}, Rule.VIDEO_TOO_BIG),
        (
            {"prompt_rules": [{"kind": "words", "text": "rainy", "action": "refuse"}]},
            Rule.PROMPT_REFUSED,
        ),
        ({"jobs_per_day": 0}, "server"),
        ({"member_jobs_per_day": 0}, "member"),
        ({"micros_per_month": 100_000}, "server"),
    ],
)
def test_a_stricter_rule_refuses_and_says_which_it_was(settings, ground):
    found = tried([past()], policy(**settings))
    assert found.refused == {ground: 1}
    assert (found.spent_before, found.spent_after) == (750_000, 0)


@pytest.mark.parametrize("word", ["gore", "oil paint", "rainy"])
def test_a_rule_is_tried_on_a_looks_name_its_words_and_the_members_own(word):
    job = past(
        prompt="An oil painting: a rainy night.", look_name="Gore", own_words="a rainy night"
    )
    rules = [{"kind": "pattern", "text": word, "action": "refuse"}]
    assert tried([job, past(2, prompt="a day")], policy(prompt_rules=rules)).refused == {
        Rule.PROMPT_REFUSED: 1
    }


def test_a_looser_rule_lets_through_what_the_present_one_refuses():
    found = tried([past()], EMPTY, before=policy(refused_channel_ids=[CHANNEL]))
    assert (found.accepted, found.refused_before, found.refused) == (1, 1, {})
    assert (found.spent_before, found.spent_after) == (0, 750_000)


def test_a_daily_cap_refuses_what_comes_after_it_was_full_and_starts_anew_each_day():
    jobs = [past(n, days=2) for n in (1, 2, 3)] + [past(n, days=1) for n in (4, 5)]
    found = tried(jobs, policy(member_jobs_per_day=2))
    assert found.refused == {"member": 1}


def test_a_cap_counts_each_member_and_each_channel_apart():
    jobs = [past(1), past(2, user_id=21), past(3, channel_ids=(THREAD, PARENT))]
    assert tried(jobs, policy(member_jobs_per_day=1)).refused == {"member": 1}
    one_here = policy((channel(PARENT), {"jobs_per_day": 0}))
    assert tried(jobs, one_here).refused == {"channel": 1}


def test_a_role_that_exempts_frees_from_a_cap():
    jobs = [past(1, role_ids=frozenset({VIP})), past(2, role_ids=frozenset({NEWBIE}))]
    after = policy(member_jobs_per_day=0, exempt_role_ids=[VIP])
    assert tried(jobs, after).refused == {"member": 1}


def test_money_is_counted_as_it_came_to_be():
    jobs = [past(1, micros=1_000_000), past(2, micros=400_000), past(3, micros=700_000)]
    found = tried(jobs, policy(micros_per_day=1_500_000))
    assert found.refused == {"server": 1}
    assert found.spent_after == 1_400_000


def test_what_cost_nothing_counts_for_no_cap():
    jobs = [past(1, is_counted=False, micros=0), past(2)]
    assert tried(jobs, policy(member_jobs_per_day=1)).changes_nothing


def test_what_cost_nothing_costs_nothing_when_it_is_cut_either():
    found = tried([past(is_counted=False, micros=0)], policy(max_video_seconds=2))
    assert (found.shorter, found.spent_after) == (1, 0)


def test_a_part_that_was_cut_at_a_frame_keeps_its_length_and_its_cost():
    job = past(was_cut=True, source_seconds=20.0, part_seconds=4.97, micros=700_000)
    found = tried([job], policy(max_video_seconds=5), policy(max_video_seconds=5))
    assert found.changes_nothing
    assert found.spent_before == 700_000


def test_a_model_without_a_price_costs_what_it_did_cost():
    found = tried([past(model="unheard_of")], policy(max_video_seconds=2))
    assert (found.shorter, found.spent_after) == (1, 750_000)


def test_a_month_counts_from_its_first_day_even_before_the_days_that_are_compared():
    earlier = NOW.replace(day=1, hour=1)
    jobs = [past(1, created_at=earlier), past(2)]
    assert needed_since(NOW) <= earlier < NOW - timedelta(days=30)
    found = tried(jobs, policy(jobs_per_month=1))
    assert (found.jobs, found.refused) == (1, {"server": 1})


def test_a_lower_limit_cuts_shorter_and_costs_less():
    found = tried([past()], policy(max_video_seconds=2))
    assert (found.shorter, found.longer, found.refused) == (1, 0, {})
    assert (found.spent_before, found.spent_after) == (750_000, 300_000)


def test_a_higher_limit_lengthens_only_what_was_cut_by_the_limit():
    cut = {"model": "aleph2", "source_seconds": 20.0, "part_seconds": 4.0}
    jobs = [past(1, was_cut=True, **cut), past(2, part_start=3.0, **cut)]
    before, after = policy(max_video_seconds=4), policy(max_video_seconds=10)
    found = tried(jobs, after, before)
    assert (found.longer, found.shorter) == (1, 0)
    assert found.spent_after - found.spent_before == 2_800_000 - 750_000


def test_the_caps_of_the_whole_bot_are_left_out_because_other_servers_count_there():
    found = tried([past(1), past(2)], EMPTY, by=operator(bot_jobs_per_day=1))
    assert found.refused_before == 0


def test_a_limit_below_what_the_model_needs_refuses():
    found = tried([past(model="aleph2")], policy(max_video_seconds=1))
    assert found.refused == {Rule.LIMIT_BELOW_MODEL: 1}


def test_review_and_strictness_are_compared():
    found = tried([past()], policy(review_mode="publishing", public_figure_threshold="auto"))
    assert (found.reviewed, found.unreviewed, found.stricter) == (1, 0, 0)
    found = tried([past()], EMPTY, policy(review_mode="both", public_figure_threshold="low"))
    assert (found.reviewed, found.unreviewed, found.stricter) == (0, 1, 1)


def test_jobs_without_known_roles_are_left_out_where_roles_matter_and_fill_the_caps():
    jobs = [past(1, role_ids=None), past(2)]
    assert tried(jobs, policy(member_jobs_per_day=1)).unjudged == 0
    found = tried(jobs, policy((role(), {"member_jobs_per_day": 5}), member_jobs_per_day=1))
    assert (found.jobs, found.unjudged, found.refused) == (1, 1, {"member": 1})


@pytest.mark.parametrize("name", ["allowed_role_ids", "exempt_role_ids", "review_skip_role_ids"])
def test_jobs_without_known_roles_are_left_out_where_a_list_names_roles(name):
    found = tried([past(role_ids=None)], policy(**{name: [VIP]}))
    assert (found.jobs, found.unjudged) == (0, 1)


def test_a_place_of_unknown_age_is_left_out_where_age_matters():
    found = tried([past(is_age_restricted=None)], policy(age_restricted_only=True))
    assert (found.jobs, found.unjudged) == (0, 1)


def test_only_the_newest_jobs_are_tried_and_that_is_told(monkeypatch):
    monkeypatch.setattr(preview_module, "MOST_JOBS", 3)
    jobs = [past(n) for n in range(1, 6)]
    found = tried(jobs, policy(member_jobs_per_day=2))
    assert (found.jobs, found.refused, found.is_partial) == (3, {"member": 1}, True)
    assert f"Only the newest {MOST_JOBS:,} clips were tried." in summary(found)
    assert not tried(jobs[:3], EMPTY).is_partial


def test_slow_rules_end_and_what_they_left_is_told(monkeypatch):
    monkeypatch.setattr(preview_module, "RULES_SECONDS", 0.05)
    after = policy(
        prompt_rules=[{"kind": "pattern", "text": f"{n}x?b", "action": "refuse"} for n in range(9)]
    )
    monkeypatch.setattr(replay, "check_rules", _spend)
    found = tried([past(n, prompt=f"prompt {n}") for n in range(1, 30)], after)
    assert found.unchecked > 0
    assert "There was no time to check" in summary(found)


def test_a_prompt_is_checked_once_by_the_same_rules(monkeypatch):
    asked = []
    monkeypatch.setattr(replay, "check_rules", lambda prompt, rules, seen: asked.append(prompt))
    ruled = policy(prompt_rules=RAINY)
    tried([past(1), past(2), past(3, prompt="snow")], ruled, ruled)
    assert asked == ["a rainy night", "snow"]


def _spend(prompt, rules, seen):
    until = time.monotonic() + 0.01
    while time.monotonic() < until:
        pass


def test_changes_are_applied_without_touching_what_is_set():
    before = policy((role(), {"running": 3}), member_jobs_per_day=2)
    after = applied(before, {SERVER: {"jobs_per_day": 0}, role(): {"running": UNSET}})
    assert after.values == {SERVER: {"member_jobs_per_day": 2, "jobs_per_day": 0}}
    assert before.own("running", role()) == 3
    assert after.guild_id == GUILD


# The sentences


def found(**changes):
    counts = {
        field.name: 0 for field in fields(Preview) if field.name not in {"refused", "is_partial"}
    }
    return Preview(**counts | {"refused": {}} | changes)


def test_without_any_clip_there_is_nothing_to_compare_with():
    assert summary(found()) == "No clips in the last 30 days, so nothing to compare with."


def test_the_summary_names_numbers_reasons_and_money():
    text = summary(
        found(
            jobs=1140,
            refused={"member": 8, Rule.PROMPT_REFUSED: 4},
            reviewed=20,
            shorter=1,
            spent_before=40_000_000,
            spent_after=31_500_000,
            unjudged=7,
        )
    )
    assert text.splitlines() == [
        "Of the 1,140 clips of the last 30 days:",
        "- 12 would have been refused: 8 by a member's quota, 4 by the prompt rules",
        "- 1 would have been cut shorter",
        "- 20 would have gone to a moderator first",
        "Cost: $31.50 instead of $40.00.",
        "7 older clips left out: members' roles were not recorded then.",
    ]


def test_no_difference_is_said_and_that_refused_requests_are_not_known():
    assert summary(found(jobs=3, spent_before=10_000, spent_after=10_000)).splitlines() == [
        "All 3 clips of the last 30 days would have gone the same way. They cost $0.01.",
        "Clips refused at the time are not counted: a looser rule may let more in.",
    ]


def test_clips_of_which_the_roles_are_unknown_are_said_to_be_too_old():
    assert summary(found(unjudged=1)) == (
        "1 clip in the last 30 days, too old to compare: members' roles were not recorded then."
    )


def test_the_summary_is_bounded():
    names = [field.name for field in fields(Preview) if field.name != "refused"]
    most = found(**dict.fromkeys(names, 10**12), refused=dict.fromkeys([*Rule], 10**12))
    assert len(summary(most)) <= MAX_CHARACTERS


VIPS = {"role_ids": frozenset({VIP})}
RAINY = [{"kind": "words", "text": "rainy", "action": "refuse"}]
DIFFERENCES = {
    "public_figure_threshold": ("low", {}, {}),
    "allowed_channel_ids": ([PARENT], {}, {}),
    "refused_channel_ids": ([CHANNEL], {}, {}),
    "allowed_role_ids": ([NEWBIE], {}, {}),
    "exempt_role_ids": ([VIP], {"member_jobs_per_day": 0}, VIPS),
    "age_restricted_only": (True, {}, {}),
    "max_video_bytes": (2 * 1024 * 1024, {}, {}),
    "max_video_seconds": (2, {}, {}),
    "review_mode": ("spending", {}, {}),
    "review_skip_role_ids": ([VIP], {"review_mode": "both"}, VIPS),
    "prompt_rules": (RAINY, {}, {}),
    **{
        f"disguise_{kind}": ("plain", {"prompt_rules": RAINY}, {"prompt": prompt})
        for kind, prompt in {
            "letters": "r\u00e1iny",
            "digits": "ra1ny",
            "gaps": "r a i n y",
            "pieces": "rai ny",
            "repeats": "rainyyyy",
        }.items()
    },
    **{name: (0, {}, {}) for name in (*SHARED_CAPS, *MEMBER_CAPS)},
}
"""A value of each setting, with what else is set and what a job has, that makes a difference."""


def test_every_setting_that_can_make_a_difference_to_past_jobs_is_tried_out():
    for name, (value, others, job) in DIFFERENCES.items():
        found = tried([past(**job)], policy(**others, **{name: value}), policy(**others))
        assert not found.changes_nothing, name
    assert set(DIFFERENCES) == {name for name, one in SETTINGS.items() if one.is_replayed}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_other_setting_makes_any_difference_to_past_jobs(data):
    name = data.draw(st.sampled_from([one for one in SETTINGS if one not in DIFFERENCES]))
    after = policy(**{name: data.draw(value_of(name))})
    assert tried([past(1), past(2, was_cut=True, ratio="1280:720")], after).changes_nothing
