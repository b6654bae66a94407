"""Which level holds: narrower before wider, generous among roles, and nobody past the operator."""

import pytest

from bot.domain.quotas import Decider, Period, QuotaSubject, Scope, Unit
from bot.policy.catalogue import MEMBER_CAPS, SETTINGS, SHARED_CAPS
from bot.policy.levels import BY_DEFAULT, BY_OPERATOR, BY_SERVER, Level, Policy, SettingSource
from bot.policy.quotas import caps_of, holders_of, running_caps_of
from tests.policy.builders import (
    CHANNEL,
    GUILD,
    MEMBER,
    NEWBIE,
    PARENT,
    PLAIN,
    THREAD,
    VIP,
    ask,
    channel,
    operator,
    policy,
    role,
)

OPERATOR = operator()
DEFAULT = {(Scope.MEMBER, Period.DAY, Unit.JOBS): (5, Decider.MODERATORS)}
MEBIBYTE = 1024 * 1024
BY_VIP = SettingSource(Level.ROLE, VIP)
BY_CHANNEL = SettingSource(Level.CHANNEL, CHANNEL)


def holds(policy, name, *, where=(CHANNEL,), roles=(), by=OPERATOR):
    effective = policy.effective(where, frozenset(roles), by)
    return getattr(effective, name), effective.source(name)


def limits(policy, *, where=(CHANNEL,), roles=(), by=OPERATOR):
    """The caps of a request: ``{(scope, period, unit): (limit, decider)}``.

    The one that each member has by default is left out; a test of its own is about it.
    """
    caps = caps_of(policy, ask(channel_ids=where, role_ids=frozenset(roles)), by)
    found = {(one.holder.scope, one.period, one.unit): (one.limit, one.decided_by) for one in caps}
    return dict(found.items() - DEFAULT.items())


# One value


def test_without_any_setting_the_defaults_hold():
    effective = policy().effective((CHANNEL,), (), OPERATOR)
    for name, setting in SETTINGS.items():
        if name not in {"max_video_bytes", "max_video_seconds"}:
            assert getattr(effective, name) == setting.default
            assert effective.source(name) == BY_DEFAULT
    assert holds(policy(), "max_video_bytes") == (100 * MEBIBYTE, BY_OPERATOR)


def test_the_narrowest_level_that_says_something_holds():
    levels = [(role(), {"review_mode": "both"}), (channel(), {"review_mode": "publishing"})]
    assert holds(policy(review_mode="spending"), "review_mode") == ("spending", BY_SERVER)
    settings = policy(*levels, review_mode="spending")
    assert holds(settings, "review_mode") == ("publishing", BY_CHANNEL)
    assert holds(settings, "review_mode", roles={VIP}) == ("both", BY_VIP)
    assert holds(settings, "review_mode", where=(PARENT,)) == ("spending", BY_SERVER)


def test_a_thread_has_its_channels_settings_unless_it_has_its_own():
    of_parent = policy((channel(PARENT), {"default_look": "noir"}), default_look="plain")
    assert holds(of_parent, "default_look", where=(THREAD, PARENT))[0] == "noir"
    both = policy(
        (channel(PARENT), {"default_look": "noir"}), (channel(THREAD), {"default_look": None})
    )
    assert holds(both, "default_look", where=(THREAD, PARENT)) == (
        None,
        SettingSource(Level.CHANNEL, THREAD),
    )


def test_none_is_said_on_purpose_and_hides_the_wider_level():
    settings = policy((channel(), {"default_ratio": None}), default_ratio="1280:720")
    assert holds(settings, "default_ratio") == (None, BY_CHANNEL)


# Roles


