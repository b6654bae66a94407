"""Every command of the bot, used by everybody, in a server and in direct messages."""

from collections.abc import Callable
from dataclasses import dataclass

import discord
import pytest

from bot.domain.permissions import Action
from bot.texts import doors as door_texts
from tests.cogs.conftest import said
from tests.cogs.walk_world import FACTS, REFUSAL

# Commands


@dataclass(frozen=True)
class Command:
    """One command, and who does what it says."""

    action: Action | None = None
    """``None``: everybody who is offered it."""
    servers: bool = True
    managers: bool = False
    """Whether Discord offers it on a server to those with Manage Server only."""
    dms: bool = True
    owner_only: bool = False
    """Whether the bot asks the table on servers as well."""
    needs: Callable | None = lambda world: {}
    """Its options; ``None``: it is not run here."""


def _alice(world):
    return {"member": world.people["member"]}


def _admin(action, *, needs=lambda world: {}):
    return Command(action, managers=True, dms=False, needs=needs)


def _owner(action, *, needs=lambda world: {}):
    return Command(action, servers=False, owner_only=True, needs=needs)


def _server(world):
    return {"server": str(world.guild.id)}


COMMANDS = {
    "restyle": Command(needs=lambda world: {"prompt": "neon", "video": ("a.mp4", b"clip")}),
    "restyle-settings": Command(Action.CHANGE_SETTINGS, managers=True, dms=False),
    "restyle-usage": Command(),
    "restyle-help": Command(),
    "restyle-looks": Command(),
    "restyle-jobs": Command(),
    "restyle-privacy": Command(),
    "restyle-about": Command(),
    "restyle-admin jobs": _admin(Action.MANAGE_JOBS),
    "restyle-admin block": _admin(Action.BLOCK, needs=_alice),
    "restyle-admin unblock": _admin(Action.BLOCK, needs=_alice),
    "restyle-admin blocked": _admin(Action.BLOCK),
    "restyle-admin strikes": _admin(Action.LIFT_STRIKE),
    "restyle-admin pause": _admin(Action.PAUSE_SERVER),
    "restyle-admin resume": _admin(Action.PAUSE_SERVER),
    "restyle-owner uncertain": _owner(Action.SETTLE_UNCERTAIN),
    "restyle-owner quarantine": _owner(Action.SETTLE_UNCERTAIN),
    "restyle-owner look-again": _owner(Action.SETTLE_UNCERTAIN),
    "restyle-owner spend": _owner(Action.SEE_ALL_SERVERS),
    "restyle-owner server-limit": _owner(Action.SEE_ALL_SERVERS, needs=_server),
    "restyle-owner jobs": _owner(Action.MANAGE_JOBS),
    "restyle-owner block": _owner(Action.BLOCK, needs=_alice),
    "restyle-owner unblock": _owner(Action.BLOCK, needs=_alice),
    "restyle-owner blocked": _owner(Action.BLOCK),
    "restyle-owner pause-all": _owner(Action.PAUSE_EVERYTHING),
    "restyle-owner resume-all": _owner(Action.PAUSE_EVERYTHING),
}
OPTIONS = {
    "restyle": lambda world: {
        "prompt": "neon",
        "video": ("a.mp4", b"clip"),
        "reference": ("a.png", b"picture"),
        "seed": 1,
        "start": 0.0,
        "length": 1.0,
        "look": "b:noir",
    },
    "restyle-owner block": lambda world: _alice(world) | {"reason": "spam"},
    "restyle-admin block": lambda world: _alice(world) | {"reason": "spam"},
    "restyle-admin strikes": _alice,
    "restyle-admin pause": lambda world: {"reason": "an event"},
    "restyle-owner pause-all": lambda world: {"reason": "an event"},
    "restyle-owner server-limit": lambda world: {
        "limit": "jobs_per_day",
        "value": "5",
        "server": str(world.guild.id),
    },
    "restyle-settings": lambda world: {
        "test": world.people["member"],
        "channel": world.stage.channel,
        "prompt": "neon",
        "length": 3.0,
    },
    "restyle-settings file": lambda world: {"file": ("settings.json", b"{}")},
}
"""The ways through a command that its options open, besides the one of ``Command.needs``."""
CONTEXT_MENUS = {"Restyle this"}
"""By the name that people see; each is offered to everybody on a server, and to nobody elsewhere.
"""


