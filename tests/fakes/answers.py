"""REST routes that answer interactions; the token in the path is all they need.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.fakes.calls import Call, Routes
from tests.fakes.errors import ApiError
from tests.fakes.messages import edit, fill, message_json
from tests.fakes.world import EPHEMERAL, LOADING, Interaction, Message

if TYPE_CHECKING:
    from tests.fakes.server import DiscordServer

routes = Routes(needs_token=False)
MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, AUTOCOMPLETE, MODAL = 4, 5, 6, 7, 8, 9
COMMAND_ANSWER, REPLY = 20, 19


@routes("POST", "/interactions/{interaction_id}/{token}/callback")
async def respond(server: DiscordServer, call: Call) -> Any:
    interaction = server.interactions.get(call.id("interaction_id"))
    late = interaction and time.monotonic() - interaction.created_at > server.ack_seconds
    if interaction is None or interaction.token != call.ids["token"] or late:
        raise ApiError(404, 10062)
    if interaction.response_type is not None:
        raise ApiError(400, 40060)
    kind, data = call.body["type"], call.body.get("data") or {}
    message: Message | None = None
    if kind in {MESSAGE, DEFERRED}:
        message = _new(server, interaction)
        if kind == DEFERRED:
            message.flags = LOADING | (int(data.get("flags") or 0) & EPHEMERAL)
        else:
            _fill(server, interaction, message, data, call)
        interaction.original_id = message.id
        _post(server, interaction, message)
    elif kind in {DEFERRED_UPDATE, UPDATE}:
        pressed = server.message(int(interaction.payload["message"]["id"]))
        interaction.original_id = pressed.id
        interaction.messages[pressed.id] = message = pressed
        if kind == UPDATE:
            _fill(server, interaction, pressed, data, call)
    interaction.response_type, interaction.data = kind, data
    interaction.acknowledged_after = time.monotonic() - interaction.created_at
    if call.query.get("with_response") not in {"1", "true"}:
        return None
    return _callback_json(server, interaction, message, kind)


def _callback_json(
    server: DiscordServer, interaction: Interaction, message: Message | None, kind: int
) -> dict[str, Any]:
    about: dict[str, Any] = {"id": str(interaction.id), "type": interaction.payload["type"]}
    result: dict[str, Any] = {"interaction": about}
    if message is not None:
        about["response_message_id"] = str(message.id)
        about["response_message_loading"] = message.is_loading
        about["response_message_ephemeral"] = message.is_ephemeral
        result["resource"] = {"type": kind, "message": message_json(server, message)}
    return result


def _new(server: DiscordServer, interaction: Interaction) -> Message:
    message = Message(channel_id=interaction.channel_id, author=server.bot)
    message.kind = COMMAND_ANSWER if interaction.payload["type"] == 2 else REPLY
    message.interaction_id = interaction.id
    return message


def _fill(
    server: DiscordServer,
    interaction: Interaction,
    message: Message,
    body: dict[str, Any],
    call: Call,
) -> None:
    limit = interaction.payload["attachment_size_limit"]
    fill(server, message, body, call, limit_bytes=limit, users_only=True)


def _post(server: DiscordServer, interaction: Interaction, message: Message) -> None:
    interaction.messages[message.id] = message
    channel = server.channels.get(message.channel_id)
    if channel is not None:
        channel.messages[message.id] = message


def _by_token(server: DiscordServer, call: Call) -> Interaction:
    if call.id("application_id") != server.application_id:
        raise ApiError(404, 10015)
    for interaction in server.interactions.values():
        if interaction.token == call.ids["token"]:
            if interaction.expired:
                raise ApiError(401, 50027)
            if interaction.response_type is None:
                raise ApiError(404, 10015)
            return interaction
    raise ApiError(401, 50027)


def _answer(server: DiscordServer, call: Call) -> tuple[Interaction, Message]:
    interaction = _by_token(server, call)
    original = call.ids["message_id"] == "@original"
    message = interaction.messages.get(
        interaction.original_id or 0 if original else call.id("message_id")
    )
    if message is None:
        raise ApiError(404, 10008)
    return interaction, message


@routes("POST", "/webhooks/{application_id}/{token}")
async def follow_up(server: DiscordServer, call: Call) -> Any:
    interaction = _by_token(server, call)
    original = interaction.original
    if original is not None and original.is_loading:
        return _settle(server, interaction, original, call)
    message = _new(server, interaction)
    message.reference_id = interaction.original_id
    _fill(server, interaction, message, call.body, call)
    interaction.followups.append(message.id)
    _post(server, interaction, message)
    return message_json(server, message)


@routes("GET", "/webhooks/{application_id}/{token}/messages/{message_id}")
async def get_answer(server: DiscordServer, call: Call) -> Any:
    return message_json(server, _answer(server, call)[1])


@routes("PATCH", "/webhooks/{application_id}/{token}/messages/{message_id}")
async def edit_answer(server: DiscordServer, call: Call) -> Any:
    interaction, message = _answer(server, call)
    return _settle(server, interaction, message, call)


def _settle(
    server: DiscordServer, interaction: Interaction, message: Message, call: Call
) -> dict[str, Any]:
    was_loading = message.is_loading
    limit = interaction.payload["attachment_size_limit"]
    # ephemerality is fixed by the first answer
    call.body["flags"] = int(call.body.get("flags") or 0) & ~EPHEMERAL
    edit(server, message, call, limit_bytes=limit, users_only=True, notifies=was_loading)
    message.flags &= ~LOADING
    if was_loading:
        message.edited_at = None
    return message_json(server, message)


@routes("DELETE", "/webhooks/{application_id}/{token}/messages/{message_id}")
async def delete_answer(server: DiscordServer, call: Call) -> Any:
    interaction, message = _answer(server, call)
    interaction.messages.pop(message.id)
    channel = server.channels.get(message.channel_id)
    if channel is not None:
        channel.messages.pop(message.id, None)