@pytest.mark.parametrize(
    ("name", "stricter", "looser"),
    [
        ("review_mode", "both", "off"),
        ("review_mode", "spending", "off"),
        ("public_figure_threshold", "auto", "low"),
        ("max_video_seconds", 2, 4),
        ("max_video_bytes", MEBIBYTE, 2 * MEBIBYTE),
        ("member_jobs_per_day", 0, 1),
        ("member_jobs_per_day", 5, None),
        ("member_micros_per_month", 1, 2),
        ("member_running", 1, None),
    ],
)
def test_of_several_roles_the_most_generous_holds_whatever_their_order(name, stricter, looser):
    for strict_role, loose_role in ((VIP, NEWBIE), (NEWBIE, VIP)):
        settings = policy((role(strict_role), {name: stricter}), (role(loose_role), {name: looser}))
        found, whose = settings.of_roles(name, {strict_role, loose_role, PLAIN})
        assert (found, whose) == (looser, loose_role)


def test_a_role_without_a_value_changes_nothing_for_those_that_have_one():
    settings = policy((role(), {"member_jobs_per_day": 2}), member_jobs_per_day=9)
    assert holds(settings, "member_jobs_per_day", roles={VIP, PLAIN}) == (2, BY_VIP)
    assert holds(settings, "member_jobs_per_day", roles={PLAIN}) == (9, BY_SERVER)


# The operator


@pytest.mark.parametrize(
    ("name", "setting", "ceiling"),
    [
        ("max_video_seconds", {"max_video_seconds": 10}, 10),
        ("jobs_per_day", {"server_jobs_per_day": 10}, 10),
        ("member_jobs_per_day", {"member_jobs_per_day": 4}, 4),
        ("micros_per_month", {"server_dollars_per_month": 10}, 10_000_000),
    ],
)
def test_nobody_gets_past_the_operator_and_who_is_below_decides(name, setting, ceiling):
    by = operator(**setting)
    assert holds(policy(), name, by=by) == (ceiling, BY_OPERATOR)
    assert holds(policy(**{name: None}), name, by=by) == (ceiling, BY_OPERATOR)
    assert holds(policy(**{name: ceiling + 1}), name, by=by) == (ceiling, BY_OPERATOR)
    assert holds(policy(**{name: ceiling}), name, by=by) == (ceiling, BY_OPERATOR)
    assert holds(policy(**{name: ceiling - 1}), name, by=by) == (ceiling - 1, BY_SERVER)


def test_a_role_and_an_exemption_do_not_get_past_the_operator_either():
    by = operator(member_jobs_per_day=10, low_threshold_allowed=False)
    generous = policy((role(), {"member_jobs_per_day": None, "public_figure_threshold": "low"}))
    assert holds(generous, "member_jobs_per_day", roles={VIP}, by=by) == (10, BY_OPERATOR)
    assert holds(generous, "public_figure_threshold", roles={VIP}, by=by) == ("auto", BY_OPERATOR)
    exempt = policy(exempt_role_ids=[VIP], member_jobs_per_day=1)
    assert holds(exempt, "member_jobs_per_day", roles={VIP}, by=by) == (10, BY_OPERATOR)
    assert limits(exempt, roles={VIP}, by=by)[Scope.MEMBER, Period.DAY, Unit.JOBS] == (
        10,
        Decider.OPERATOR,
    )


def test_what_the_owner_allows_one_server_replaces_the_operators_limit():
    by = operator(member_jobs_per_day=10, server_jobs_per_day=10)
    more = policy(allowance={"member_jobs_per_day": None, "jobs_per_day": 50})
    assert holds(more, "member_jobs_per_day", by=by) == (5, BY_DEFAULT)
    assert holds(more, "jobs_per_day", by=by) == (50, BY_OPERATOR)
    less = policy(allowance={"jobs_per_day": 0}, jobs_per_day=5)
    assert holds(less, "jobs_per_day", by=by) == (0, BY_OPERATOR)
    assert limits(less, by=by)[Scope.SERVER, Period.DAY, Unit.JOBS] == (0, Decider.OPERATOR)


# Exempt members


