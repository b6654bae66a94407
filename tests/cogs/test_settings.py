"""``/restyle-settings``, as moderators and members see it."""

import json

import discord
import pytest
import simcord

from cogs._settings_panel import PANEL_SECONDS
from tests.cogs.conftest import buttons_of, said, text_of

MEBIBYTE = 1024 * 1024
THRESHOLD, RATIO, CHANNELS = "settings:threshold", "settings:ratio", "settings:channels"
LIMITS, UNDO = "settings:limits", "settings:undo"


class Panel:
    """An open panel, and what a moderator does with it."""

    def __init__(self, stage, clock, who, opened):
        self.stage = stage
        self.clock = clock
        self.who = who
        self.opened = opened

    @property
    def message(self):
        return self.opened.response.message

    @property
    def text(self):
        return text_of(self.message)

    def section(self, title):
        return next(part for part in self.text.split("### ") if part.startswith(title))

    async def choose(self, menu, *values):
        self.clock.advance(1)
        return await self.who.select(self.message, list(values), custom_id=menu)

    async def press(self, button):
        self.clock.advance(1)
        return await self.who.click(self.message, custom_id=button)

    async def limit(self, size, length):
        form = await self.press(LIMITS)
        return await self.who.submit_modal(form, {"size": size, "length": length})

    async def settings(self):
        return await self.stage.store.guild_settings(self.stage.guild.id)


@pytest.fixture
async def open_panel(stage, clock):
    async def open_it(who=None):
        who = who or stage.mo
        opened = await who.slash(stage.channel, "restyle-settings")
        assert opened.ephemeral
        return Panel(stage, clock, who, opened)

    return open_it


@pytest.fixture
async def panel(open_panel):
    return await open_panel()


def walk(components):
    for component in components:
        yield component
        yield from walk(component.get("components", []))
        if "accessory" in component:
            yield component["accessory"]


def payload_of(stage):
    """The components that the bot sent last."""
    call = [call for call in stage.env.http_requests if call.method == "PATCH"][-1]
    return list(walk(call.json["components"]))


async def test_a_moderator_sees_every_setting_and_where_it_comes_from(panel):
    assert "Now: **auto** · the bot's default" in panel.section("Public figures")
    assert "not their consent" in panel.section("Public figures")
    assert "Now: **the provider's default**" in panel.section("Shape")
    assert "Size: up to **16 MB** · the video provider takes no more" in panel.section("Clips")
    assert "Length: up to **30 s** · the bot's default" in panel.section("Clips")
    assert "Now: **everywhere**" in panel.section("Channels")
    assert "Nothing has been changed yet." in panel.section("Last changes")


async def test_a_member_cannot_see_or_use_the_command(stage):
    assert "restyle-settings" in stage.mo.available_commands(stage.channel)
    assert "restyle-settings" not in stage.alice.available_commands(stage.channel)
    with pytest.raises(simcord.SetupError, match="default-member-permissions"):
        await stage.alice.slash(stage.channel, "restyle-settings")


async def test_nobody_else_sees_the_panel(stage, panel):
    assert stage.channel.history(viewer=stage.mo) != []
    assert stage.channel.history(viewer=stage.alice) == []


async def test_the_threshold_is_saved_at_once(panel):
    await panel.choose(THRESHOLD, "low")
    assert (await panel.settings()).public_figure_threshold == "low"
    assert "Now: **low** · set by this server" in panel.section("Public figures")
    await panel.choose(THRESHOLD, "auto")
    assert (await panel.settings()).public_figure_threshold == "auto"


async def test_the_default_ratio_is_saved_and_taken_back(panel):
    await panel.choose(RATIO, "720:1280")
    assert (await panel.settings()).default_ratio == "720:1280"
    assert "9:16, portrait (720:1280)** · set by this server" in panel.section("Shape")
    await panel.choose(RATIO, "provider")
    assert (await panel.settings()).default_ratio is None


