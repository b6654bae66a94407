"""``/restyle-settings``: the panel, its levels and topics, and each kind of control."""

import discord
import pytest
import simcord

from bot.policy.catalogue import SETTINGS, topics_of
from bot.policy.problems import UNSET
from tests.cogs.conftest import said
from tests.cogs.panels import MEBIBYTE, Panel, of_channel, of_role, sent_payload, walk_payload


async def test_a_moderator_sees_the_first_topic_and_where_each_value_comes_from(panel):
    assert panel.line("Public figures") == "**Public figures:** auto · default"
    assert "does not mean that they consent" in panel.below("Public figures")
    assert panel.line("Age-restricted only") == "**Age-restricted only:** off · default"
    assert panel.changes == ["Nothing has been changed yet."]


async def test_every_setting_is_on_the_panel(panel):
    for name, setting in SETTINGS.items():
        await panel.see(name)
        assert panel.line(setting.title)


async def test_a_member_cannot_see_or_use_the_command(stage):
    assert "restyle-settings" in stage.mo.available_commands(stage.channel)
    assert "restyle-settings" not in stage.alice.available_commands(stage.channel)
    with pytest.raises(simcord.SetupError, match="default-member-permissions"):
        await stage.alice.slash(stage.channel, "restyle-settings")


async def test_nobody_else_sees_the_panel(stage, panel):
    assert stage.channel.history(viewer=stage.mo) != []
    assert stage.channel.history(viewer=stage.alice) == []


async def test_the_command_is_for_servers_and_moderators_by_default(stage):
    [call] = [call for call in stage.env.http_requests if call.method == "PUT"]
    [command] = [found for found in call.json if found["name"] == "restyle-settings"]
    assert command["default_member_permissions"] == discord.Permissions(manage_guild=True).value
    assert command["contexts"] == [0]
    assert command["integration_types"] == [0]


# Choices, switches, channels and roles


async def test_a_choice_is_saved_at_once_and_the_default_is_nothing_set(panel):
    await panel.choose("public_figure_threshold", "low")
    assert await panel.own("public_figure_threshold") == "low"
    assert panel.line("Public figures") == "**Public figures:** low · this server"
    await panel.choose("public_figure_threshold", "auto")
    assert await panel.own("public_figure_threshold") is UNSET


async def test_a_switch_is_turned_on_and_off(panel):
    await panel.press("on", "age_restricted_only")
    assert await panel.own("age_restricted_only") is True
    assert panel.line("Age-restricted only").endswith("on · this server")
    await panel.press("off", "age_restricted_only")
    assert await panel.own("age_restricted_only") is UNSET


async def test_the_default_ratio_is_saved_and_taken_back(panel):
    await panel.choose("default_ratio", "720:1280")
    assert await panel.own("default_ratio") == "720:1280"
    assert panel.line("Shape").endswith("720:1280 · this server")
    await panel.choose("default_ratio", "null")
    assert await panel.own("default_ratio") is UNSET


async def test_what_is_chosen_holds_for_the_next_request(stage, panel, clip):
    await panel.choose("public_figure_threshold", "low")
    await panel.choose("default_ratio", "960:960")
    job = await stage.job(await stage.restyle(clip))
    assert (job.public_figure_threshold, job.ratio) == ("low", "960:960")


async def test_channels_are_saved_and_hold_for_the_next_request(stage, panel, clip):
    other = stage.guild.create_text_channel("clips")
    await panel.choose("allowed_channel_ids", other)
    assert await panel.own("allowed_channel_ids") == {other.id}
    assert panel.line("Channels allowed").endswith(f"<#{other.id}> · this server")
    assert await stage.job(await stage.restyle(clip)) is None
    assert await stage.job(await stage.restyle(clip, where=other)) is not None
    await panel.choose("allowed_channel_ids")
    assert await panel.own("allowed_channel_ids") is UNSET
    assert panel.line("Channels allowed").endswith("everywhere · default")


async def test_roles_and_a_single_channel_are_saved(stage, panel):
    role = stage.guild.create_role("Artists")
    await panel.choose("exempt_role_ids", role)
    assert await panel.own("exempt_role_ids") == {role.id}
    assert f"<@&{role.id}>" in panel.line("Roles exempt")
    await panel.choose("announce_channel_id", stage.channel)
    assert await panel.own("announce_channel_id") == stage.channel.id
    await panel.choose("announce_channel_id")
    assert await panel.own("announce_channel_id") is UNSET


