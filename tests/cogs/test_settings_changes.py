"""The settings panel: the record of changes, undo, previews, floors, the log channel."""

import discord
import pytest

from bot.policy.decide import RequestFacts
from bot.policy.problems import UNSET
from bot.policy.quotas import holders_of
from tests.cogs.conftest import buttons_of, said
from tests.cogs.panels import MEBIBYTE
from tests.factories import new_job

LOW = "public_figure_threshold"


async def test_every_change_says_who_when_and_what(stage, panel):
    await panel.choose(LOW, "low")
    await panel.level("channel", stage.channel)
    await panel.type("max_video_bytes", "10")
    moment = int(stage.clock().timestamp())
    assert panel.changes[0] == (
        f"<t:{moment}:R> <@{stage.mo.id}> · "
        f"Clip size for <#{stage.channel.id}>: nothing set → 10 MB"
    )
    assert panel.changes[1].endswith("Public figures: nothing set → low")


async def test_only_the_last_five_changes_are_shown(panel):
    for word in ("low", "auto", "low", "auto", "low", "auto", "low"):
        await panel.choose(LOW, word)
    assert len(panel.changes) == 5


async def test_choosing_the_same_again_is_no_change(panel):
    await panel.choose(LOW, "auto")
    assert panel.changes == ["Nothing has been changed yet."]
    assert panel.control("undo").disabled


async def test_a_long_record_of_channels_names_only_a_few(stage, panel):
    await stage.set(allowed_channel_ids=list(range(1, 26)))
    await panel.go("where")
    assert panel.changes[0].endswith("<#1>, <#2>, <#3> and 22 more")


async def test_a_change_of_rules_says_which_came_and_went(stage, panel):
    await panel.add_rule("blood")
    assert panel.changes[0].endswith("Prompt rules: nothing set → 1 rule (with “blood”)")
    form = await panel.open_rule(1)
    fields = {"words": "gore", "kind": "words", "action": "refuse"}
    await stage.mo.submit_modal(form, fields)
    assert panel.changes[0].endswith("1 rule → 1 rule (without “blood”, with “gore”)")


# Undo


async def test_undo_takes_the_last_change_back_and_records_it(panel):
    await panel.choose(LOW, "low")
    await panel.choose("default_ratio", "960:960")
    await panel.undo()
    assert await panel.own("default_ratio") is UNSET
    assert await panel.own(LOW) == "low"
    assert panel.changes[0].endswith("Shape: 960:960 → nothing set")


async def test_undo_twice_brings_the_change_back(panel):
    await panel.type("jobs_per_day", "5")
    await panel.undo()
    await panel.undo()
    assert await panel.own("jobs_per_day") == 5


async def test_undo_takes_back_everything_that_was_changed_at_once(stage, panel, open_panel):
    await stage.set(max_video_bytes=10 * MEBIBYTE, max_video_seconds=4)
    stage.clock.advance(1)
    await stage.set(max_video_bytes=12 * MEBIBYTE, max_video_seconds=5)
    panel = await open_panel()
    await panel.undo()
    assert await panel.own("max_video_bytes") == 10 * MEBIBYTE
    assert await panel.own("max_video_seconds") == 4


async def test_undo_never_takes_back_what_somebody_else_did_meanwhile(stage, open_panel):
    mine, other = await open_panel(), await open_panel()
    await mine.choose(LOW, "low")
    await other.choose("default_ratio", "960:960")
    answer = await mine.undo()
    assert "nothing was undone" in said(answer)
    assert await mine.own("default_ratio") == "960:960"
    assert "960:960" in mine.changes[0]


async def test_what_the_operator_does_not_allow_any_more_cannot_be_brought_back(
    stage, panel, make_bot, settings
):
    await panel.type("max_video_bytes", "50")
    await panel.type("max_video_bytes", "2")
    old = stage.env.bot
    bot = make_bot(settings=settings.model_copy(update={"max_video_mb": 10}))
    await stage.env.restart_bot(bot)
    try:
        answer = await panel.undo()
        assert "50 MB is too much. The bot's owner allows up to 10 MB" in said(answer)
        assert await panel.own("max_video_bytes") == 2 * MEBIBYTE
    finally:
        await bot.close()
        await old.close()


# Floors


@pytest.fixture
def settings(settings, request):
    return settings.model_copy(update=getattr(request, "param", {}))


def operator(**limits):
    """Let the operator have set these."""
    return pytest.mark.parametrize("settings", [limits], indirect=True, ids=["limited"])


@operator(low_threshold_allowed=False)
async def test_a_threshold_beyond_the_floor_is_refused_with_who_can_change_it(stage, panel):
    answer = await panel.choose(LOW, "low")
    assert "the bot's owner does not allow low, and can change that." in said(answer)
    assert await panel.own(LOW) is UNSET
    await stage.set(**{LOW: "low"})
    await panel.go("strictness")
    assert panel.line("Public figures") == "**Public figures:** auto · the bot's owner"
    assert "Set here: low" in panel.below("Public figures")


@operator(server_jobs_per_day=10, server_dollars_per_month=20.0)
async def test_unlimited_is_beyond_any_limit_of_the_operators(panel):
    await panel.go("all")
    assert panel.line("Clips a day") == "**Clips a day:** 10 clips · the bot's owner"
    answer = await panel.type("jobs_per_day", how="null")
    assert "unlimited is too much. The bot's owner allows up to 10 clips" in said(answer)
    assert "up to $20.00" in said(await panel.type("micros_per_month", "$20.01"))
    assert await panel.own("jobs_per_day") is UNSET
    await panel.type("jobs_per_day", "4")
    assert panel.line("Clips a day") == "**Clips a day:** 4 clips · this server"