async def test_what_is_chosen_holds_for_the_next_request(stage, panel, clip):
    await panel.choose(THRESHOLD, "low")
    await panel.choose(RATIO, "960:960")
    job = await stage.job(await stage.restyle(clip))
    assert (job.public_figure_threshold, job.ratio) == ("low", "960:960")


async def test_the_limits_are_saved_and_hold_for_the_next_request(stage, panel, long_clip):
    await panel.limit("12,5 MB", "4")
    settings = await panel.settings()
    assert (settings.max_video_bytes, settings.max_video_seconds) == (12.5 * MEBIBYTE, 4)
    assert "Size: up to **12.5 MB** · set by this server" in panel.section("Clips")
    assert "Length: up to **4 s** · set by this server" in panel.section("Clips")
    assert (await stage.job(await stage.restyle(long_clip))).restyled_seconds == 4


async def test_empty_limits_go_back_to_the_bots_default(panel):
    await panel.limit("10", "4")
    await panel.limit("", " ")
    settings = await panel.settings()
    assert (settings.max_video_bytes, settings.max_video_seconds) == (None, None)


async def test_the_form_shows_the_current_limits(panel):
    await panel.limit("12.5", "4")
    form = await panel.press(LIMITS)
    values = [
        part.get("value") for label in form.modal["components"] for part in [label["component"]]
    ]
    assert values == ["12.5", "4"]


@pytest.mark.parametrize(
    ("size", "length", "words"),
    [
        ("64", "", "Size: 64 MB is too much. The video provider takes no more than 16 MB."),
        ("", "31", "Length: 31 s is too much. The bot's operator allows up to 30 s."),
        ("0", "", "Size: 0 MB is too little. It starts at 1 MB."),
        ("", "0.2", "Length: 0.2 s is too little. It starts at 1 s."),
        ("lots", "", "“lots” is not a number."),
        ("-5", "", "-5” is not a number."),
        ("nan", "inf", "“inf” is not a number."),
        ("1e3", "", "is not a number"),
        ("٣", "", "is not a number"),
        ("@everyone", "", "is not a number"),
    ],
)
async def test_a_limit_that_makes_no_sense_is_refused_in_a_sentence(panel, size, length, words):
    answer = await panel.limit(size, length)
    assert words in said(answer)
    assert said(answer).endswith("Nothing was changed.")
    assert "@everyone" not in said(answer)
    assert answer.ephemeral
    settings = await panel.settings()
    assert (settings.max_video_bytes, settings.max_video_seconds) == (None, None)


async def test_one_bad_limit_keeps_the_other_from_being_saved(panel):
    answer = await panel.limit("5", "999")
    assert "Length: 999 s is too much" in said(answer)
    assert (await panel.settings()).max_video_bytes is None


async def test_channels_are_saved_and_hold_for_the_next_request(stage, panel, clip):
    other = stage.guild.create_text_channel("clips")
    await panel.choose(CHANNELS, other)
    assert (await panel.settings()).allowed_channel_ids == {other.id}
    assert f"Now: <#{other.id}> · set by this server" in panel.section("Channels")
    assert await stage.job(await stage.restyle(clip)) is None
    assert await stage.job(await stage.restyle(clip, where=other)) is not None
    await panel.choose(CHANNELS)
    assert (await panel.settings()).allowed_channel_ids == frozenset()


async def test_a_deleted_channel_is_named_as_such(stage, open_panel):
    await stage.store.change_guild_settings(
        stage.guild.id, user_id=1, allowed_channel_ids=frozenset({stage.channel.id, 77, 78})
    )
    panel = await open_panel()
    assert f"<#{stage.channel.id}>, 2 deleted channels" in panel.section("Channels")
    [menu] = [part for part in payload_of(stage) if part.get("custom_id") == CHANNELS]
    assert [int(value["id"]) for value in menu["default_values"]] == [stage.channel.id]


