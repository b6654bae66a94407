"""What the bot's owner is told when something is wrong, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.conditions import ConditionKind, Finding
from cogs.admin.alerts import TOLD_BY_OTHERS, Alerts

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
AWAY = {ConditionKind.DATABASE: Finding(text="It does not answer. Look at it.")}
FULL = {ConditionKind.DISK: Finding(text="Only 3 MB are free. Make room.")}


async def look(stage, found, seconds, alerts=None):
    """Let so many seconds after noon be now, and what is found be wrong."""
    now = NOON + timedelta(seconds=seconds)
    stage.bot.conditions.observe(found, now)
    await (alerts or stage.bot.get_cog("Alerts")).look(now)


def owned_by(stage, person, **fields):
    stage.bot.settings = stage.bot.settings.model_copy(
        update={"owner_ids": str(person.id), **fields}
    )


async def test_the_owner_is_told_once_and_the_message_says_when_it_is_over(stage):
    owned_by(stage, stage.bob)
    for seconds in (0, 10, 20):
        await look(stage, FULL, seconds)
    [told] = stage.bob.user.dm_channel.history()
    assert "**The disk is nearly full** since <t:" in told.content
    assert "Make room." in told.content
    await look(stage, {}, 30)
    [told] = stage.bob.user.dm_channel.history()
    assert "**The disk is nearly full**: over since <t:" in told.content
    await look(stage, FULL, 40)
    assert len(stage.bob.user.dm_channel.history()) == 2


async def test_a_database_that_is_away_for_less_than_a_minute_is_nobodys_concern(stage):
    owned_by(stage, stage.bob)
    await look(stage, AWAY, 0)
    await look(stage, AWAY, 59)
    await look(stage, {}, 60)
    await look(stage, AWAY, 70)
    await look(stage, AWAY, 129)
    assert stage.bob.user.dm_channel.history() == []
    await look(stage, AWAY, 130)
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🔴 **The database is away**")


async def test_after_a_restart_the_message_of_the_last_run_is_edited_and_not_repeated(stage):
    owned_by(stage, stage.bob)
    await look(stage, FULL, 0)
    again = Alerts(stage.bot)
    await look(stage, FULL, 10, again)
    assert len(stage.bob.user.dm_channel.history()) == 1
    await look(stage, {}, 20, Alerts(stage.bot))
    [told] = stage.bob.user.dm_channel.history()
    assert "over since" in told.content


async def test_a_named_channel_hears_of_it_instead(stage):
    channel = stage.guild.create_text_channel("operators")
    owned_by(stage, stage.bob, alert_channel_id=str(channel.id))
    await look(stage, FULL, 0)
    assert "Make room." in channel.last_message.content


@pytest.mark.parametrize("kind", sorted(set(ConditionKind) - TOLD_BY_OTHERS))
async def test_every_condition_has_words_for_the_owner(stage, kind):
    owned_by(stage, stage.bob)
    await look(stage, {kind: Finding(text="So it is.")}, 0)
    await look(stage, {kind: Finding(text="So it is.")}, 3600)
    await look(stage, {}, 3700)
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🟢 **")
