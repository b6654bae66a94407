"""Servers' settings in the store, and the record of their changes."""

import asyncio

import pytest

from bot.domain.quotas import Scope
from bot.policy.exchange import dump, load, replacing
from bot.policy.levels import Policy
from bot.policy.problems import SERVER, UNSET, Flaw, SettingRefusedError, Target
from bot.settings import Settings
from tests.policy.builders import channel, role

GUILD = 2**63 - 5
PERSON = 77
CHANNEL = Target(Scope.CHANNEL, 2**62)


@pytest.fixture
def operator():
    return Settings(_env_file=None, discord_token="t", cometapi_key="k", server_jobs_per_day=10)


RULES = [{"kind": "words", "text": "gore", "action": "refuse"}]


async def change_all(store, changes, operator=None):
    return await store.policies.change(GUILD, changes, user_id=PERSON, operator=operator)


async def change(store, values, *, target=SERVER, guild_id=GUILD, user_id=PERSON, operator=None):
    changes = {target: values}
    return await store.policies.change(guild_id, changes, user_id=user_id, operator=operator)


async def test_of_two_actions_of_one_person_each_is_told_its_own_changes(store):
    actions = await asyncio.gather(
        change(store, {"strike_days": 3, "strike_limit": 5}), change(store, {"jobs_per_day": 7})
    )
    names = [[one.name for one in action] for _, action in actions]
    assert names == [["strike_days", "strike_limit"], ["jobs_per_day"]]
    recorded = await store.policies.changes(GUILD)
    assert sorted(recorded, key=lambda one: one.id) == sorted(
        (one for _, action in actions for one in action), key=lambda one: one.id
    )
    assert await change(store, {"strike_days": 3}) == (await store.policies.read(GUILD), ())


async def test_a_server_that_set_nothing_has_the_defaults(store):
    assert await store.policies.read(GUILD) == Policy(GUILD)
    assert await store.policies.changes(GUILD) == []
    assert await store.policies.last_action(GUILD) == ()


async def test_settings_are_kept_for_each_server_and_level(store):
    values = {
        "public_figure_threshold": "low",
        "default_ratio": "1280:720",
        "max_video_bytes": 500_000_000,
        "micros_per_month": 5_000_000_000,
        "max_video_seconds": 7.5,
        "allowed_channel_ids": frozenset({2**62, 3}),
        "jobs_per_day": None,
        "jobs_per_month": 0,
    }
    await change(store, values)
    changed, _ = await change(store, {"max_video_seconds": 3}, target=CHANNEL)
    assert changed.values == {SERVER: values, CHANNEL: {"max_video_seconds": 3}}
    assert await store.policies.read(GUILD) == changed
    assert await store.policies.read(GUILD + 1) == Policy(GUILD + 1)


async def test_every_change_is_recorded_with_who_when_before_and_after(store, clock):
    await change(store, {"default_ratio": "1280:720"})
    clock.advance(60)
    values = {"default_ratio": UNSET, "allowed_channel_ids": frozenset({9, 4})}
    await change(store, values, user_id=PERSON + 1)
    first, *second = reversed(await store.policies.changes(GUILD))
    assert (first.user_id, first.name, first.target) == (PERSON, "default_ratio", SERVER)
    assert (first.value_before, first.value_after) == (UNSET, "1280:720")
    assert {(c.name, c.value_before, c.value_after) for c in second} == {
        ("default_ratio", "1280:720", UNSET),
        ("allowed_channel_ids", UNSET, frozenset({4, 9})),
    }
    assert {c.user_id for c in second} == {PERSON + 1}
    assert all(c.changed_at > first.changed_at for c in second)


async def test_what_stays_as_it_was_is_not_recorded(store):
    await change(store, {"default_ratio": "1:1"})
    await change(store, {"default_ratio": "1:1", "strike_days": UNSET})
    assert len(await store.policies.changes(GUILD)) == 1


async def test_unset_zero_and_unlimited_are_stored_apart_and_recorded(store):
    for value in (0, None, UNSET):
        await change(store, {"jobs_per_day": value})
        assert (await store.policies.read(GUILD)).own("jobs_per_day") == value
    recorded = [(one.before, one.after) for one in await store.policies.changes(GUILD)]
    assert recorded == [("null", None), ("0", "null"), (None, "0")]


async def test_the_latest_changes_come_first_and_only_so_many(store):
    for seconds in range(5):
        await change(store, {"max_video_seconds": seconds + 1})
    await change(store, {"max_video_seconds": 99}, guild_id=GUILD + 1)
    found = await store.policies.changes(GUILD, limit=2)
    assert [c.value_after for c in found] == [5, 4]


async def test_changes_at_the_same_moment_all_count(store, store_factory):
    other = await store_factory("w2")
    await asyncio.gather(
        change(store, {"max_video_seconds": 5}, user_id=1),
        change(other, {"default_ratio": "1:1"}, user_id=2),
        change(other, {"public_figure_threshold": "low"}, user_id=3),
    )
    policy = await store.policies.read(GUILD)
    assert policy.values[SERVER] == {
        "max_video_seconds": 5,
        "default_ratio": "1:1",
        "public_figure_threshold": "low",
    }
    assert len(await store.policies.changes(GUILD)) == 3