async def test_every_change_says_who_when_and_what(stage, panel):
    await panel.choose(THRESHOLD, "low")
    await panel.limit("10", "")
    lines = panel.section("Last changes").splitlines()[1:]
    moment = int(panel.clock().timestamp())
    assert lines == [
        f"<t:{moment}:R> <@{stage.mo.id}> · Clip size: the bot's default → 10 MB",
        f"<t:{moment - 1}:R> <@{stage.mo.id}> · Public figures: auto → low",
    ]


async def test_only_the_last_five_changes_are_shown(panel):
    for number in range(7):
        await panel.choose(THRESHOLD, "low" if number % 2 == 0 else "auto")
    assert panel.section("Last changes").count("Public figures") == 5


async def test_choosing_the_same_again_is_no_change(panel):
    await panel.choose(THRESHOLD, "auto")
    assert "Nothing has been changed yet." in panel.section("Last changes")


async def test_undo_takes_the_last_change_back_and_records_it(panel):
    await panel.choose(THRESHOLD, "low")
    await panel.choose(RATIO, "960:960")
    await panel.press(UNDO)
    settings = await panel.settings()
    assert (settings.default_ratio, settings.public_figure_threshold) == (None, "low")
    assert "Shape: 960:960 → the provider's default" in panel.section("Last changes")


async def test_undo_takes_both_limits_back_at_once(panel):
    await panel.limit("10", "4")
    await panel.limit("12", "5")
    await panel.press(UNDO)
    settings = await panel.settings()
    assert (settings.max_video_bytes, settings.max_video_seconds) == (10 * MEBIBYTE, 4)


async def test_undo_takes_back_channels(stage, panel):
    await panel.choose(CHANNELS, stage.channel)
    await panel.press(UNDO)
    assert (await panel.settings()).allowed_channel_ids == frozenset()


async def test_undo_never_takes_back_what_somebody_else_did_meanwhile(stage, open_panel):
    mine, other = await open_panel(), await open_panel()
    await mine.choose(THRESHOLD, "low")
    await other.choose(RATIO, "960:960")
    answer = await mine.press(UNDO)
    assert "nothing was undone" in said(answer)
    assert (await mine.settings()).default_ratio == "960:960"
    assert "960:960" in mine.section("Last changes")


async def test_without_changes_there_is_nothing_to_undo(stage, panel):
    [button] = [part for part in payload_of(stage) if part.get("custom_id") == UNDO]
    assert button["disabled"] is True


async def test_who_lost_the_permission_cannot_go_on(stage, panel):
    role = discord.utils.get(stage.bot.get_guild(stage.guild.id).roles, name="Mods")
    await role.edit(permissions=discord.Permissions.none())
    answer = await panel.choose(THRESHOLD, "low")
    assert "no longer have Manage Server" in said(answer)
    assert (await panel.settings()).public_figure_threshold == "auto"


async def test_who_was_handed_the_command_may_use_it_without_the_permission(stage, open_panel):
    commands = await stage.bot.tree.fetch_commands()
    [command] = [command for command in commands if command.name == "restyle-settings"]
    stage.guild.set_command_permissions(command, {stage.alice: True})
    panel = await open_panel(stage.alice)
    await panel.choose(THRESHOLD, "low")
    assert (await panel.settings()).public_figure_threshold == "low"


async def test_settings_outlive_a_restart_and_the_old_panel_says_what_to_do(
    stage, panel, open_panel, make_bot
):
    await panel.choose(THRESHOLD, "low")
    old = stage.env.bot
    bot = make_bot()
    await stage.env.restart_bot(bot)
    try:
        for answer in (
            await panel.choose(THRESHOLD, "auto"),
            await panel.choose(RATIO, "960:960"),
            await panel.choose(CHANNELS),
            await panel.press(LIMITS),
            await panel.press(UNDO),
        ):
            assert "Run /restyle-settings again" in said(answer)
            assert answer.ephemeral
        assert "Now: **low**" in (await open_panel()).section("Public figures")
    finally:
        await bot.close()
        await old.close()


