"""Settings by which whoever changes them would have more than members have."""

import discord
import pytest

from bot.policy.problems import SERVER
from tests.cogs.conftest import said
from tests.cogs.panels import of_role, text_of


@pytest.fixture
def manager(stage):
    """Whoever may change settings and give no roles, with a role of their own."""
    powers = discord.Permissions(manage_guild=True)
    stage.own = stage.guild.create_role("Managers", permissions=powers)
    return stage.guild.add_member(stage.env.create_user("max"), roles=[stage.own])


async def test_nobody_frees_a_role_of_their_own_of_the_limits(stage, open_panel, manager):
    panel = await open_panel(manager)
    await panel.go("where")
    answer = await panel.choose("exempt_role_ids", stage.own)
    shown = text_of(panel.message) + said(answer)
    assert "That would give you more than members have, through one of your own roles" in shown
    assert (await stage.store.policies.read(stage.guild.id)).server("exempt_role_ids") == set()


async def test_who_can_give_roles_is_warned_and_saves_it_knowingly(stage, open_panel):
    powers = discord.Permissions(manage_guild=True, manage_roles=True)
    own = stage.guild.create_role("Chiefs", permissions=powers)
    chief = stage.guild.add_member(stage.env.create_user("chief"), roles=[own])
    panel = await open_panel(chief)
    await panel.go("where")
    await panel.choose("exempt_role_ids", own)
    assert "**This gives you more than members have**" in panel.text
    assert (await stage.store.policies.read(stage.guild.id)).own("exempt_role_ids", SERVER) != {
        own.id
    }
    await panel.press("save")
    assert (await stage.store.policies.read(stage.guild.id)).server("exempt_role_ids") == {own.id}


async def test_what_another_changed_is_not_undone_in_ones_own_favour(stage, open_panel, manager):
    await stage.set(of_role(stage.own), member_jobs_per_day=2)
    panel = await open_panel(manager)
    assert "through one of your own roles (A member's clips a day)" in said(await panel.undo())
    policy = await stage.store.policies.read(stage.guild.id)
    assert policy.own("member_jobs_per_day", of_role(stage.own)) == 2