async def test_deleted_channels_are_named_as_such(stage, open_panel):
    await stage.set(allowed_channel_ids=[stage.channel.id, 77, 78])
    panel = await open_panel()
    await panel.go("where")
    assert f"<#{stage.channel.id}>, 2 deleted channels" in panel.line("Channels allowed")
    [menu] = [
        part
        for part in walk_payload(sent_payload(stage).json["components"])
        if part.get("custom_id", "").endswith("set:allowed_channel_ids")
    ]
    assert [int(value["id"]) for value in menu["default_values"]] == [stage.channel.id]


async def test_only_deleted_channels_close_the_command_and_the_panel_says_so(stage, open_panel):
    await stage.set(allowed_channel_ids=[77])
    panel = await open_panel()
    await panel.go("where")
    assert "nobody can use the command" in panel.below("Channels allowed")


@pytest.fixture
async def clips_of(stage, make_bot, settings):
    """``await clips_of(model)``: the panel's page about clips where that is the bot's model."""
    bots = []

    async def open_it(model):
        bots.append(stage.env.bot)
        bot = make_bot(settings=settings.model_copy(update={"runway_model": model}))
        await stage.env.restart_bot(bot)
        bots.append(bot)
        opened = await stage.mo.slash(stage.channel, "restyle-settings")
        panel = Panel(stage, stage.mo, opened)
        await panel.go("clips")
        return panel

    yield open_it
    for bot in bots:
        await bot.close()


async def test_a_model_without_ratios_offers_none(clips_of):
    panel = await clips_of("gen9_omega")
    assert "nothing to choose" in panel.below("Shape")
    assert not panel.has("set", "default_ratio")


async def test_a_model_sets_what_a_part_has_to_have(clips_of):
    panel = await clips_of("aleph2")
    assert panel.has("set", "default_ratio")
    assert "The least is 2 s." in said(await panel.type("max_video_seconds", "1"))
    assert await panel.own("max_video_seconds") is UNSET


async def test_the_provider_uses_less_of_a_clip_than_is_allowed_and_the_panel_says_so(panel):
    await panel.go("clips")
    assert panel.line("Clip length") == "**Clip length:** 30 s · the bot's owner"
    assert "restyles no more than 5 s" in panel.below("Clip length")


async def test_no_component_is_taken_for_one_that_stood_there_before(stage, panel):
    def numbers():
        return {part["id"] for part in walk_payload(sent_payload(stage).json["components"])}

    first = numbers()
    await panel.go("where")
    assert len(first) > 10
    assert first.isdisjoint(numbers())


# Levels


async def test_a_channel_has_settings_of_its_own_and_those_above_show_through(stage, panel):
    await panel.type("max_video_bytes", "20")
    await panel.level("channel", stage.channel)
    assert f"For <#{stage.channel.id}> and its threads" in panel.text
    assert panel.line("Clip size") == "**Clip size:** 20 MB · this server"
    await panel.type("max_video_bytes", "5")
    assert panel.line("Clip size") == f"**Clip size:** 5 MB · <#{stage.channel.id}>"
    assert await panel.own("max_video_bytes", of_channel(stage.channel)) == 5 * MEBIBYTE
    await panel.level("server")
    assert panel.line("Clip size") == "**Clip size:** 20 MB · this server"
    assert f"With their own settings: <#{stage.channel.id}>" in panel.text


async def test_a_role_has_settings_of_its_own(stage, panel):
    role = stage.guild.create_role("Artists")
    await panel.level("role", role)
    await panel.type("member_jobs_per_day", "50")
    assert panel.line("A member's clips a day") == (
        f"**A member's clips a day:** 50 clips · <@&{role.id}>"
    )
    assert await panel.own("member_jobs_per_day", of_role(role)) == 50


async def test_a_channels_word_can_be_taken_back_so_that_the_servers_holds(stage, panel):
    await panel.choose("review_mode", "both")
    await panel.level("channel", stage.channel)
    await panel.choose("review_mode", "off")
    assert await panel.own("review_mode", of_channel(stage.channel)) == "off"
    assert panel.line("Review") == f"**Review:** off · <#{stage.channel.id}>"
    await panel.choose("review_mode", "unset")
    assert await panel.own("review_mode", of_channel(stage.channel)) is UNSET
    assert panel.line("Review") == "**Review:** both · this server"


async def test_none_and_nothing_set_are_told_apart_for_a_channel(stage, panel):
    await panel.choose("default_ratio", "960:960")
    await panel.level("channel", stage.channel)
    await panel.choose("default_ratio", "null")
    assert await panel.own("default_ratio", of_channel(stage.channel)) is None
    assert panel.line("Shape") == (f"**Shape:** Runway's default · <#{stage.channel.id}>")
    await panel.choose("spoiler_outputs", "on")
    assert await panel.own("spoiler_outputs", of_channel(stage.channel)) is True