async def test_every_command_of_the_bot_is_in_the_walk(world):
    tree = world.bot.tree
    slash = {
        one.qualified_name
        for one in tree.walk_commands()
        if not isinstance(one, discord.app_commands.Group)
    }
    assert slash == set(COMMANDS)
    menus = {
        one.name
        for kind in (discord.AppCommandType.message, discord.AppCommandType.user)
        for one in tree.get_commands(type=kind)
    }
    assert menus == CONTEXT_MENUS


async def test_everybody_can_choose_a_message_on_a_server(world):
    for person in world.people.values():
        message = await person.send(world.stage.channel, attachments=[("clip.mp4", b"clip")])
        for name in CONTEXT_MENUS:
            result = await person.context_menu(world.stage.channel, name, message)
            assert result.modal is not None
    for name in CONTEXT_MENUS:
        for kind in (discord.AppCommandType.message, discord.AppCommandType.user):
            if (menu := world.bot.tree.get_command(name, type=kind)) is not None:
                assert menu.to_dict(world.bot.tree)["contexts"] == [0]


async def test_everybody_is_offered_the_commands_that_are_theirs(world):
    for name, person in world.people.items():
        managers = FACTS[name].get("manage_guild", False)
        offered = set(person.available_commands(world.stage.channel))
        known = {
            key for key, one in COMMANDS.items() if one.servers and (managers or not one.managers)
        }
        assert offered == known, name
        offered = set(person.user.available_commands())
        assert offered == {key for key, one in COMMANDS.items() if one.dms}, name


async def test_every_option_of_the_bots_commands_is_in_the_walk(world):
    """But for those that this model does not have: ``test_command.py`` is about them."""
    walked = {}
    for key, needs in OPTIONS.items():
        walked.setdefault(key.removesuffix(" file"), set()).update(needs(world))
    for command in world.bot.tree.walk_commands():
        key = command.qualified_name
        if key in COMMANDS and COMMANDS[key].needs is not None:
            known = walked.get(key, set()) | set(COMMANDS[key].needs(world))
            unoffered = {"ratio", "model"} if key == "restyle" else set()
            assert {one.display_name for one in command.parameters} - unoffered == known, key


PATHS = {
    **{key: (key, one.needs) for key, one in COMMANDS.items() if one.needs is not None},
    **{f"{key}, options": (key.removesuffix(" file"), needs) for key, needs in OPTIONS.items()},
}


@pytest.mark.parametrize("group", sorted({key.partition(" ")[0] for key, _ in PATHS.values()}))
async def test_a_command_does_what_it_says_for_those_who_may(world, group):
    for key, needs in PATHS.values():
        if key.partition(" ")[0] == group:
            await everybody_uses(world, key, needs)


async def everybody_uses(world, key, needs):
    """Have people use a command; of those to whom Discord offers it as few as show a mistake."""
    command, options = COMMANDS[key], needs(world)
    uses = []
    if command.managers:
        uses = [(True, name) for name in FACTS if FACTS[name].get("manage_guild", False)]
    elif command.servers:
        uses = [(True, "member")]
    if command.dms and command.action is None:
        uses.append((False, "member"))
    elif command.dms:
        uses += world.telling(command.action, places=(False,))
    for in_guild, name in uses:
        asks_table = command.action is not None and (command.owner_only or not in_guild)
        allowed = not asks_table or world.expects(command.action, name, in_guild)
        person, before = world.people[name], world.version()
        if in_guild:
            answer = await person.slash(world.stage.channel, key, **options)
        else:
            answer = await person.user.slash(key, **options)
        assert (REFUSAL.search(said(answer)) is None) is allowed, (key, name, said(answer))
        assert answer.ephemeral or key == "restyle"  # what it makes is for all to see
        assert allowed or world.version() == before


@pytest.mark.parametrize("name", sorted(FACTS))
async def test_with_direct_messages_off_a_command_there_starts_nothing_whoever_uses_it(world, name):
    world.bot.settings = world.bot.settings.model_copy(update={"direct_messages": False})
    off = door_texts.direct_messages_off(world.bot.command_mentions.of("restyle-privacy"))
    for key, command in COMMANDS.items():
        if not command.dms or command.needs is None:
            continue
        answer = said(await world.people[name].user.slash(key, **command.needs(world)))
        is_closed = key not in {"restyle-privacy", "restyle-about"} and not key.startswith(
            "restyle-owner "
        )
        assert (answer == off) is is_closed, (key, answer)
        if key.startswith("restyle-owner "):
            allowed = world.expects(command.action, name, in_guild=False)
            assert (REFUSAL.search(answer) is None) is allowed, (key, answer)
