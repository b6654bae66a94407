"""REST routes about the bot itself and its commands.

Source: https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.calls import Call, Routes
from tests.fakes.errors import ApiError
from tests.fakes.limits import check_commands
from tests.fakes.world import new_id

if TYPE_CHECKING:
    from tests.fakes.server import DiscordServer

routes = Routes()


@routes("GET", "/users/@me")
async def me(server: DiscordServer, call: Call) -> Any:
    return {**server.bot.json, "email": None, "verified": True, "mfa_enabled": False}


@routes("GET", "/users/@me/guilds")
async def my_guilds(server: DiscordServer, call: Call) -> Any:
    return [
        {
            "id": str(guild.id),
            "name": guild.name,
            "icon": None,
            "banner": None,
            "owner": False,
            "permissions": str(guild.bot_permissions),
            "features": [],
        }
        for guild in server.guilds.values()
    ]


@routes("GET", "/guilds/{guild_id}/channels")
async def guild_channels(server: DiscordServer, call: Call) -> Any:
    guild_id = call.id("guild_id")
    return [
        server.channel_json(channel)
        for channel in server.channels.values()
        if channel.guild_id == guild_id and not channel.is_thread
    ]


@routes("GET", "/users/{user_id}")
async def get_user(server: DiscordServer, call: Call) -> Any:
    user = server.users.get(call.id("user_id"))
    if user is None:
        raise ApiError(404, 10013)
    return user.json


@routes("GET", "/guilds/{guild_id}")
async def get_guild(server: DiscordServer, call: Call) -> Any:
    guild = server.guilds.get(call.id("guild_id"))
    if guild is None:
        raise ApiError(404, 10004)
    return server.guild_json(guild)


@routes("GET", "/guilds/{guild_id}/members/{user_id}")
async def get_member(server: DiscordServer, call: Call) -> Any:
    user = server.users.get(call.id("user_id"))
    if user is None:
        raise ApiError(404, 10013)
    guild = server.guilds.get(call.id("guild_id"))
    roles = [str(guild.bot_role_id)] if guild is not None and user is server.bot else []
    return {**user.member_json, "roles": roles, "user": user.json}


@routes("GET", "/oauth2/applications/@me")
async def application(server: DiscordServer, call: Call) -> Any:
    return {
        "id": str(server.application_id),
        "name": server.bot.name,
        "icon": None,
        "description": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "owner": server.owner.json,
        "team": None,
    }


@routes("GET", "/gateway/bot")
async def gateway_bot(server: DiscordServer, call: Call) -> Any:
    limit = {"total": 1000, "remaining": 1000, "reset_after": 0, "max_concurrency": 1}
    return {
        "url": server.gateway_url,
        "shards": server.recommended_shards,
        "session_start_limit": limit,
    }


@routes("GET", "/applications/{application_id}/commands")
async def get_commands(server: DiscordServer, call: Call) -> Any:
    return server.commands.get(None, [])


@routes("PUT", "/applications/{application_id}/commands")
async def put_commands(server: DiscordServer, call: Call) -> Any:
    return _register(server, call, None)


@routes("GET", "/applications/{application_id}/guilds/{guild_id}/commands")
async def get_guild_commands(server: DiscordServer, call: Call) -> Any:
    return server.commands.get(call.id("guild_id"), [])


@routes("PUT", "/applications/{application_id}/guilds/{guild_id}/commands")
async def put_guild_commands(server: DiscordServer, call: Call) -> Any:
    if call.id("guild_id") not in server.guilds:
        raise ApiError(403, 50001)
    return _register(server, call, call.id("guild_id"))


def _register(server: DiscordServer, call: Call, guild_id: int | None) -> list[dict[str, Any]]:
    check_commands(call.json)
    known = {(c["type"], c["name"]): c["id"] for c in server.commands.get(guild_id, [])}
    registered = []
    for command in call.json:
        kind = command.get("type", 1)
        registered.append(
            {
                "default_member_permissions": None,
                "nsfw": False,
                "description": "",  # what menus on messages and users have
                **command,
                "type": kind,
                "id": known.get((kind, command["name"])) or str(new_id()),
                "application_id": str(server.application_id),
                "version": str(new_id()),
                **({} if guild_id is None else {"guild_id": str(guild_id)}),
            }
        )
    server.commands[guild_id] = registered
    return registered