@operator(server_jobs_per_day=10)
async def test_a_form_says_what_the_operator_allows(panel):
    form = await panel.open_form("jobs_per_day")
    [label] = [one for one in form.modal["components"] if one["component"]["type"] == 4]
    assert label["description"] == "0 is none at all. The bot's owner allows up to 10 clips."


# Previews


@pytest.fixture
async def past(stage):
    """Three clips of the last days."""
    asked = RequestFacts(channel_ids=(stage.channel.id,), role_ids=(), user_id=stage.alice.id)
    policy = await stage.store.policies.read(stage.guild.id)
    for number in range(3):
        job = new_job(
            number + 1,
            guild_id=stage.guild.id,
            channel_id=stage.channel.id,
            user_id=stage.alice.id,
            source_bytes=1000,
        )
        await stage.store.add(job, holders=holders_of(policy, asked))


async def test_a_change_that_would_have_made_a_difference_is_shown_before_it_is_saved(past, panel):
    await panel.type("jobs_per_day", "2")
    assert panel.text.startswith("### Not saved yet\nClips a day: nothing set → 2 clips")
    assert "1 would have been refused by the server's quota" in panel.text
    assert set(buttons_of(panel.message)) == {"Save", "Cancel"}
    assert await panel.own("jobs_per_day") is UNSET
    await panel.press("save")
    assert await panel.own("jobs_per_day") == 2
    assert panel.line("Clips a day").endswith("2 clips · this server")
    await panel.undo()
    assert await panel.own("jobs_per_day") is UNSET


async def test_a_change_that_was_cancelled_is_not_saved(past, panel):
    await panel.choose(LOW, "low")
    assert "less strictly for public figures" in panel.text
    await panel.press("cancel")
    assert await panel.own(LOW) is UNSET
    assert panel.line("Public figures") == "**Public figures:** auto · default"


async def test_a_change_without_effect_on_past_clips_is_saved_at_once(past, panel):
    await panel.type("jobs_per_day", "200")
    assert await panel.own("jobs_per_day") == 200


async def test_what_somebody_else_changed_meanwhile_is_not_overwritten_by_a_save(
    past, stage, panel
):
    await panel.type("jobs_per_day", "2")
    await stage.set(jobs_per_day=1)
    answer = await panel.press("save")
    assert "Somebody else changed the same setting, so nothing was saved" in said(answer)
    assert await panel.own("jobs_per_day") == 1


async def test_a_change_of_another_setting_does_not_keep_one_from_being_saved(past, stage, panel):
    await panel.type("jobs_per_day", "2")
    await stage.set(strike_days=5)
    await panel.press("save")
    assert await panel.own("jobs_per_day") == 2


async def test_a_preview_from_before_a_restart_says_that_nothing_was_saved(
    past, stage, panel, make_bot
):
    await panel.type("jobs_per_day", "2")
    old = stage.env.bot
    bot = make_bot()
    await stage.env.restart_bot(bot)
    try:
        answer = await panel.press("save")
        assert "This change was not saved" in said(answer)
        assert await panel.own("jobs_per_day") is UNSET
        assert panel.line("Clips a day")
    finally:
        await bot.close()
        await old.close()


# The log channel


@pytest.fixture
async def logged(stage):
    """A channel to which changes are posted."""
    channel = stage.guild.create_text_channel("log")
    await stage.set(log_channel_id=channel.id)
    stage.clock.advance(1)
    return channel


async def test_changes_and_undos_are_posted_in_the_log_channel(stage, logged, panel):
    await panel.type("strike_days", "9")
    assert logged.last_message.content == (
        f"<@{stage.mo.id}> changed the settings\n- Strikes count for: nothing set → 9 days"
    )
    await panel.level("channel", stage.channel)
    await panel.choose("spoiler_outputs", "on")
    assert logged.last_message.content.endswith(
        f"- Spoilers for <#{stage.channel.id}>: nothing set → on"
    )
    await panel.undo()
    assert "undid the last change\n- Spoilers for" in logged.last_message.content
    assert len(logged.history()) == 3


async def test_nobody_is_pinged_by_the_log(stage, logged, panel):
    await panel.type("default_look", "@everyone look")
    assert not logged.last_message.mention_everyone
    call = [c for c in stage.env.http_requests if c.path == f"/channels/{logged.id}/messages"][-1]
    assert call.json["allowed_mentions"] == {"parse": []}


async def test_taking_the_log_channel_away_is_its_last_line(stage, logged, panel):
    await panel.choose("log_channel_id")
    assert "Change log: " in logged.last_message.content
    await panel.type("strike_days", "9")
    assert len(logged.history()) == 1


async def test_a_log_channel_that_takes_nothing_does_not_undo_the_change(stage, panel):
    closed = stage.guild.create_text_channel(
        "closed",
        overwrites={stage.bot.user: discord.PermissionOverwrite(send_messages=False)},
    )
    await stage.set(log_channel_id=closed.id)
    answer = await panel.type("strike_days", "9")
    assert f"it could not be posted in <#{closed.id}>" in said(answer)
    assert "The change is saved" in said(answer)
    assert await panel.own("strike_days") == 9


async def test_a_log_channel_of_another_server_gets_nothing(stage, panel):
    elsewhere = stage.env.create_guild("Elsewhere").create_text_channel("general")
    await stage.set(log_channel_id=elsewhere.id)
    answer = await panel.type("strike_days", "9")
    assert "could not be posted" in said(answer)
    assert elsewhere.history() == []
