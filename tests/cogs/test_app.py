import logging

import discord
import pytest
import simcord
from discord import app_commands
from pydantic import SecretStr

from bot.discord_checkup import COMMAND_NAMES
from tests.cogs.conftest import said

SYNC = "PUT /applications/*/commands"


def syncs(env):
    return sum(call.method == "PUT" for call in env.http_requests)


async def test_commands_are_registered_once_and_not_at_every_start(simcord_env, make_bot):
    assert syncs(simcord_env) == 1
    again = make_bot()
    await simcord_env.restart_bot(again)
    assert syncs(simcord_env) == 1
    await again.close()


async def test_doctor_knows_the_commands_that_are_registered(stage):
    assert {command.name for command in stage.bot.tree.get_commands()} == COMMAND_NAMES


async def test_another_token_registers_again(simcord_env, make_bot, settings):
    other = make_bot(settings=settings.model_copy(update={"discord_token": SecretStr("another")}))
    await simcord_env.restart_bot(other)
    assert syncs(simcord_env) == 2
    await other.close()


async def test_a_changed_command_registers_again(simcord_env, make_bot, settings):
    mark = settings.data_dir / "commands.sha256"
    mark.write_text("of another version")
    again = make_bot()
    await simcord_env.restart_bot(again)
    assert syncs(simcord_env) == 2
    assert mark.read_text() != "of another version"
    await again.close()


async def test_the_token_cannot_be_read_from_the_data_folder(simcord_env, settings):
    for path in settings.data_dir.rglob("*"):
        if path.is_file():
            assert b"token" not in path.read_bytes() or path.suffix != ".sha256"


async def test_a_folder_that_cannot_be_written_does_not_stop_the_start(
    make_bot, settings, tmp_path
):
    file = tmp_path / "file"
    file.touch()
    bot = make_bot(settings=settings.model_copy(update={"data_dir": file / "data"}))
    async with simcord.run(bot) as env:
        assert syncs(env) == 1
    await bot.close()


async def test_an_extension_that_does_not_load_stops_the_start(make_bot):
    bot = make_bot(extensions=["cogs.restyle.cog", "cogs.missing"])
    with pytest.raises(ModuleNotFoundError, match="missing"):
        async with simcord.run(bot):
            pass
    await bot.close()


async def test_there_is_no_deliverer_before_the_login(make_bot):
    with pytest.raises(RuntimeError):
        make_bot().deliverer  # noqa: B018 - the access is what is tested


async def test_no_privileged_intent_is_asked_for_and_nobody_is_pinged_by_default(make_bot):
    bot = make_bot()
    assert bot.intents == discord.Intents(guilds=True)
    assert bot.allowed_mentions.to_dict() == {"parse": []}


async def test_discord_is_reached_through_the_proxy(make_bot, settings):
    behind = settings.model_copy(update={"https_proxy": "http://proxy.example.com:3128"})
    assert make_bot(settings=behind).http.proxy == "http://proxy.example.com:3128"
    assert make_bot().http.proxy is None


async def test_starting_warns_about_nothing(make_bot, caplog):
    with caplog.at_level(logging.WARNING):
        bot = make_bot()
        async with simcord.run(bot):
            pass
        await bot.close()
    assert caplog.records == []


@pytest.fixture
def broken_bot(simcord_bot):
    @simcord_bot.tree.command(description="breaks")
    @app_commands.describe(late="after the acknowledgement")
    async def broken(interaction: discord.Interaction, late: bool):
        if late:
            await interaction.response.defer(ephemeral=True)
        raise ZeroDivisionError("secret detail")

    @simcord_bot.tree.command(description="for nobody")
    @app_commands.check(lambda interaction: False)
    async def closed(interaction: discord.Interaction):
        pass

    return simcord_bot


@pytest.mark.parametrize("late", [False, True])
async def test_a_command_that_breaks_answers_kindly_and_in_private(broken_bot, stage, late):
    result = await stage.alice.slash(stage.channel, "broken", late=late)
    assert "Something broke in the bot" in said(result)
    assert "secret detail" not in said(result)
    assert result.ephemeral
    assert len(stage.env.errors) == 1


async def test_a_command_that_one_may_not_use_says_who_decides(broken_bot, stage):
    result = await stage.alice.slash(stage.channel, "closed")
    assert "administrators" in said(result)
    assert result.ephemeral
    assert len(stage.env.errors) <= 1


async def test_an_error_that_cannot_be_answered_is_no_second_error(broken_bot, stage):
    stage.env.inject_error("POST", "/interactions/*", status=404, code=10062)
    await stage.alice.slash(stage.channel, "broken", late=False)
    assert len(stage.env.errors) == 1