async def test_changes_of_one_setting_at_the_same_moment_are_recorded_in_a_chain(
    store, store_factory
):
    both = (store, await store_factory("w2"))
    await asyncio.gather(
        *(change(both[n % 2], {"max_video_seconds": n + 1.5}, user_id=n) for n in range(10))
    )
    recorded = list(reversed(await store.policies.changes(GUILD)))
    assert [c.before for c in recorded] == [None, *(c.after for c in recorded[:-1])]
    assert len(recorded) == 10


async def test_a_refused_change_names_everything_and_leaves_no_trace(store, operator):
    values = {
        "default_ratio": "1280:720",
        "public_figure_threshold": "none",
        "jobs_per_day": 11,
        "nonsense": 1,
    }
    with pytest.raises(SettingRefusedError) as caught:
        await change(store, values, operator=operator)
    assert {(one.name, one.flaw) for one in caught.value.problems} == {
        ("public_figure_threshold", Flaw.NOT_OFFERED),
        ("jobs_per_day", Flaw.ABOVE_CEILING),
        ("nonsense", Flaw.UNKNOWN),
    }
    assert await store.policies.read(GUILD) == Policy(GUILD)
    assert await store.policies.changes(GUILD) == []


async def test_undo_takes_back_a_whole_action_and_is_an_action_itself(store, clock, operator):
    await change(store, {"strike_days": 3})
    clock.advance(1)
    await change(store, {"strike_days": 5, "strike_limit": None})
    shown = await store.policies.last_action(GUILD)
    clock.advance(1)
    undone, _ = await store.policies.undo(GUILD, shown, user_id=PERSON, operator=operator)
    assert undone.values == {SERVER: {"strike_days": 3}}
    assert len(await store.policies.changes(GUILD)) == 5


async def test_an_undo_of_what_is_not_the_last_any_more_does_nothing(store, clock, operator):
    await change(store, {"strike_days": 3})
    shown = await store.policies.last_action(GUILD)
    clock.advance(1)
    await change(store, {"strike_limit": 5}, user_id=PERSON + 1)
    assert await store.policies.undo(GUILD, shown, user_id=PERSON, operator=operator) is None
    policy = await store.policies.read(GUILD)
    assert policy.values == {SERVER: {"strike_days": 3, "strike_limit": 5}}


async def test_an_undo_brings_nothing_back_that_the_operator_does_not_allow(store, clock, operator):
    await change(store, {"jobs_per_day": 11})
    clock.advance(1)
    await change(store, {"jobs_per_day": 5})
    shown = await store.policies.last_action(GUILD)
    with pytest.raises(SettingRefusedError):
        await store.policies.undo(GUILD, shown, user_id=PERSON, operator=operator)
    assert (await store.policies.read(GUILD)).own("jobs_per_day") == 5


async def test_of_two_undos_at_the_same_moment_one_is_done(store, store_factory, operator):
    other = await store_factory("w2")
    await change(store, {"strike_days": 3})
    shown = await store.policies.last_action(GUILD)
    done = await asyncio.gather(
        store.policies.undo(GUILD, shown, user_id=1, operator=operator),
        other.policies.undo(GUILD, shown, user_id=2, operator=operator),
    )
    assert sum(one is not None for one in done) == 1
    assert (await store.policies.read(GUILD)).own("strike_days") is UNSET


# Files


async def test_a_file_replaces_everything_and_one_undo_brings_it_all_back(store, operator):
    before, _ = await change_all(
        store,
        {
            SERVER: {"review_mode": "both", "jobs_per_day": 0, "prompt_rules": RULES},
            role(): {"member_jobs_per_day": None},
        },
    )
    file = (
        b'{"restyle_settings": 1, "server": {"jobs_per_month": null},'
        b' "channels": {"10": {"max_video_seconds": 2.5}}}'
    )
    after, _ = await change_all(store, replacing(before, load(file)))
    assert after.values == {SERVER: {"jobs_per_month": None}, channel(): {"max_video_seconds": 2.5}}
    action = await store.policies.last_action(GUILD)
    assert len(action) == 6
    undone, _ = await store.policies.undo(GUILD, action, user_id=PERSON, operator=operator)
    assert undone == before
    assert load(dump(await store.policies.read(GUILD))) == load(dump(before))


async def test_a_file_beyond_the_operators_limits_changes_nothing(store, operator):
    loaded = load(b'{"restyle_settings": 1, "server": {"jobs_per_day": 11, "running": 1}}')
    with pytest.raises(SettingRefusedError) as caught:
        await change_all(store, loaded, operator=operator)
    [problem] = caught.value.problems
    assert (problem.name, problem.flaw) == ("jobs_per_day", Flaw.ABOVE_CEILING)
    assert (await store.policies.read(GUILD)).values == {}