@pytest.mark.parametrize("scope", ["channel", "role"])
async def test_only_what_can_be_set_for_a_level_is_offered_there(stage, panel, scope):
    chosen = stage.channel if scope == "channel" else stage.guild.create_role("Artists")
    await panel.go("consent")
    await panel.level(scope, chosen)
    assert "**Consent:**" not in panel.text
    offered = [option.value for option in panel.control("topic").options]
    assert offered == [topic.value for topic in topics_of(scope)]
    for topic in offered:
        await panel.go(topic)
        for name, setting in SETTINGS.items():
            is_shown = f"**{setting.title}:**" in panel.text
            assert is_shown is (setting.topic == topic and scope in setting.scopes), name


async def test_a_topic_is_named_once_where_its_first_setting_bears_the_same_name(panel):
    await panel.go("rules")
    assert panel.text.count("Prompt rules") == 1
    await panel.go("members")
    assert "### Limits for each member\n**A member's clips a day:**" in panel.text


async def test_the_level_is_chosen_before_anything_can_be_set(panel):
    await panel.level("channel")
    assert "Choose the channel" in panel.text
    assert not panel.has("topic")


async def test_an_exempt_role_is_free_of_limits_and_the_panel_says_by_what(stage, panel):
    role = stage.guild.create_role("Artists")
    await panel.type("member_jobs_per_day", "2")
    await panel.choose("exempt_role_ids", role)
    await panel.level("role", role)
    await panel.go("members")
    assert panel.line("A member's clips a day").endswith(f"unlimited · <@&{role.id}>")


# Who may, restarts, the database


async def test_who_lost_the_permission_cannot_go_on(stage, panel):
    role = discord.utils.get(stage.bot.get_guild(stage.guild.id).roles, name="Mods")
    await role.edit(permissions=discord.Permissions.none())
    answer = await panel.choose("public_figure_threshold", "low")
    assert "This is for members with Manage Server" in said(answer)
    assert await panel.own("public_figure_threshold") is UNSET


async def test_who_was_handed_the_command_may_use_it_without_the_permission(stage, open_panel):
    commands = await stage.bot.tree.fetch_commands()
    [command] = [command for command in commands if command.name == "restyle-settings"]
    stage.guild.set_command_permissions(command, {stage.alice: True})
    panel = await open_panel(stage.alice)
    await panel.choose("public_figure_threshold", "low")
    assert await panel.own("public_figure_threshold") == "low"


async def test_a_panel_from_before_a_restart_goes_on_working(stage, panel, make_bot):
    await panel.choose("public_figure_threshold", "low")
    form = await panel.open_form("max_video_bytes")
    old = stage.env.bot
    bot = make_bot()
    await stage.env.restart_bot(bot)
    try:
        await stage.mo.submit_modal(form, {"how": "number", "words": "5"})
        assert await panel.own("max_video_bytes") == 5 * MEBIBYTE
        await panel.undo()
        assert await panel.own("max_video_bytes") is UNSET
        await panel.go("strictness")
        assert panel.line("Public figures") == "**Public figures:** low · this server"
    finally:
        await bot.close()
        await old.close()


async def test_without_a_database_the_command_says_so(stage):
    await stage.store._database.close()
    answer = await stage.mo.slash(stage.channel, "restyle-settings")
    assert "cannot reach its database" in said(answer)


@pytest.mark.parametrize("step", ["choose", "form", "send", "undo"])
async def test_a_change_that_could_not_be_saved_is_not_called_saved(stage, panel, step):
    await panel.choose("default_ratio", "1280:720")
    form = await panel.open_form("max_video_bytes")
    await stage.store._database.close()
    match step:
        case "choose":
            answer = await panel.choose("default_ratio", "960:960")
        case "form":
            answer = await panel.press("form", "max_video_bytes")
        case "send":
            answer = await stage.mo.submit_modal(form, {"how": "number", "words": "5"})
        case "undo":
            answer = await panel.undo()
    assert "cannot reach its database" in said(answer)
    assert "**Shape:** 960:960" not in panel.text


async def test_settings_of_one_server_leave_another_alone(stage, panel):
    await panel.choose("public_figure_threshold", "low")
    policy = await stage.store.policies.read(1)
    assert policy.own("public_figure_threshold") is UNSET
