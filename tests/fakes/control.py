"""Steer the local Discord from another process, over HTTP under ``/_control``.

``GET  /_control``            everything that happened (see :func:`describe`)
``POST /_control/guild``      ``{"name", "boost_level"}`` → ``{"id"}``
``POST /_control/channel``    ``{"guild_id", "name", "kind", "denied"}`` → ``{"id"}``
``POST /_control/user``       ``{"name", "accepts_dms"}`` → ``{"id"}``
``POST /_control/upload``     ``{"channel_id", "filename", "base64"}`` → ``{"file"}`` for ``use``
``POST /_control/use``        ``{"command", "channel_id", "user_id", "options"}`` → ``{"id"}``;
                              an option ``{"file": ...}`` is an upload made before
``POST /_control/press``      ``{"message_id", "custom_id", "channel_id", "user_id"}`` → ``{"id"}``
``POST /_control/fail``       ``{"method", "path", "fault": [name, argument, …]}`` and a rule's
                              ``channel_id``, ``user_id``, ``skip``, ``times``; names are those of
                              :mod:`tests.fakes.faults`
``POST /_control/heal``       ``{}``: forget every rule
``POST /_control/drop``       ``{"code", "forget"}``: close the gateway's connections
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes import faults
from tests.fakes.world import Upload

if TYPE_CHECKING:
    from tests.fakes.server import DiscordServer
    from tests.fakes.world import Interaction, Message

FAULTS = {
    "refused": faults.refused,
    "rate_limited": faults.rate_limited,
    "unavailable": faults.unavailable,
    "accepted_then": lambda status: faults.unavailable(status, carried_out=True),
    "lost_answer": faults.lost_answer,
    "hang": faults.hang,
}


def describe(server: DiscordServer) -> dict[str, Any]:
    """Return what happened so far, as JSON."""
    return {
        "ready": len(server.gateway.ready),
        "identifies": len(server.gateway.identifies),
        "resumes": server.gateway.resumes,
        "commands": [c["name"] for c in server.commands.get(None, [])],
        "deduplicated": server.deduplicated,
        "violations": server.violations,
        "unknown_members": sorted(server.unknown_members),
        "calls": [
            {"method": c.method, "path": c.path, "route": c.route, "status": c.status, "at": c.time}
            for c in server.calls
        ],
        "channels": [
            {
                "id": channel.id,
                "kind": channel.kind,
                "name": channel.name,
                "parent_id": channel.parent_id,
                "recipient_id": channel.recipient and channel.recipient.id,
                "messages": [_message(m) for m in channel.posts],
            }
            for channel in server.channels.values()
        ],
        "interactions": [_interaction(i) for i in server.interactions.values()],
    }


def _message(message: Message) -> dict[str, Any]:
    return {
        "id": message.id,
        "author_id": message.author.id,
        "text": message.text,
        "history": message.history,
        "nonce": message.nonce,
        "pings": sorted(message.pings),
        "custom_ids": message.custom_ids,
        "loading": message.is_loading,
        "interaction_id": message.interaction_id,
        "attachments": [
            {"filename": a.filename, "bytes": len(a.data), "url": a.url}
            for a in message.attachments
        ],
    }


def _interaction(interaction: Interaction) -> dict[str, Any]:
    return {
        "id": interaction.id,
        "acknowledged_after": interaction.acknowledged_after,
        "original_id": interaction.original_id,
        "answers": [_message(m) for m in interaction.answers],
    }


def add_control(app: web.Application, server: DiscordServer) -> None:
    """Add the routes."""
    uploads: dict[str, Upload] = {}

    async def guild(name: str = "Studio", **facts: Any) -> dict[str, Any]:
        return {"id": server.add_guild(name, **facts).id}

    async def channel(guild_id: int, **facts: Any) -> dict[str, Any]:
        return {"id": server.add_channel(server.guilds[guild_id], **facts).id}

    async def user(**facts: Any) -> dict[str, Any]:
        return {"id": server.add_user(**facts).id}

    async def upload(filename: str, **facts: Any) -> dict[str, Any]:
        data = base64.b64decode(facts.pop("base64"))
        uploads[filename] = Upload(filename=filename, data=data, **facts)
        return {"file": filename}

    async def use(
        command: str, channel_id: int, user_id: int, options: dict[str, Any]
    ) -> dict[str, Any]:
        filled = {
            key: uploads[value["file"]] if isinstance(value, dict) else value
            for key, value in options.items()
        }
        place, person = server.channels[channel_id], server.users[user_id]
        done = await server.use(command, channel=place, user=person, **filled)
        return {"id": done.id}

    async def press(
        message_id: int, custom_id: str, channel_id: int, user_id: int
    ) -> dict[str, Any]:
        place, person = server.channels[channel_id], server.users[user_id]
        message = server.message(message_id)
        done = await server.press(message, custom_id, channel=place, user=person)
        return {"id": done.id}

    async def fail(method: str, path: str, fault: list[Any], **when: Any) -> dict[str, Any]:
        name, *arguments = fault
        server.fail(method, path, FAULTS[name](*arguments), **when)
        return {}

    async def heal() -> dict[str, Any]:
        server.rules.clear()
        return {}

    async def drop(code: int | None = None, *, forget: bool = False) -> dict[str, Any]:
        await server.gateway.drop(code=code, forget=forget)
        return {}

    actions = {f.__name__: f for f in (guild, channel, user, upload, use, press, fail, heal, drop)}

    async def act(request: web.Request) -> web.Response:
        action = actions.get(request.match_info["action"])
        if action is None:
            raise web.HTTPNotFound
        try:
            return web.json_response(await action(**json.loads(await request.read() or b"{}")))
        except (KeyError, LookupError, TypeError, ValueError) as exc:
            return web.Response(status=400, text=f"{type(exc).__name__}: {exc}\n")

    async def look(_: web.Request) -> web.Response:
        return web.json_response(describe(server))

    app.router.add_get("/_control", look)
    app.router.add_post("/_control/{action}", act)
