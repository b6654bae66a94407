"""REST routes of channels, threads and their messages, with the bot's token.

Sources: https://docs.discord.com/developers/resources/message and
https://docs.discord.com/developers/topics/threads
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.fakes import world
from tests.fakes.calls import Call, Routes
from tests.fakes.errors import ApiError, invalid
from tests.fakes.limits import NONCE
from tests.fakes.messages import edit, fill, message_json
from tests.fakes.world import Channel, Message, timestamp

if TYPE_CHECKING:
    from tests.fakes.server import DiscordServer

routes = Routes()
HAS_THREAD, THREAD_STARTER = 1 << 5, 21
ARCHIVE_MINUTES = {60, 1440, 4320, 10080}


def _channel(server: DiscordServer, call: Call, needed: int = 0) -> Channel:
    channel = server.channels.get(call.id("channel_id"))
    if channel is None:
        raise ApiError(404, 10003)
    allowed = server.bot_permissions(channel)
    if not allowed & world.VIEW_CHANNEL:
        raise ApiError(403, 50001)
    if needed & ~allowed:
        raise ApiError(403, 50013)
    return channel


def _message(server: DiscordServer, call: Call, needed: int = 0) -> tuple[Channel, Message]:
    channel = _channel(server, call, needed)
    message = channel.messages.get(call.id("message_id"))
    if message is None or message.is_ephemeral:
        raise ApiError(404, 10008)
    return channel, message


@routes("GET", "/channels/{channel_id}")
async def get_channel(server: DiscordServer, call: Call) -> Any:
    return server.channel_json(_channel(server, call))


@routes("PATCH", "/channels/{channel_id}")
async def patch_channel(server: DiscordServer, call: Call) -> Any:
    channel = _channel(server, call)
    manages = server.bot_permissions(channel) & world.MANAGE_THREADS
    if channel.is_thread:
        unarchives = call.body.get("archived") is False
        if channel.locked and not manages:
            raise ApiError(403, 50013)
        if channel.archived and not unarchives:
            raise ApiError(400, 50083)
        if not (unarchives or manages or channel.owner_id == server.bot.id):
            raise ApiError(403, 50013)
    elif not server.bot_permissions(channel) & 1 << 4:
        raise ApiError(403, 50013)
    if not 1 <= len(call.body.get("name", "x")) <= 100:
        raise invalid("name", "Must be between 1 and 100 in length.")
    channel.name = call.body.get("name", channel.name)
    channel.archived = call.body.get("archived", channel.archived)
    if "locked" in call.body:
        if not manages:
            raise ApiError(403, 50013)
        channel.locked = call.body["locked"]
    await server.announce_channel("UPDATE", channel)
    return server.channel_json(channel)


@routes("POST", "/channels/{channel_id}/typing")
async def typing(server: DiscordServer, call: Call) -> Any:
    _channel(server, call)


@routes("POST", "/channels/{channel_id}/messages")
async def create_message(server: DiscordServer, call: Call) -> Any:
    channel = _channel(server, call)
    allowed = server.bot_permissions(channel)
    if channel.recipient is not None and not channel.recipient.accepts_dms:
        raise ApiError(403, 50007)
    needed = world.SEND_MESSAGES_IN_THREADS if channel.is_thread else world.SEND_MESSAGES
    if call.files:
        needed |= world.ATTACH_FILES
    if channel.locked and not allowed & world.MANAGE_THREADS:
        raise ApiError(403, 160005)
    if needed & ~allowed:
        raise ApiError(403, 50013)
    nonce = call.body.get("nonce")
    if nonce is not None and len(str(nonce)) > NONCE:
        raise invalid("nonce", f"Must be {NONCE} or fewer in length.")
    key = (channel.id, str(nonce))
    if nonce is not None and call.body.get("enforce_nonce"):
        known = server.nonces.get(key)
        if known and time.monotonic() - known[1] <= server.nonce_window_seconds:
            server.deduplicated += 1
            if known[0].id in channel.messages:
                return message_json(server, known[0])
    message = Message(channel_id=channel.id, author=server.bot)
    message.nonce = None if nonce is None else str(nonce)
    reference = call.body.get("message_reference")
    if reference:
        message.kind = 19
        message.reference_id = int(reference["message_id"])
        if message.reference_id not in channel.messages:
            if reference.get("fail_if_not_exists", True):
                raise invalid("message_reference", "Unknown message")
            message.kind, message.reference_id = 0, None
    limit = server.upload_limit_bytes(channel)
    fill(server, message, call.body, call, limit_bytes=limit)
    channel.messages[message.id] = message
    if channel.archived:
        channel.archived = False
        await server.announce_channel("UPDATE", channel)
    channel.member_ids |= message.pings if channel.is_thread else set()
    if nonce is not None:
        server.nonces[key] = (message, time.monotonic())
    await server.announce_message(message)
    return message_json(server, message)


@routes("GET", "/channels/{channel_id}/messages")
async def list_messages(server: DiscordServer, call: Call) -> Any:
    channel = _channel(server, call)
    if not server.bot_permissions(channel) & world.READ_MESSAGE_HISTORY:
        return []
    limit = int(call.query.get("limit", 50))
    if not 1 <= limit <= 100:
        raise invalid("limit", "int value should be between 1 and 100.")
    found = sorted((m for m in channel.messages.values() if not m.is_ephemeral), key=lambda m: m.id)
    if "before" in call.query:
        found = [m for m in found if m.id < int(call.query["before"])]
    if "after" in call.query:
        found = [m for m in found if m.id > int(call.query["after"])][:limit]
    return [message_json(server, m) for m in reversed(found[-limit:])]


@routes("GET", "/channels/{channel_id}/messages/{message_id}")
async def get_message(server: DiscordServer, call: Call) -> Any:
    _, message = _message(server, call, world.READ_MESSAGE_HISTORY)
    return message_json(server, message)


@routes("PATCH", "/channels/{channel_id}/messages/{message_id}")
async def edit_message(server: DiscordServer, call: Call) -> Any:
    channel, message = _message(server, call)
    if message.author is not server.bot:
        raise ApiError(403, 50005)
    if channel.locked and not server.bot_permissions(channel) & world.MANAGE_THREADS:
        raise ApiError(403, 160005)
    if channel.archived:
        raise ApiError(400, 50083)
    limit = server.upload_limit_bytes(channel)
    edit(server, message, call, limit_bytes=limit)
    return message_json(server, message)


@routes("DELETE", "/channels/{channel_id}/messages/{message_id}")
async def delete_message(server: DiscordServer, call: Call) -> Any:
    channel, message = _message(server, call)
    if channel.archived:
        raise ApiError(400, 50083)
    del channel.messages[message.id]


@routes("POST", "/channels/{channel_id}/messages/{message_id}/threads")
async def thread_from_message(server: DiscordServer, call: Call) -> Any:
    parent, message = _message(server, call)
    if parent.kind not in {world.TEXT, world.NEWS}:
        raise ApiError(400, 50024)
    if not server.bot_permissions(parent) & world.CREATE_PUBLIC_THREADS:
        raise ApiError(403, 50013)
    if message.id in server.channels:
        raise ApiError(400, 160004)
    kind = world.NEWS_THREAD if parent.kind == world.NEWS else world.PUBLIC_THREAD
    thread = _new_thread(server, parent, call, kind, message.id)
    message.flags |= HAS_THREAD
    starter = Message(id=message.id, channel_id=thread.id, author=message.author)
    starter.kind = THREAD_STARTER
    thread.messages[starter.id] = starter
    await server.announce_channel("CREATE", thread)
    return server.channel_json(thread)


@routes("POST", "/channels/{channel_id}/threads")
async def thread_without_message(server: DiscordServer, call: Call) -> Any:
    parent = _channel(server, call)
    if parent.kind not in {world.TEXT, world.NEWS}:
        raise ApiError(400, 50024)
    if not server.bot_permissions(parent) & world.CREATE_PUBLIC_THREADS:
        raise ApiError(403, 50013)
    kind = call.body.get("type", world.PRIVATE_THREAD)
    thread = _new_thread(server, parent, call, kind, world.new_id())
    await server.announce_channel("CREATE", thread)
    return server.channel_json(thread)


def _new_thread(
    server: DiscordServer, parent: Channel, call: Call, kind: int, thread_id: int
) -> Channel:
    if not 1 <= len(call.body["name"].strip()) <= 100:
        raise invalid("name", "Must be between 1 and 100 in length.")
    if call.body.get("auto_archive_duration", 1440) not in ARCHIVE_MINUTES:
        raise invalid("auto_archive_duration", f"Value must be one of {ARCHIVE_MINUTES}.")
    thread = Channel(
        id=thread_id,
        kind=kind,
        name=call.body["name"],
        guild_id=parent.guild_id,
        parent_id=parent.id,
        owner_id=server.bot.id,
        denied=parent.denied,
        member_ids={server.bot.id},
    )
    server.channels[thread.id] = thread
    return thread


@routes("PUT", "/channels/{channel_id}/thread-members/{user_id}")
async def add_thread_member(server: DiscordServer, call: Call) -> Any:
    thread = _channel(server, call)
    if not thread.is_thread:
        raise ApiError(400, 50024)
    if thread.archived:
        raise ApiError(400, 50083)
    thread.member_ids.add(call.id("user_id") or server.bot.id)


@routes("DELETE", "/channels/{channel_id}/thread-members/{user_id}")
async def remove_thread_member(server: DiscordServer, call: Call) -> Any:
    _channel(server, call).member_ids.discard(call.id("user_id") or server.bot.id)


@routes("GET", "/channels/{channel_id}/thread-members")
async def list_thread_members(server: DiscordServer, call: Call) -> Any:
    thread = _channel(server, call)
    joined = timestamp(thread.created_at)
    return [
        {"id": str(thread.id), "user_id": str(user_id), "join_timestamp": joined, "flags": 0}
        for user_id in sorted(thread.member_ids)
    ]


@routes("POST", "/users/@me/channels")
async def open_dm(server: DiscordServer, call: Call) -> Any:
    user = server.users.get(int(call.body["recipient_id"]))
    if user is None:
        raise ApiError(404, 10013)
    return server.channel_json(server.dm_with(user))
