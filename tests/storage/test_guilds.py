"""Guild settings in the store, and the record of their changes."""

import asyncio

import pytest

from bot.errors import SettingRefusedError
from bot.guilds import GuildSettings
from bot.policy.problems import SERVER

GUILD = 2**63 - 5
PERSON = 77


async def test_a_guild_that_set_nothing_has_the_defaults(store):
    assert await store.guild_settings(GUILD) == GuildSettings(guild_id=GUILD)
    assert await store.setting_changes(GUILD) == []


async def test_settings_are_kept_per_guild(store):
    changes = {
        "public_figure_threshold": "low",
        "default_ratio": "1280:720",
        "max_video_bytes": 5_000_000_000,
        "max_video_seconds": 7.5,
        "allowed_channel_ids": frozenset({2**62, 3}),
    }
    changed = await store.change_guild_settings(GUILD, user_id=PERSON, **changes)
    assert changed == GuildSettings(guild_id=GUILD, **changes)
    assert await store.guild_settings(GUILD) == changed
    assert await store.guild_settings(GUILD + 1) == GuildSettings(guild_id=GUILD + 1)


async def test_every_change_is_recorded_with_who_when_before_and_after(store, clock):
    await store.change_guild_settings(GUILD, user_id=PERSON, default_ratio="1280:720")
    clock.advance(60)
    await store.change_guild_settings(
        GUILD, user_id=PERSON + 1, default_ratio=None, allowed_channel_ids=frozenset({9, 4})
    )
    first, *second = reversed(await store.setting_changes(GUILD))
    assert (first.user_id, first.name) == (PERSON, "default_ratio")
    assert (first.before, first.after) == ("null", '"1280:720"')
    assert {(c.name, c.before, c.after) for c in second} == {
        ("default_ratio", '"1280:720"', "null"),
        ("allowed_channel_ids", "[]", "[4, 9]"),
    }
    assert {c.user_id for c in second} == {PERSON + 1}
    assert all(c.changed_at > first.changed_at for c in second)


async def test_what_stays_as_it_was_is_not_recorded(store):
    await store.change_guild_settings(GUILD, user_id=PERSON, default_ratio="1:1")
    await store.change_guild_settings(
        GUILD, user_id=PERSON, default_ratio="1:1", public_figure_threshold="auto"
    )
    assert len(await store.setting_changes(GUILD)) == 1


async def test_the_latest_changes_come_first_and_only_so_many(store):
    for seconds in range(5):
        await store.change_guild_settings(GUILD, user_id=PERSON, max_video_seconds=seconds + 1)
    await store.change_guild_settings(GUILD + 1, user_id=PERSON, max_video_seconds=99)
    assert [c.after for c in await store.setting_changes(GUILD, limit=2)] == ["5", "4"]


async def test_changes_at_the_same_moment_all_count(store, store_factory):
    other = await store_factory("w2")
    await asyncio.gather(
        store.change_guild_settings(GUILD, user_id=1, max_video_seconds=5),
        other.change_guild_settings(GUILD, user_id=2, default_ratio="1:1"),
        other.change_guild_settings(GUILD, user_id=3, public_figure_threshold="low"),
    )
    settings = await store.guild_settings(GUILD)
    assert (settings.max_video_seconds, settings.default_ratio) == (5, "1:1")
    assert settings.public_figure_threshold == "low"
    assert len(await store.setting_changes(GUILD)) == 3


async def test_changes_of_one_setting_at_the_same_moment_are_recorded_in_a_chain(
    store, store_factory
):
    both = (store, await store_factory("w2"))
    await asyncio.gather(
        *(
            both[n % 2].change_guild_settings(GUILD, user_id=n, max_video_seconds=n + 0.5)
            for n in range(10)
        )
    )
    recorded = list(reversed(await store.setting_changes(GUILD)))
    assert [c.before for c in recorded] == ["null", *(c.after for c in recorded[:-1])]
    assert len(recorded) == 10


@pytest.mark.parametrize("name", ["guild_id", "nonsense"])
async def test_unknown_settings_are_refused(store, name):
    with pytest.raises(TypeError):
        await store.change_guild_settings(GUILD, user_id=PERSON, **{name: 1})


async def test_a_refused_change_leaves_no_trace(store):
    changes = {SERVER: {"default_ratio": "1280:720", "public_figure_threshold": "none"}}
    with pytest.raises(SettingRefusedError):
        await store.policies.change(GUILD, changes, user_id=PERSON, operator=None)
    assert await store.guild_settings(GUILD) == GuildSettings(guild_id=GUILD)
    assert await store.setting_changes(GUILD) == []
