"""Absurd options at every slash command of the running bot, straight past Discord's checks."""

import itertools

import discord
import pytest
from discord import app_commands

from tests.cogs import forged
from tests.cogs.conftest import said

HUGE = 2**70
WORDS = ["", "x" * 100, "x" * 6000, "\x00", "<@&1>", "' OR 1=1 --", "٣", "9" * 100, "-1", "null"]
NUMBERS = [0, -1, -(2**63), 2**53 + 1, 2**63, HUGE, 1e308, float("inf"), float("nan"), 1.5]
OTHERS = [None, True, [], {}, [1], {"id": "1"}, "1300000000000000777"]
ABSURD = [*WORDS, *NUMBERS, *OTHERS]
KINDS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 99]
"""Discord's types of options; the last is none."""


def leaves(commands):
    """Every command that does something, with the names that lead to it."""
    for command in commands:
        if isinstance(command, app_commands.Group):
            for leaf, names in leaves(command.commands):
                yield leaf, [command.name, *names]
        elif isinstance(command, app_commands.Command):
            yield command, [command.name]


def payload(names, options):
    """What a client sends of a command, the innermost name last."""
    for name in reversed(names[1:]):
        options = [{"name": name, "type": 1 if name == names[-1] else 2, "options": options}]
    return {"id": "1", "name": names[0], "type": 1, "options": options, "resolved": {}}


@pytest.fixture
async def people(stage):
    owner = stage.guild.add_member(stage.env.create_user("olga"))
    stage.bot.settings = stage.bot.settings.model_copy(update={"owner_ids": str(owner.id)})
    return [stage.mo, stage.alice, owner, owner.user]


async def wrong_answers(stage, people, errors, offset):
    """Send each option in turn, in the right type and others, with the next absurd value."""
    values, kinds, wrong = itertools.cycle(ABSURD), itertools.cycle(KINDS), []
    for _ in range(offset):
        next(values)
    pressing = itertools.cycle(people)
    for command, names in leaves(stage.bot.tree.get_commands()):
        tried = [(one.name, one.type.value) for one in command.parameters] + [("nix", 3)]
        for name, kind in tried:
            for kind_sent in (kind, next(kinds)):
                option = {"name": name, "type": kind_sent, "value": next(values)}
                who = next(pressing)
                result = await forged._dispatch_actor_interaction(
                    who, 2, forged.place_of(stage, who), payload(names, [option])
                )
                if not forged.is_answered(result) or len(errors()) > len(wrong):
                    wrong.append((names, option, said(result), errors()[-1:]))
    return wrong


@pytest.mark.parametrize("offset", range(0, 24, 6))
async def test_no_command_breaks_on_absurd_options(stage, people, broken, offset):
    wrong = await wrong_answers(stage, people, broken, offset)
    assert not wrong, "\n".join(map(repr, wrong[:4]))[:3_000]


async def test_ids_of_another_server_are_nobodys_here(stage, people, broken):
    elsewhere = stage.env.create_guild("Elsewhere")
    stranger = elsewhere.add_member(stage.env.create_user("stranger"))
    role = elsewhere.create_role("Theirs", permissions=discord.Permissions.none())
    channel = elsewhere.create_text_channel("theirs")
    by_kind = {6: stranger.id, 7: channel.id, 8: role.id, 9: role.id, 3: stranger.id, 4: role.id}
    before, wrong = await stage.store.policies.read(elsewhere.id), []
    for command, names in leaves(stage.bot.tree.get_commands()):
        for one in command.parameters:
            value = by_kind.get(one.type.value, stranger.id)
            option = {"name": one.name, "type": one.type.value, "value": str(value)}
            result = await forged._dispatch_actor_interaction(
                stage.mo, 2, stage.channel, payload(names, [option])
            )
            if not forged.is_answered(result) or broken():
                wrong.append((names, option, said(result), broken()[-1:]))
    assert not wrong, "\n".join(map(repr, wrong[:4]))[:3_000]
    assert await stage.store.policies.read(elsewhere.id) == before
    assert await stage.store.people.blocks(elsewhere.id) == []


@pytest.mark.parametrize("focused", [True, False, None])
async def test_no_suggestion_breaks_on_what_nobody_can_type(stage, people, broken, focused):
    wrong = []
    for value, name in itertools.product(ABSURD, ("look", "prompt", "nix")):
        option = {"name": name, "type": 3, "value": value}
        if focused is not None:
            option["focused"] = focused
        for names in (["restyle"], ["restyle-admin", "block"], ["nix"]):
            await forged._dispatch_actor_interaction(
                stage.alice, 4, stage.channel, payload(names, [option])
            )
            if broken():
                wrong.append((names, option, broken()[-1:]))
                break
    assert not wrong, "\n".join(map(repr, wrong[:4]))[:3_000]


@pytest.mark.parametrize("kind", [2, 3])
async def test_no_menu_on_a_message_breaks_on_a_message_that_is_none(stage, broken, kind):
    wrong = []
    for target, resolved in itertools.product(
        ("5", "abc", "", HUGE, None), ({}, {"messages": {}}, {"users": {}}, None)
    ):
        data = {"id": "1", "name": "Restyle this", "type": kind, "target_id": target}
        if resolved is not None:
            data["resolved"] = resolved
        result = await forged._dispatch_actor_interaction(stage.alice, 2, stage.channel, data)
        if not forged.is_answered(result) or broken():
            wrong.append((data, said(result), broken()[-1:]))
    assert not wrong, "\n".join(map(repr, wrong[:4]))[:3_000]
