"""What the bot's owner allows one server: kept apart, and in the place of the environment's."""

import pytest

from bot.domain.quotas import Decider, Scope
from bot.errors import CapReachedError
from bot.policy.ceilings import limits_of, read_limit
from bot.policy.decide import RequestFacts
from bot.policy.levels import Level
from bot.policy.problems import SERVER, UNSET, SettingRefusedError
from bot.policy.quotas import caps_of, holders_of
from bot.settings import Settings
from tests.factories import CHANNEL_ID, GUILD_ID, USER_ID, new_job

OWNER, MO = 91, 71
ASKED = RequestFacts(channel_ids=(CHANNEL_ID,), role_ids=(), user_id=USER_ID)


@pytest.fixture
def operator(tmp_path):
    return Settings(
        bot_dollars_per_month=None,
        _env_file=None,
        discord_token="token",
        cometapi_key="key",
        data_dir=tmp_path,
        server_jobs_per_day=10,
        server_dollars_per_month=None,
    )


@pytest.fixture
def allow(store):
    async def set_it(**limits):
        return await store.policies.allow(GUILD_ID, limits, user_id=OWNER)

    return set_it


def server_caps(policy, operator):
    caps = caps_of(policy, ASKED, operator)
    return {(cap.period, cap.unit): cap for cap in caps if cap.holder.scope is Scope.SERVER}


@pytest.mark.parametrize("limit", [2, 50, 0])
async def test_an_allowance_replaces_the_environments_limit_for_more_and_for_less(
    store, allow, operator, limit
):
    await allow(jobs_per_day=limit)
    policy = await store.policies.read(GUILD_ID)
    [cap] = server_caps(policy, operator).values()
    assert (cap.limit, cap.decided_by) == (limit, Decider.OPERATOR)
    holds = policy.effective((CHANNEL_ID,), (), operator)
    assert (holds.jobs_per_day, holds.source("jobs_per_day").level) == (limit, Level.OPERATOR)


async def test_unlimited_and_default_are_two_things(store, allow, operator):
    policy = await allow(jobs_per_day=None)
    assert server_caps(policy, operator) == {}
    policy = await allow(jobs_per_day=UNSET)
    assert [cap.limit for cap in server_caps(policy, operator).values()] == [10]


async def test_an_allowance_of_money_is_a_cap_on_money(store, allow, operator):
    policy = await allow(micros_per_month=1_500_000)
    assert 1_500_000 in {cap.limit for cap in server_caps(policy, operator).values()}
    limits = limits_of(operator, policy.allowance)
    assert limits == {
        "jobs_per_day": (10, False),
        "micros_per_month": (1_500_000, True),
        "member_jobs_per_day": (None, False),
    }


async def test_an_allowance_refuses_the_job_that_is_too_much(store, allow, operator):
    policy = await allow(jobs_per_day=1)
    taken = {"holders": holders_of(policy, ASKED), "caps": caps_of(policy, ASKED, operator)}
    await store.add(new_job(1), **taken)
    with pytest.raises(CapReachedError):
        await store.add(new_job(2), **taken)


async def test_managers_cannot_go_beyond_it_and_cannot_undo_it(store, allow, operator):
    await allow(jobs_per_day=5)
    with pytest.raises(SettingRefusedError):
        await store.policies.change(
            GUILD_ID, {SERVER: {"jobs_per_day": 6}}, user_id=MO, operator=operator
        )
    await store.policies.change(
        GUILD_ID, {SERVER: {"jobs_per_day": 5}}, user_id=MO, operator=operator
    )
    assert {one.user_id for one in await store.policies.changes(GUILD_ID)} == {MO}


async def test_the_owners_changes_are_on_record(store, allow):
    await allow(jobs_per_day=5)
    await allow(jobs_per_day=UNSET)
    last, first = await store.policies.changes(0)
    assert (first.user_id, first.scope, first.scope_id) == (OWNER, Scope.BOT, GUILD_ID)
    assert (first.before, first.after, last.before, last.after) == (None, "5", "5", None)


async def test_an_allowance_is_one_servers_alone(store, allow, operator):
    await allow(jobs_per_day=0)
    other = await store.policies.read(GUILD_ID + 1)
    assert other.allowance == {}
    assert (await store.policies.read(0)).allowance == {}


@pytest.mark.parametrize(
    ("name", "typed", "limit"),
    [
        ("jobs_per_day", " 12 ", 12),
        ("jobs_per_day", "0", 0),
        ("jobs_per_day", "Unlimited", None),
        ("jobs_per_day", "default", UNSET),
        ("micros_per_month", "$12.50", 12_500_000),
        ("micros_per_month", "0.01", 10_000),
    ],
)
def test_what_the_owner_types_is_read(name, typed, limit):
    assert read_limit(name, typed) == limit


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("jobs_per_day", "1.5"),
        ("jobs_per_day", "-1"),
        ("jobs_per_day", "lots"),
        ("jobs_per_day", "nan"),
        ("jobs_per_day", "٣"),
        ("jobs_per_day", "999999999"),
        ("micros_per_month", "0.001"),
        ("micros_per_month", ""),
    ],
)
def test_what_is_no_limit_is_refused(name, typed):
    with pytest.raises(ValueError, match=r".*"):
        read_limit(name, typed)
