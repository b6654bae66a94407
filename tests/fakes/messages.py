"""Make and change messages, whoever sends them: the bot's token or an interaction's."""

from __future__ import annotations

import copy
import re
import time
from typing import TYPE_CHECKING, Any

from tests.fakes import limits
from tests.fakes.errors import ApiError, invalid
from tests.fakes.world import COMPONENTS_V2, Attachment, Message, timestamp, walk

if TYPE_CHECKING:
    from tests.fakes.calls import Call
    from tests.fakes.server import DiscordServer

SETTABLE_FLAGS = 1 << 2 | 1 << 6 | 1 << 12 | COMPONENTS_V2
_MENTION = re.compile(r"<@!?(\d+)>")


def fill(
    server: DiscordServer,
    message: Message,
    body: dict[str, Any],
    call: Call,
    *,
    limit_bytes: int,
    users_only: bool = False,
    notifies: bool = True,
) -> None:
    """Bring ``message`` to what ``body`` and the uploaded files say; all or nothing.

    Every edit decides anew who is mentioned; people are notified by the first content only.

    Raises:
        ApiError: Discord would refuse it; ``message`` is unchanged.
    """
    flags = message.flags | (int(body.get("flags") or 0) & SETTABLE_FLAGS)
    content = (body["content"] or "") if "content" in body else message.content
    embeds = (body["embeds"] or []) if "embeds" in body else message.embeds
    components = (body["components"] or []) if "components" in body else message.components
    attachments = _attachments(server, message, body, call, limit_bytes)
    limits.check_message(content, embeds, components, flags, [a.filename for a in attachments])
    allowed = body.get("allowed_mentions")
    message.mentions = _mentions(content, components, allowed, users_only=users_only)
    if notifies:
        message.pings = message.mentions
    message.content, message.embeds, message.flags = content, embeds, flags
    message.attachments = attachments
    message.components = _render(components, attachments)
    message.history.append(message.text)


def _attachments(
    server: DiscordServer, message: Message, body: dict[str, Any], call: Call, limit_bytes: int
) -> list[Attachment]:
    for name, data in call.files.values():
        if len(data) > limit_bytes:
            raise ApiError(413, 40005, "files", f"{name} is larger than {limit_bytes}")
    listed = body.get("attachments")
    if listed is None:
        listed = [{"id": a.id} for a in message.attachments]
        listed += [{"id": int(key[6:-1])} for key in call.files]
    uploads = {key[6:-1]: file for key, file in call.files.items()}
    kept = {str(a.id): a for a in message.attachments}
    result = []
    for entry in listed:
        key = str(entry["id"])
        if key in uploads:
            name, data = uploads.pop(key)
            description = entry.get("description")
            result.append(
                server.store_file(message.channel_id, name, data, description=description)
            )
        elif key in kept:
            result.append(kept[key])
        else:
            raise invalid("attachments", f"no file for id {key}")
    if uploads:
        raise invalid("attachments", "an uploaded file is not listed")
    return result


def _mentions(
    content: str,
    components: list[dict[str, Any]],
    allowed: dict[str, Any] | None,
    *,
    users_only: bool,
) -> frozenset[int]:
    text = content + " ".join(str(item.get("content", "")) for item in walk(components))
    mentioned = {int(found) for found in _MENTION.findall(text)}
    everyone = "@everyone" in text or "@here" in text
    if allowed is None:
        return frozenset(mentioned | ({0} if everyone and not users_only else set()))
    kinds = allowed.get("parse") or []
    if "users" in kinds and allowed.get("users"):
        raise invalid("allowed_mentions", 'parse:["users"] and users: [ids...] are exclusive.')
    if "users" not in kinds:
        mentioned &= {int(user_id) for user_id in allowed.get("users") or []}
    return frozenset(mentioned | ({0} if everyone and "everyone" in kinds else set()))


def _render(
    components: list[dict[str, Any]], attachments: list[Attachment]
) -> list[dict[str, Any]]:
    urls = {f"attachment://{a.filename}": a for a in attachments}
    rendered = copy.deepcopy(components)
    for number, item in enumerate(walk(rendered), 1):
        item.setdefault("id", number)
        for media in limits.media_of(item):
            file = urls.get(media["url"])
            if file is not None:
                media.update(
                    url=file.url,
                    proxy_url=file.url,
                    attachment_id=str(file.id),
                    content_type=file.json.get("content_type"),
                )
    return rendered


def edit(
    server: DiscordServer,
    message: Message,
    call: Call,
    *,
    limit_bytes: int,
    users_only: bool = False,
    notifies: bool = False,
) -> None:
    """Change a message that the bot wrote."""
    fill(
        server,
        message,
        call.body,
        call,
        limit_bytes=limit_bytes,
        users_only=users_only,
        notifies=notifies,
    )
    message.edited_at = time.time()


def message_json(server: DiscordServer, message: Message) -> dict[str, Any]:
    """Return the message object."""
    channel = server.channels.get(message.channel_id)
    body: dict[str, Any] = {
        "id": str(message.id),
        "channel_id": str(message.channel_id),
        "author": message.author.json,
        "type": message.kind,
        "content": message.content,
        "embeds": message.embeds,
        "components": message.components,
        "attachments": [a.json for a in message.attachments],
        "flags": message.flags,
        "timestamp": timestamp(message.created_at),
        "edited_timestamp": timestamp(message.edited_at),
        "mentions": [server.users[u].json for u in message.mentions if u in server.users],
        "mention_roles": [],
        "mention_everyone": 0 in message.mentions,
        "pinned": False,
        "tts": False,
    }
    if message.nonce is not None:
        body["nonce"] = message.nonce
    if message.reference_id is not None:
        body["message_reference"] = {
            "type": 0,
            "channel_id": str(message.channel_id),
            "message_id": str(message.reference_id),
        }
        referenced = channel.messages.get(message.reference_id) if channel else None
        body["referenced_message"] = message_json(server, referenced) if referenced else None
    if message.interaction_id is not None:
        interaction = server.interactions[message.interaction_id]
        body["application_id"] = body["webhook_id"] = str(server.application_id)
        body["interaction_metadata"] = {
            "id": str(interaction.id),
            "type": interaction.payload["type"],
            "user": interaction.user.json,
            "authorizing_integration_owners": {},
        }
    thread = server.channels.get(message.id)
    if thread is not None and thread.parent_id == message.channel_id:
        body["thread"] = server.channel_json(thread)
    return body
