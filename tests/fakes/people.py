"""What people do: use a command, press a button, send a form."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.messages import message_json
from tests.fakes.world import (
    Channel,
    Guild,
    Interaction,
    Message,
    Upload,
    User,
    new_id,
    walk,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.gateway import Gateway
    from tests.fakes.server import DiscordServer
    from tests.fakes.world import Attachment

COMMAND, COMPONENT, MODAL_SUBMIT = 2, 3, 5
STRING, INTEGER, BOOLEAN, CHANNEL_OPTION, NUMBER, ATTACHMENT = 3, 4, 5, 7, 10, 11


class People:
    """The half of :class:`tests.fakes.server.DiscordServer` that acts."""

    application_id: int
    guilds: dict[int, Guild]
    channels: dict[int, Channel]
    interactions: dict[int, Interaction]
    commands: dict[int | None, list[dict[str, Any]]]
    gateway: Gateway
    store_file: Callable[..., Attachment]
    channel_json: Callable[[Channel], dict[str, Any]]
    bot_permissions: Callable[[Channel], int]
    upload_limit_bytes: Callable[[Channel], int]

    def interaction(
        self,
        kind: int,
        data: dict[str, Any],
        *,
        channel: Channel,
        user: User,
        attachment_size_limit: int | None = None,
        locale: str = "en-US",
    ) -> dict[str, Any]:
        """Return a whole INTERACTION_CREATE payload.

        Args:
            attachment_size_limit: The greater of the server's and the user's upload limit, in
                bytes; ``None`` means that the user has no greater one.
        """
        limit = attachment_size_limit or self.upload_limit_bytes(channel)
        payload: dict[str, Any] = {
            "id": str(new_id()),
            "application_id": str(self.application_id),
            "type": kind,
            "token": secrets.token_urlsafe(48),
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "app_permissions": str(self.bot_permissions(channel)),
            "locale": locale,
            "entitlements": [],
            "attachment_size_limit": limit,
        }
        here = {**self.channel_json(channel), "permissions": str(user.permissions)}
        here.pop("permission_overwrites", None)
        payload["channel"] = here
        if channel.guild_id is None:
            return {
                **payload,
                "user": user.json,
                "context": 1,
                "authorizing_integration_owners": {"0": "0"},
            }
        guild_id = str(channel.guild_id)
        member = {**user.member_json, "user": user.json, "permissions": str(user.permissions)}
        return {
            **payload,
            "guild_id": guild_id,
            "guild": {"id": guild_id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": member,
            "context": 0,
            "authorizing_integration_owners": {"0": guild_id},
        }

    async def send(self, payload: dict[str, Any], *, user: User) -> Interaction:
        """Push an interaction to the bot; it is lost when no session exists.

        The same payload can be sent twice: Discord promises no exactly-once either.
        """
        interaction = self.interactions.setdefault(
            int(payload["id"]),
            Interaction(
                payload=payload,
                id=int(payload["id"]),
                token=payload["token"],
                channel_id=int(payload["channel_id"]),
                user=user,
                created_at=time.monotonic(),
            ),
        )
        guild_id = int(payload["guild_id"]) if "guild_id" in payload else None
        await self.gateway.dispatch("INTERACTION_CREATE", payload, guild_id)
        return interaction

    def command_payload(
        self,
        name: str,
        options: dict[str, Any],
        *,
        channel: Channel,
        user: User,
        attachment_size_limit: int | None = None,
    ) -> dict[str, Any]:
        """Return the payload of a registered slash command; an upload becomes an attachment.

        Raises:
            LookupError: The command is not registered here, or lacks such an option.
        """
        command = self._registered(name, channel)
        known = {option["name"]: option for option in command.get("options") or []}
        missing = [k for k, o in known.items() if o.get("required") and options.get(k) is None]
        if missing:
            raise LookupError(f"/{name} needs {missing}")
        resolved: dict[str, Any] = {}
        filled = []
        for key, value in options.items():
            if value is None:
                continue
            kind = known[key]["type"]
            choices = [choice["value"] for choice in known[key].get("choices") or []]
            if choices and value not in choices:
                raise LookupError(f"/{name} {key}: {value!r} is none of {choices}")
            if isinstance(value, Upload):
                file = self.upload(value, channel)
                resolved.setdefault("attachments", {})[str(file.id)] = file.json
                value = str(file.id)
            elif isinstance(value, Channel):
                body = {**self.channel_json(value), "permissions": "0"}
                resolved.setdefault("channels", {})[str(value.id)] = body
                value = str(value.id)
            filled.append({"name": key, "type": kind, "value": value})
        data = {"id": command["id"], "name": name, "type": 1, "options": filled}
        if resolved:
            data["resolved"] = resolved
        limit = attachment_size_limit
        return self.interaction(
            COMMAND, data, channel=channel, user=user, attachment_size_limit=limit
        )

    def upload(self, upload: Upload, channel: Channel) -> Attachment:
        """Put a person's file on the CDN as an ephemeral attachment, as slash commands do."""
        size = {"width": upload.width, "height": upload.height}
        extra = {key: value for key, value in size.items() if value is not None}
        if upload.duration_seconds is not None:
            extra["duration_secs"] = upload.duration_seconds
        return self.store_file(
            channel.id,
            upload.filename,
            upload.data,
            content_type=upload.content_type,
            size=len(upload.data) if upload.declared_bytes is None else upload.declared_bytes,
            ephemeral=True,
            extra=extra,
        )

    def _registered(self, name: str, channel: Channel) -> dict[str, Any]:
        offered = [*self.commands.get(channel.guild_id, []), *self.commands.get(None, [])]
        for command in offered:
            if command["name"] == name and command["type"] == 1:
                return command
        raise LookupError(f"/{name} is not registered, only {[c['name'] for c in offered]}")

    async def use(
        self,
        name: str,
        /,
        *,
        channel: Channel,
        user: User,
        attachment_size_limit: int | None = None,
        **options: Any,
    ) -> Interaction:
        """Use a slash command."""
        limit = attachment_size_limit
        payload = self.command_payload(
            name, options, channel=channel, user=user, attachment_size_limit=limit
        )
        return await self.send(payload, user=user)

    async def press(
        self,
        message: Message,
        custom_id: str,
        *,
        channel: Channel,
        user: User,
        **data: Any,
    ) -> Interaction:
        """Press a button or (with ``values=[...]``) choose in a select of ``message``."""
        item = next(i for i in walk(message.components) if i.get("custom_id") == custom_id)
        body = {"custom_id": custom_id, "component_type": item["type"], **data}
        payload = self.interaction(COMPONENT, body, channel=channel, user=user)
        payload["message"] = message_json(cast("DiscordServer", self), message)
        return await self.send(payload, user=user)

    async def submit(self, form: Interaction, fields: dict[str, Any]) -> Interaction:
        """Send the form that answered ``form``, with values by custom id.

        Raises:
            LookupError: The form has no such field.
        """
        assert form.data is not None
        channel = self.channels[form.channel_id]
        known = {item["custom_id"] for item in walk(form.data["components"]) if "custom_id" in item}
        if not fields.keys() <= known:
            raise LookupError(f"the form has only {sorted(known)}")
        components = [_submitted(item, fields) for item in form.data["components"]]
        body = {"custom_id": form.data["custom_id"], "components": components}
        payload = self.interaction(MODAL_SUBMIT, body, channel=channel, user=form.user)
        if "message" in form.payload:
            payload["message"] = form.payload["message"]
        return await self.send(payload, user=form.user)


def _submitted(item: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    sent = {"type": item["type"], "id": item.get("id", 0)}
    if "component" in item:
        return {**sent, "component": _submitted(item["component"], fields)}
    if "components" in item:
        return {**sent, "components": [_submitted(i, fields) for i in item["components"]]}
    if "custom_id" in item:
        sent["custom_id"] = item["custom_id"]
        value = fields.get(item["custom_id"], item.get("value", ""))
        sent["values" if isinstance(value, list) else "value"] = value
    return sent
