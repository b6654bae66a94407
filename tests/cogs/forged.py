"""What a client may send and the bot never asked for, straight past the simulated clients' checks.

Real clients offer what a message offers. Whoever writes one of their own sends what they like; of
that Discord checks little, and nothing is checked here.
"""

import discord
from discord import ui
from simcord.actors import _component_interaction, _dispatch_actor_interaction, _visible_message
from simcord.backend import serializers

from tests.cogs.conftest import said

BUTTON, WORDS, ROLES, CHANNELS = 2, 3, 6, 8
"""Discord's numbers of components."""

_LOOKS = {
    BUTTON: lambda custom_id: ui.Button(label="it", custom_id=custom_id),
    WORDS: lambda custom_id: ui.Select(
        custom_id=custom_id, options=[discord.SelectOption(label="it", value="it")]
    ),
    ROLES: lambda custom_id: ui.RoleSelect(custom_id=custom_id),
    CHANNELS: lambda custom_id: ui.ChannelSelect(custom_id=custom_id),
}


def place_of(stage, who):
    """Where the person presses: on the server, or in their direct messages."""
    return stage.channel if hasattr(who, "guild") else who.dm_channel


async def press(stage, who, custom_id, values=(), *, kind=BUTTON):
    """Press a control with this custom id, choosing ``values`` if it is a menu."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.ActionRow(_LOOKS[kind](custom_id)))
    place = stage.bot.get_partial_messageable(place_of(stage, who).id)
    message = _visible_message(who, await place.send(view=view))
    view.stop()  # it is the running bot that must know what to do, and nothing may pile up in it
    data = {"custom_id": custom_id, "component_type": kind}
    if kind != BUTTON:
        data["values"] = list(values)
    return await _component_interaction(who, message, data)


async def send_form(stage, who, custom_id, fields):
    """Send a form with this custom id; ``fields`` may hold anything at all."""
    rows = [
        {
            "type": 18,
            "component": {"custom_id": name}
            | ({"values": value} if isinstance(value, list) else {"value": value}),
        }
        for name, value in fields.items()
    ]
    data = {"custom_id": custom_id, "components": rows, "resolved": {}}
    place = place_of(stage, who)
    view = ui.LayoutView(timeout=None).add_item(ui.TextDisplay("what opened it"))
    message = _visible_message(
        who, await stage.bot.get_partial_messageable(place.id).send(view=view)
    )
    return await _dispatch_actor_interaction(
        who,
        5,
        place,
        data,
        extra={"message": dict(serializers.message_payload(who._env.backend, message))},
        source_message_id=message.id,
    )


async def send_command(stage, who, name, options, *, extra=None):
    """Send a command with any options at all, as a client with an old form of it does."""
    [command] = [one for one in stage.bot.tree.get_commands() if one.name == name]
    data = {"id": "1", "name": command.name, "type": 1, "options": options}
    return await _dispatch_actor_interaction(who, 2, place_of(stage, who), data, extra=extra or {})


def is_answered(result):
    """Whether the person got an answer, and not that something broke."""
    return (result.acknowledged or result.modal is not None) and "Something broke" not in said(
        result
    )
