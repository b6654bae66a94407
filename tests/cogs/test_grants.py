"""Pages of commands that were handed to somebody: who may press there, and for how long."""

import base64

import pytest

from bot.domain.jobs import JobState
from bot.policy.problems import UNSET
from cogs.common.grants import GRANT_SECONDS
from tests.cogs import forged
from tests.cogs.conftest import said
from tests.cogs.panels import Panel
from tests.factories import new_job

JOB = 1_400_000_000_000_000_001
OVER = "If an administrator gave you the command, run it again"


@pytest.fixture
def handed(stage):
    """Have alice been given a command by an administrator."""

    async def hand(name, who=None):
        commands = await stage.bot.tree.fetch_commands()
        [command] = [command for command in commands if command.name == name]
        stage.guild.set_command_permissions(command, {who or stage.alice: True})

    return hand


@pytest.fixture
async def waiting(stage):
    return await stage.store.add(new_job(JOB, guild_id=stage.guild.id, user_id=stage.bob.id))


def ids_of(message):
    """The custom ids of a page's controls."""

    def walk(components):
        for component in components:
            if custom_id := getattr(component, "custom_id", None):
                yield custom_id
            yield from walk(getattr(component, "children", None) or [])

    return list(walk(message.components))


async def page_of(stage, handed, command="restyle-admin jobs"):
    await handed(command.partition(" ")[0])
    opened = await stage.alice.slash(stage.channel, command)
    return opened.response.message


def take_away(stage):
    """Say what Discord says when an administrator changes who may use a command."""
    stage.bot._connection.parse_application_command_permissions_update(
        {"id": "1", "application_id": "2", "guild_id": str(stage.guild.id), "permissions": []}
    )
    return stage.env.advance_time(0)


async def test_who_was_handed_a_command_may_use_its_page(stage, handed, waiting):
    message = await page_of(stage, handed)
    [menu, _] = ids_of(message)
    await stage.alice.select(message, [str(JOB)], custom_id=menu)
    assert (await stage.store.get(JOB)).state is JobState.CANCELLED


async def test_the_page_works_for_a_quarter_of_an_hour_across_a_restart(
    stage, handed, waiting, make_bot
):
    message = await page_of(stage, handed)
    menu, refresh = ids_of(message)
    bot = make_bot()
    old = stage.bot
    await stage.env.restart_bot(bot)
    try:
        await stage.env.advance_time(GRANT_SECONDS - 5)
        assert OVER not in said(await stage.alice.click(message, custom_id=refresh))
        await stage.env.advance_time(10)
        answer = await stage.alice.select(message, [str(JOB)], custom_id=menu)
        assert OVER in said(answer)
        assert (await stage.store.get(JOB)).state is JobState.QUEUED
    finally:
        await bot.close()
        await old.close()


async def test_a_page_does_not_prolong_itself(stage, handed, waiting):
    message = await page_of(stage, handed)
    _, refresh = ids_of(message)
    await stage.alice.click(message, custom_id=refresh)
    assert ids_of(message)[1] == refresh


@pytest.mark.parametrize("change", ["command", "role"])
async def test_after_the_command_is_taken_away_an_open_page_stops_working(
    stage, handed, waiting, change
):
    message = await page_of(stage, handed)
    menu, _ = ids_of(message)
    if change == "command":
        await take_away(stage)
    else:
        role = stage.guild.create_role("another")
        await stage.bot.http.add_role(stage.guild.id, stage.alice.id, role.id)
    answer = said(await stage.alice.select(message, [str(JOB)], custom_id=menu))
    assert "This is for members with Manage Server" in answer
    assert OVER in answer
    assert (await stage.store.get(JOB)).state is JobState.QUEUED


async def test_the_seal_of_a_page_is_good_for_nothing_else(stage, handed, waiting):
    """Not for another person, another command or another time; nor is one that was made up."""
    [menu, _] = ids_of(await page_of(stage, handed))
    seal = menu.split(":")[1]
    for who, custom_id in {
        (stage.bob, menu),
        (stage.alice, f"strikes:{seal}:0"),
        (stage.alice, f"settings.m:{seal}:s0:strictness:set:public_figure_threshold"),
        (stage.alice, f"jobs:h{base64.urlsafe_b64encode(bytes(15)).decode()}:cancel"),
        (stage.alice, f"jobs:{seal[:-1]}:cancel"),
        (stage.alice, f"jobs:{later(seal)}:cancel"),
        (stage.alice, "jobs:h:cancel"),
        (stage.alice, "jobs:r:cancel"),
    }:
        answer = said(await forged.press(stage, who, custom_id, [str(JOB)], kind=forged.WORDS))
        assert answer.strip().startswith("This is for "), (custom_id, answer)
    assert (await stage.store.get(JOB)).state is JobState.QUEUED


def later(seal):
    """The same seal with a later time."""
    whole = bytearray(base64.urlsafe_b64decode(seal[1:]))
    whole[3] += 1 if whole[3] < 255 else -1
    return f"h{base64.urlsafe_b64encode(whole).decode()}"


async def test_a_member_cannot_change_settings_with_a_mode_of_their_own_making(stage):
    for grant in ("h", "r", "h" + "A" * 20):
        custom_id = f"settings.m:{grant}:s0:strictness:set:public_figure_threshold"
        answer = await forged.press(stage, stage.alice, custom_id, [":low"], kind=forged.WORDS)
        assert "This is for members with Manage Server" in said(answer)
        form = f"settings.f:{grant}:s0:strikes:form:strike_days"
        fields = {"how": ["number"], "words": "3"}
        answer = await forged.send_form(stage, stage.alice, form, fields)
        assert "This is for members with Manage Server" in said(answer)
    policy = await stage.store.policies.read(stage.guild.id)
    assert policy.values == {}


async def test_a_handed_panel_changes_settings_and_stops_with_the_command(stage, handed):
    await handed("restyle-settings")
    panel = Panel(stage, stage.alice, await stage.alice.slash(stage.channel, "restyle-settings"))
    await panel.choose("public_figure_threshold", "low")
    assert await panel.own("public_figure_threshold") == "low"
    form = await panel.open_form("strike_days")
    await take_away(stage)
    answer = await stage.alice.submit_modal(form, {"how": "number", "words": "3"})
    assert OVER in said(answer)
    assert await panel.own("strike_days") is UNSET


async def test_old_pages_of_a_handed_command_go_on_for_those_who_may_anyway(stage, waiting):
    await forged.press(stage, stage.mo, "jobs:h:cancel", [str(JOB)], kind=forged.WORDS)
    assert (await stage.store.get(JOB)).state is JobState.CANCELLED


async def test_every_installation_has_a_key_of_its_own(sqlite_store):
    key = await sqlite_store.installation.key()
    assert len(key) == 32
    assert await sqlite_store.installation.key() == key
