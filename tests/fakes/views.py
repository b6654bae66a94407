"""How channels and guilds look as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fakes.world import TEXT, Channel, Guild, timestamp

if TYPE_CHECKING:
    from tests.fakes.server import DiscordServer


def channel_json(server: DiscordServer, channel: Channel) -> dict[str, Any]:
    """Return the channel object."""
    body: dict[str, Any] = {"id": str(channel.id), "type": channel.kind}
    if channel.recipient is not None:
        return {**body, "last_message_id": None, "recipients": [channel.recipient.json]}
    guild = server.guilds[channel.guild_id or 0]
    body |= {"guild_id": str(guild.id), "name": channel.name, "rate_limit_per_user": 0}
    body |= {"last_message_id": None, "flags": 0}
    if not channel.is_thread:
        deny = {"id": str(guild.bot_role_id), "type": 0, "allow": "0"}
        body |= {"position": 0, "nsfw": False, "topic": None, "parent_id": None}
        body |= {"bitrate": 64000, "user_limit": 0} if channel.kind not in {TEXT, 5} else {}
        return {**body, "permission_overwrites": [{**deny, "deny": str(channel.denied)}]}
    since = timestamp(channel.created_at)
    body |= {"parent_id": str(channel.parent_id), "owner_id": str(channel.owner_id)}
    body |= {"message_count": len(channel.posts), "member_count": len(channel.member_ids)}
    body["thread_metadata"] = {
        "archived": channel.archived,
        "locked": channel.locked,
        "auto_archive_duration": 1440,
        "archive_timestamp": since,
        "create_timestamp": since,
    }
    if server.bot.id in channel.member_ids:
        me = {"id": str(channel.id), "user_id": str(server.bot.id), "flags": 0}
        body["member"] = {**me, "join_timestamp": since}
    return body


def guild_json(server: DiscordServer, guild: Guild) -> dict[str, Any]:
    """Return the guild as GUILD_CREATE brings it."""
    role = {"color": 0, "hoist": False, "mentionable": False, "managed": False, "flags": 0}
    role |= {"position": 0, "colors": {"primary_color": 0}}
    everyone = {**role, "id": str(guild.id), "name": "@everyone", "permissions": "0"}
    permissions = str(guild.bot_permissions)
    own = {**role, "id": str(guild.bot_role_id), "name": "restyle", "permissions": permissions}
    me = {**server.bot.member_json, "roles": [own["id"]], "user": server.bot.json}
    mine = [c for c in server.channels.values() if c.guild_id == guild.id]
    return {
        "id": str(guild.id),
        "name": guild.name,
        "owner_id": str(server.owner.id),
        "premium_tier": guild.boost_level,
        "preferred_locale": "en-US",
        "features": [],
        "roles": [everyone, {**own, "position": 1}],
        "emojis": [],
        "stickers": [],
        "member_count": 2,
        "members": [me],
        "channels": [channel_json(server, c) for c in mine if not c.is_thread],
        "threads": [channel_json(server, c) for c in mine if c.is_thread and not c.archived],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }
