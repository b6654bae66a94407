"""Settings of a server in the database: set, replaced by a file, and taken back."""

import pytest

from bot.errors import SettingRefusedError
from bot.policy.exchange import dump, load, replacing
from bot.policy.problems import SERVER, UNSET, Flaw
from tests.policy.builders import channel, operator, role

GUILD, ME = 2_000_000_000_000_000_000, 4_000_000_000_000_000_000
FREE = operator()
RULES = [{"kind": "words", "text": "gore", "action": "refuse"}]


async def change(store, changes, by=FREE):
    return await store.policies.change(GUILD, changes, user_id=ME, operator=by)


async def test_a_file_replaces_everything_and_one_undo_brings_it_all_back(store):
    before = await change(
        store,
        {
            SERVER: {"review_mode": "both", "jobs_per_day": 0, "prompt_rules": RULES},
            role(): {"member_jobs_per_day": None},
        },
    )
    file = (
        b'{"restyle_settings": 1, "server": {"jobs_per_day": null},'
        b' "channels": {"10": {"max_video_seconds": 2.5}}}'
    )
    after = await change(store, replacing(before, load(file)))
    assert after.values == {SERVER: {"jobs_per_day": None}, channel(): {"max_video_seconds": 2.5}}
    action = await store.policies.last_action(GUILD)
    assert len(action) == 5
    undone = await store.policies.undo(GUILD, action, user_id=ME, operator=FREE)
    assert undone == before
    assert load(dump(await store.policies.read(GUILD))) == load(dump(before))


async def test_a_file_beyond_the_operators_limits_changes_nothing(store):
    loaded = load(b'{"restyle_settings": 1, "server": {"jobs_per_day": 9, "running": 1}}')
    with pytest.raises(SettingRefusedError) as caught:
        await change(store, loaded, by=operator(server_jobs_per_day=5))
    [problem] = caught.value.problems
    assert (problem.name, problem.flaw) == ("jobs_per_day", Flaw.BEYOND_FLOOR)
    assert (await store.policies.read(GUILD)).values == {}


async def test_unset_zero_and_unlimited_are_stored_apart_and_recorded(store):
    for value in (0, None, UNSET):
        await change(store, {SERVER: {"jobs_per_day": value}})
        assert (await store.policies.read(GUILD)).own("jobs_per_day") == value
    recorded = [(one.before, one.after) for one in await store.policies.changes(GUILD)]
    assert recorded == [("null", None), ("0", "null"), (None, "0")]


async def test_setting_what_is_set_already_is_not_recorded(store):
    for _ in range(2):
        await change(store, {role(): {"running": 3}})
    assert len(await store.policies.changes(GUILD)) == 1
