"""What the bot's owner is told when something is wrong, and when it is over."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.conditions import ConditionKind, Conditions, Finding
from bot.errors import MediaProbeError
from bot.media.process_pool import ProcessPool
from bot.setting_checks import RUNWAY_URL
from cogs.owner.alerts import Alerts
from tests.cogs.conftest import said, text_of
from tests.factories import new_job

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
AWAY = {ConditionKind.DATABASE: Finding(text="It does not answer. Look at it.")}
FULL = {ConditionKind.DISK: Finding(text="Only 3 MB are free. Make room.")}


@pytest.fixture
async def restart_bot(stage, make_bot):
    """Start the bot anew, owned by the same person."""
    bots = []

    async def restart():
        bots.append(stage.bot)
        bot = make_bot(settings=stage.bot.settings)
        bots.append(bot)
        await stage.env.restart_bot(bot)

    yield restart
    for bot in bots:
        await bot.close()


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
    assert "**The disk is nearly full** · since <t:" in told.content
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
    assert told.content.startswith("🔴 **The database does not work**")


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


@pytest.mark.parametrize("kind", sorted(ConditionKind))
async def test_every_condition_has_words_for_the_owner(stage, kind):
    owned_by(stage, stage.bob)
    await look(stage, {kind: Finding(text="So it is.")}, 0)
    await look(stage, {kind: Finding(text="So it is.")}, 3600)
    await look(stage, {}, 3700)
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🟢 **")


# Where Discord does not take it


def messages_to_owners(stage):
    return [call for call in stage.calls("POST") if call.endswith("/messages")]


async def test_an_owner_who_takes_no_direct_messages_is_tried_ever_more_rarely(stage, caplog):
    owned_by(stage, stage.bob)
    room = stage.bob.user.dm_channel.id
    stage.env.inject_error("POST", f"/channels/{room}/messages", status=403, code=50007, times=100)
    for seconds in range(0, 3600, 10):
        await look(stage, FULL, seconds)
    assert 5 < len(messages_to_owners(stage)) < 15
    [line] = [r for r in caplog.records if "cannot be told" in r.getMessage()]
    assert "ALERT_CHANNEL_ID" in line.getMessage()


async def test_what_the_channel_does_not_take_the_owner_gets_directly(stage):
    channel = stage.guild.create_text_channel("operators")
    owned_by(stage, stage.bob, alert_channel_id=str(channel.id))
    stage.env.inject_error("POST", f"/channels/{channel.id}/messages", status=403, code=50013)
    await look(stage, FULL, 0)
    [told] = stage.bob.user.dm_channel.history()
    assert "Make room." in told.content


async def test_an_end_that_discord_does_not_take_now_is_told_later(stage):
    owned_by(stage, stage.bob)
    await look(stage, FULL, 0)
    [told] = stage.bob.user.dm_channel.history()
    path = f"/channels/{told.channel.id}/messages/{told.id}"
    stage.env.inject_error("PATCH", path, status=503, times=5)
    await look(stage, {}, 10)
    for seconds in range(20, 600, 10):
        await look(stage, {}, seconds)
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🟢")


async def test_what_discord_took_nothing_of_is_told_once_when_it_is_over(stage):
    owned_by(stage, stage.bob)
    room = stage.bob.user.dm_channel.id
    stage.env.inject_error("POST", f"/channels/{room}/messages", status=503, times=1)
    await look(stage, FULL, 0)
    assert stage.bob.user.dm_channel.history() == []
    for seconds in (5, 30, 60):
        await look(stage, {}, seconds)
    [told] = stage.bob.user.dm_channel.history()
    ended = int(NOON.timestamp()) + 5  # although it is told only later
    assert told.content.startswith(f"🟢 **The disk is nearly full**: over since <t:{ended}:t>.")
    assert f"It began at <t:{int(NOON.timestamp())}:t>." in told.content
    assert buttons(told) == {}


async def test_a_disk_that_fills_up_further_changes_its_message(stage):
    owned_by(stage, stage.bob)
    nearly = {ConditionKind.DISK: Finding(text="300 MB are free.", grave_after=None)}
    await look(stage, nearly, 0)
    await look(stage, FULL, 10)
    [told] = stage.bob.user.dm_channel.history()
    assert "Only 3 MB are free." in told.content


# Restarts, and several processes


async def test_before_anything_is_looked_at_nothing_is_said_to_be_over(stage):
    owned_by(stage, stage.bob)
    await look(stage, FULL, 0)
    again = Alerts(stage.bot)
    stage.bot.conditions = Conditions()
    await again.look(NOON + timedelta(seconds=20))
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🔴")


async def test_what_a_restart_makes_the_bot_forget_is_not_said_to_be_over(stage):
    owned_by(stage, stage.bob)
    await look(stage, {ConditionKind.CREDIT: Finding(text="Top it up.")}, 0)
    await look(stage, {}, 10, Alerts(stage.bot))
    [told] = stage.bob.user.dm_channel.history()
    assert "the bot was restarted" in told.content


class SilentProvider:
    """A provider that says nothing about the key or the model."""

    trouble = low = left = None
    is_key_known = is_model_known = False


@pytest.mark.parametrize("kind", [ConditionKind.KEY, ConditionKind.MODEL])
async def test_a_provider_that_says_nothing_after_a_restart_has_not_said_that_it_is_over(
    stage, kind
):
    owned_by(stage, stage.bob)
    await look(stage, {kind: Finding(text="Set the right one.")}, 0)
    stage.bot.watch = SilentProvider()
    await look(stage, {}, 10, Alerts(stage.bot))
    [told] = stage.bob.user.dm_channel.history()
    assert "the bot was restarted" in told.content


async def test_commands_that_a_restart_has_not_registered_yet_are_not_over(stage):
    owned_by(stage, stage.bob)
    await tell(stage, ConditionKind.COMMANDS)
    again = Alerts(stage.bot)
    stage.bot.registration._answered.clear()
    await look(stage, {}, 3700, again)
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🔴")
    stage.bot.registration._answered.set()
    await look(stage, {}, 3710, again)
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🟢")


@pytest.mark.parametrize(("shards", "count"), [("0/2", 1), ("1/2", 0)])
async def test_of_several_processes_one_tells_what_all_find(stage, shards, count):
    owned_by(stage, stage.bob, shards=shards)
    await look(stage, {ConditionKind.KEY: Finding(text="Set the right one.")}, 0)
    assert len(stage.bob.user.dm_channel.history()) == count


async def test_processes_that_share_a_folder_keep_their_messages_apart(stage):
    owned_by(stage, stage.bob, shards="0/2")
    await look(stage, FULL, 0, Alerts(stage.bot))
    owned_by(stage, stage.bob, shards="1/2")
    await look(stage, {}, 10, Alerts(stage.bot))
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🔴")


async def test_a_message_follows_the_number_of_clips_in_it(stage):
    owned_by(stage, stage.bob)
    await look(stage, {ConditionKind.UNCERTAIN: Finding(text="1 clip.")}, 0)
    await look(stage, {ConditionKind.UNCERTAIN: Finding(text="2 clips.")}, 10)
    [told] = stage.bob.user.dm_channel.history()
    assert "2 clips." in told.content


# The next step, as a button


def buttons(message):
    return {button.label: button for row in message.components for button in row.children}


async def tell(stage, kind, **fields):
    """Have bob told of a condition, and return the message."""
    owned_by(stage, stage.bob, **fields)
    found = {kind: Finding(text="So it is.")}
    await look(stage, found, 0)
    await look(stage, found, 3600)
    return stage.bob.user.dm_channel.history()[-1]


async def test_a_refused_key_leads_to_where_it_is_made_and_back(stage):
    told = await tell(stage, ConditionKind.KEY, cometapi_base_url=RUNWAY_URL)
    assert buttons(told)["Open the provider's page"].url == "https://dev.runwayml.com/"


async def test_the_page_of_a_provider_that_nobody_knows_is_not_guessed(stage):
    told = await tell(stage, ConditionKind.KEY, cometapi_base_url="https://gateway.example/v1")
    assert buttons(told).keys() == {"Check now"}


class Watch:
    """What the provider says when it is asked."""

    trouble = low = None
    left = 20_000_000
    looks = 0

    async def look(self):
        self.looks += 1


async def test_a_check_asks_now_and_says_that_it_is_still_so(stage):
    told = await tell(stage, ConditionKind.CREDIT)
    stage.bot.watch = Watch()
    answer = said(await stage.bob.user.click(told, label="Check now"))
    assert "it is not over yet. So it is. The account now has $20.00." in answer
    assert stage.bot.watch.looks == 1


async def test_a_check_finds_that_it_is_over_whoever_posted_the_message(stage, restart_bot):
    told = await tell(stage, ConditionKind.KEY)
    await restart_bot()
    stage.bot.watch = Watch()
    answer = said(await stage.bob.user.click(told, label="Check now"))
    assert "that is over" in answer
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🟢")
    assert buttons(told) == {}


async def test_a_check_in_another_process_changes_nothing(stage, restart_bot):
    told = await tell(stage, ConditionKind.DISK)
    await restart_bot()
    stage.bot.settings = stage.bot.settings.model_copy(update={"shards": "0/2"})
    stage.bot.get_cog("Alerts")._told.clear()  # as if it was never ours
    answer = said(await stage.bob.user.click(told, label="Check now"))
    assert "The one that posted this edits it" in answer
    [told] = stage.bob.user.dm_channel.history()
    assert told.content.startswith("🔴")


async def test_a_check_has_discord_asked_for_the_commands_again(stage):
    told = await tell(stage, ConditionKind.COMMANDS)
    stage.bot.registration.trouble = "200 a day are used up"
    (stage.bot.settings.data_dir / "commands.sha256").unlink()  # as it is then

    async def find():
        stage.bot.conditions.observe({}, NOON)

    stage.bot.look_at_itself = find
    before = len(stage.calls("PUT"))
    assert "that is over" in said(await stage.bob.user.click(told, label="Register now"))
    assert len(stage.calls("PUT")) == before + 1


async def test_a_check_tries_whether_clips_can_be_read(stage):
    told = await tell(stage, ConditionKind.CHILDREN)
    stage.bot.process_pool = pool = ProcessPool()
    pool._note("probe", MediaProbeError("no memory"))

    async def find():
        found = {} if pool.failures_in_a_row == 0 else {ConditionKind.CHILDREN: Finding(text="!")}
        stage.bot.conditions.observe(found, NOON)

    stage.bot.look_at_itself = find
    assert "that is over" in said(await stage.bob.user.click(told, label="Check now"))


async def quarantined(stage):
    await stage.store.add(new_job(1, user_id=stage.alice.id, prompt="a foggy pier"))
    await stage.store.quarantine.enter()


async def test_what_waits_is_released_or_looked_at_from_the_message(stage):
    await quarantined(stage)
    told = await tell(stage, ConditionKind.QUARANTINE)
    shown = await stage.bob.user.click(told, label="Check each")
    assert "a foggy pier" in text_of(shown.followups[-1].message)
    answer = await stage.bob.user.click(told, label="Release all")
    assert "1 clip released" in said(answer)
    assert await stage.store.quarantine.count() == 0
    assert "0 clips released" in said(await stage.bob.user.click(told, label="Release all"))
    assert stage.bob.user.dm_channel.history()[0].content.startswith("🔴")  # until it is looked at


@pytest.mark.parametrize(
    ("kind", "label", "words"),
    [
        (ConditionKind.ENGINE, "Show clips", "**Clips"),
        (ConditionKind.BALANCE, "What was spent", "**Spent by all servers**"),
        (ConditionKind.UNCERTAIN, "Settle them", "**"),
    ],
)
async def test_the_page_that_helps_comes_beside_the_message(stage, kind, label, words):
    told = await tell(stage, kind)
    shown = await stage.bob.user.click(told, label=label)
    assert words in text_of(shown.followups[-1].message)


async def test_in_a_channel_everybody_else_reads_whose_buttons_they_are(stage):
    channel = stage.guild.create_text_channel("operators")
    owned_by(stage, stage.bob, alert_channel_id=str(channel.id))
    await quarantined(stage)
    await look(stage, {ConditionKind.QUARANTINE: Finding(text="1 clip.")}, 0)
    for label in buttons(channel.last_message):
        answer = said(await stage.mo.click(channel.last_message, label=label))
        assert "the bot's owner" in answer, label
    assert await stage.store.quarantine.count() == 1