async def test_a_panel_left_alone_closes_and_says_so(stage, panel):
    await stage.env.advance_time(PANEL_SECONDS + 1)
    assert panel.text == "These settings are closed. Run /restyle-settings again to change more."
    assert buttons_of(panel.message) == {}


async def test_a_press_keeps_the_panel_open(stage, panel):
    await stage.env.advance_time(PANEL_SECONDS - 10)
    await panel.choose(THRESHOLD, "low")
    await stage.env.advance_time(PANEL_SECONDS - 10)
    await panel.choose(RATIO, "960:960")
    assert (await panel.settings()).default_ratio == "960:960"


async def test_without_a_database_the_command_says_so(stage):
    await stage.store._database.close()
    answer = await stage.mo.slash(stage.channel, "restyle-settings")
    assert "cannot reach its database" in said(answer)


@pytest.mark.parametrize("step", ["choose", "limit", "undo"])
async def test_a_change_that_could_not_be_saved_is_not_called_saved(stage, panel, step):
    await panel.choose(THRESHOLD, "low")
    await stage.store._database.close()
    match step:
        case "choose":
            answer = await panel.choose(RATIO, "960:960")
        case "limit":
            answer = await panel.limit("5", "5")
        case "undo":
            answer = await panel.press(UNDO)
    assert "may not be saved" in said(answer)
    assert "960:960)**" not in panel.text


async def test_settings_of_one_server_leave_another_alone(stage, panel):
    await panel.choose(THRESHOLD, "low")
    assert (await stage.store.guild_settings(1)).public_figure_threshold == "auto"


async def test_the_fullest_panel_keeps_to_discords_limits(stage, open_panel, clock):
    channels = [stage.guild.create_text_channel(f"c{n}") for n in range(25)]
    ids = frozenset(channel.id for channel in channels)
    for number in range(6):
        clock.advance(1)
        await stage.store.change_guild_settings(
            stage.guild.id,
            user_id=2**63 - 1,
            allowed_channel_ids=ids if number % 2 else frozenset(list(ids)[:24]),
            max_video_bytes=(100 + number) * MEBIBYTE,
            max_video_seconds=500.5 + number,
            default_ratio="1104:832",
            public_figure_threshold="low",
        )
    panel = await open_panel()
    assert "set by this server" in panel.section("Channels")
    parts = payload_of(stage)
    assert len(parts) <= 40
    assert sum(len(part["content"]) for part in parts if part["type"] == 10) <= 4000
    for part in parts:
        assert len(part.get("options", [])) <= 25
        for option in part.get("options", []):
            assert len(option["label"]) <= 100
            assert len(option.get("description") or "") <= 100
        assert len(part.get("label") or "") <= 80
    form = (await panel.press(LIMITS)).modal
    assert len(form["title"]) <= 45
    for label in form["components"]:
        assert len(label["label"]) <= 45
        assert len(label["description"]) <= 100
    assert json.dumps(form)


async def test_a_model_without_ratios_offers_none(stage, make_bot, settings, clock):
    old = stage.env.bot
    bot = make_bot(settings=settings.model_copy(update={"runway_model": "aleph2"}))
    await stage.env.restart_bot(bot)
    try:
        opened = await stage.mo.slash(stage.channel, "restyle-settings")
        panel = Panel(stage, clock, stage.mo, opened)
        assert "nothing to choose" in panel.section("Shape")
        assert not [part for part in payload_of(stage) if part.get("custom_id") == RATIO]
        assert "It starts at 2 s." in said(await panel.limit("", "1"))
    finally:
        await bot.close()
        await old.close()


async def test_the_command_is_for_servers_and_moderators_by_default(stage):
    [call] = [call for call in stage.env.http_requests if call.method == "PUT"]
    [command] = [found for found in call.json if found["name"] == "restyle-settings"]
    assert command["default_member_permissions"] == discord.Permissions(manage_guild=True).value
    assert command["contexts"] == [0]
    assert command["integration_types"] == [0]