def test_an_exempt_role_frees_from_every_limit_and_from_review():
    values = dict.fromkeys((*SHARED_CAPS, *MEMBER_CAPS), 0)
    settings = policy(
        (channel(), {"jobs_per_day": 0, "max_video_seconds": 1}),
        exempt_role_ids=[VIP, NEWBIE],
        review_mode="both",
        max_video_bytes=MEBIBYTE,
        **values,
    )
    effective = settings.effective((CHANNEL,), {VIP, PLAIN}, OPERATOR)
    assert (effective.exempt_by, effective.unreviewed_by) == (VIP, VIP)
    assert (effective.review_mode, effective.source("review_mode")) == ("off", BY_VIP)
    assert effective.max_video_bytes == OPERATOR.max_video_bytes
    assert effective.max_video_seconds == OPERATOR.max_video_seconds
    assert all(getattr(effective, name) is None for name in values)
    assert limits(settings, roles={VIP}) == {}
    assert len(limits(settings, roles={PLAIN})) == len(values) + 1


def test_a_role_that_skips_review_is_not_exempt_from_limits():
    settings = policy(review_skip_role_ids=[VIP], review_mode="both", member_jobs_per_day=1)
    effective = settings.effective((CHANNEL,), {VIP}, OPERATOR)
    assert (effective.exempt_by, effective.unreviewed_by) == (None, VIP)
    assert (effective.review_mode, effective.member_jobs_per_day) == ("off", 1)


# Caps: zero, unlimited, and whose


@pytest.mark.parametrize("name", [*SHARED_CAPS, *MEMBER_CAPS])
def test_zero_is_a_cap_of_nothing_and_unlimited_is_none(name):
    scope = Scope.MEMBER if name.startswith("member_") else Scope.SERVER
    counted = (SHARED_CAPS | MEMBER_CAPS)[name]
    assert limits(policy(**{name: 0})) == {(scope, *counted): (0, Decider.MODERATORS)}
    assert limits(policy(**{name: None})) == limits(policy()) == {}


def test_caps_of_all_together_hold_at_every_level_at_once():
    settings = policy(
        (role(), {"jobs_per_day": 3}), (channel(), {"jobs_per_day": 20}), jobs_per_day=10
    )
    found = limits(settings, roles={VIP})
    assert {scope: limit for (scope, *_), (limit, _) in found.items()} == {
        Scope.ROLE: 3,
        Scope.CHANNEL: 20,
        Scope.SERVER: 10,
    }
    assert holds(settings, "jobs_per_day", roles={VIP}) == (3, BY_VIP)


def test_a_channels_or_roles_unlimited_lifts_no_cap_of_the_server():
    settings = policy(
        (role(), {"jobs_per_day": None}), (channel(), {"jobs_per_day": None}), jobs_per_day=10
    )
    assert limits(settings, roles={VIP}) == {
        (Scope.SERVER, Period.DAY, Unit.JOBS): (10, Decider.MODERATORS)
    }


def test_a_members_cap_is_the_roles_before_the_servers():
    settings = policy((role(), {"member_jobs_per_day": None}), member_jobs_per_day=1)
    assert limits(settings, roles={VIP}) == {}
    assert limits(settings) == {(Scope.MEMBER, Period.DAY, Unit.JOBS): (1, Decider.MODERATORS)}


def test_in_a_thread_the_caps_of_its_channel_count():
    settings = policy(
        (channel(PARENT), {"jobs_per_day": 4}), (channel(THREAD), {"jobs_per_day": 1})
    )
    found = caps_of(settings, ask(channel_ids=(THREAD, PARENT)), OPERATOR)
    [cap] = [one for one in found if one.holder.scope is not Scope.MEMBER]
    assert (cap.holder.scope_id, cap.limit) == (PARENT, 4)


def test_a_request_refuses_over_the_caps_on_what_runs_only_where_nothing_may():
    assert limits(policy(running=2, member_running=0)) == {
        (Scope.MEMBER, Period.NOW, Unit.JOBS): (0, Decider.MODERATORS)
    }


def test_the_bots_own_caps_hold_everywhere_even_in_direct_messages():
    by = operator(bot_jobs_per_day=9, bot_dollars_per_month=2)
    expected = {
        (Scope.BOT, Period.DAY, Unit.JOBS): (9, Decider.OPERATOR),
        (Scope.BOT, Period.MONTH, Unit.MICROS): (2_000_000, Decider.OPERATOR),
    }
    assert limits(policy(), by=by) == limits(policy(exempt_role_ids=[VIP]), roles={VIP}, by=by)
    assert limits(policy(), by=by) == expected
    assert limits(Policy(0), by=by).items() >= expected.items()


def test_each_member_gets_five_clips_a_day_until_the_server_says_another_number():
    name, counted = "member_jobs_per_day", (Scope.MEMBER, Period.DAY, Unit.JOBS)

    def each(settings, by=OPERATOR):
        found = caps_of(settings, ask(), by)
        return [(one.limit, one.decided_by) for one in found if one.holder.scope is Scope.MEMBER]

    assert holds(policy(), name) == (5, BY_DEFAULT)
    assert each(policy()) == [DEFAULT[counted]]
    assert each(policy(member_jobs_per_day=8)) == [(8, Decider.MODERATORS)]
    assert each(policy(member_jobs_per_day=None)) == []
    by = operator(member_jobs_per_day=10)
    assert each(policy(), by) == [(5, Decider.MODERATORS)]
    assert each(policy(member_jobs_per_day=None), by) == [(10, Decider.OPERATOR)]
    assert each(policy(), operator(member_jobs_per_day=3)) == [(3, Decider.OPERATOR)]


def test_direct_messages_have_caps_of_their_own_and_all_are_the_operators():
    assert limits(Policy(0)) == {
        (Scope.MEMBER, Period.DAY, Unit.JOBS): (5, Decider.OPERATOR),
        (Scope.SERVER, Period.MONTH, Unit.MICROS): (5_000_000, Decider.OPERATOR),
    }
    by = operator(dm_jobs_per_day=9, dm_dollars_per_month="unlimited", member_jobs_per_day=2)
    assert limits(Policy(0), by=by) == {
        (Scope.MEMBER, Period.DAY, Unit.JOBS): (2, Decider.OPERATOR)
    }
    by = operator(dm_jobs_per_day="unlimited", dm_dollars_per_month=0)
    assert limits(Policy(0), by=by) == {
        (Scope.SERVER, Period.MONTH, Unit.MICROS): (0, Decider.OPERATOR)
    }
    assert running_caps_of(Policy(0), holders_of(Policy(0), ask()), bot_running=None) == ()


# Whom a job counts for


def test_only_roles_with_a_cap_or_that_exempt_are_counted():
    settings = policy(
        (role(VIP), {"jobs_per_day": 3}),
        (role(PLAIN), {"review_mode": "off"}),
        exempt_role_ids=[NEWBIE],
    )
    found = holders_of(
        settings, ask(channel_ids=(THREAD, PARENT), role_ids={VIP, NEWBIE, PLAIN, GUILD})
    )
    assert found == (
        QuotaSubject(scope=Scope.BOT, scope_id=0, guild_id=0),
        QuotaSubject(scope=Scope.SERVER, scope_id=GUILD, guild_id=GUILD),
        QuotaSubject(scope=Scope.CHANNEL, scope_id=PARENT, guild_id=GUILD),
        QuotaSubject(scope=Scope.ROLE, scope_id=VIP, guild_id=GUILD),
        QuotaSubject(scope=Scope.ROLE, scope_id=NEWBIE, guild_id=GUILD),
        QuotaSubject(scope=Scope.MEMBER, scope_id=MEMBER, guild_id=GUILD),
    )


def test_what_runs_is_capped_by_the_roles_a_job_was_added_with():
    settings = policy((role(), {"member_running": 4}), running=5, member_running=1)
    of_vip = holders_of(settings, ask(role_ids={VIP}))
    of_others = holders_of(settings, ask(role_ids={PLAIN}))
    for holders, own in ((of_vip, 4), (of_others, 1)):
        found = running_caps_of(settings, holders, bot_running=7)
        assert {cap.holder.scope: cap.limit for cap in found} == {
            Scope.MEMBER: own,
            Scope.SERVER: 5,
            Scope.BOT: 7,
        }
    exempt = policy(exempt_role_ids=[VIP], running=5, member_running=1)
    holders = holders_of(exempt, ask(role_ids={VIP}))
    assert running_caps_of(exempt, holders, bot_running=None) == ()
