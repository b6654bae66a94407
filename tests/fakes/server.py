"""The local Discord itself."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self

from aiohttp import web

from tests.fakes import answers, channels, registry, views
from tests.fakes.calls import Call
from tests.fakes.control import add_control
from tests.fakes.description import Description
from tests.fakes.errors import ApiError, invalid
from tests.fakes.faults import Fault, Rule
from tests.fakes.gateway import GUILD_MESSAGES_INTENT, Gateway
from tests.fakes.messages import message_json
from tests.fakes.people import People
from tests.fakes.world import (
    BOT_PERMISSIONS,
    DM,
    Attachment,
    Channel,
    Guild,
    Interaction,
    Message,
    User,
    new_id,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

API = "/api/v10"
LOOK_SECONDS = 0.02
LARGEST_REQUEST = 512 * 1024 * 1024
TABLES = (answers.routes, channels.routes, registry.routes)


class DiscordServer(People):
    """A Discord on a loopback socket: gateway, REST and CDN, for one bot.

    Lead discord.py to it with ``discord.http.Route.BASE = server.api_url`` and
    ``discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(server.gateway_url)``.

    Attributes:
        calls: Every REST request, oldest first, whatever became of it.
        violations: Request bodies that Discord's API description does not allow.
        unknown_members: Members of bodies that the description does not know.
        deduplicated: Messages that were asked for again with a known nonce.
        nonce_window_seconds: How long a nonce is remembered.
        ack_seconds: How long after its event an interaction can be answered first.
        cdn_url: What attachment addresses begin with; set it before uploading to have them
            name another host (and lead that host here).
        files_open: Cleared, files are answered only once it is set again.
    """

    def __init__(
        self,
        *,
        token: str = "local.discord.token",  # noqa: S107 - of nobody
        port: int = 0,
        nonce_window_seconds: float = 300,
        ack_seconds: float = 3,
    ) -> None:
        self.token = token
        self.nonce_window_seconds = nonce_window_seconds
        self.ack_seconds = ack_seconds
        self.recommended_shards = 1
        self.application_id = new_id()
        self.bot = User(id=self.application_id, name="restyle", bot=True)
        self.owner = User(name="operator")
        self.users: dict[int, User] = {u.id: u for u in (self.bot, self.owner)}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.files: dict[str, Attachment] = {}
        self.interactions: dict[int, Interaction] = {}
        self.commands: dict[int | None, list[dict[str, Any]]] = {}
        self.nonces: dict[tuple[int, str], tuple[Message, float]] = {}
        self.calls: list[Call] = []
        self.rules: list[Rule] = []
        self.violations: list[str] = []
        self.unknown_members: set[str] = set()
        self.deduplicated = 0
        self.gateway = Gateway(self)
        self.description = Description.load()
        self.files_open = asyncio.Event()
        self.files_open.set()
        self._port = port
        self._closing = asyncio.Event()
        self._change = asyncio.Event()
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/attachments/{channel}/{id}/{name}", self._serve_file)
        app.router.add_route("*", API + "/{path:.*}", self._serve)
        add_control(app, self)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.origin = f"http://127.0.0.1:{self._port}"
        self.cdn_url = self.origin
        self.api_url = self.origin + API
        self.gateway_url = f"ws://127.0.0.1:{self._port}/gateway"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._closing.set()
        await self.gateway.close()
        await self._runner.cleanup()

    # -- what tests set up ------------------------------------------------------------------

    def add_guild(self, name: str = "Studio", **facts: Any) -> Guild:
        """Make a guild. Before the bot connects: it learns of guilds when it identifies."""
        guild = Guild(name=name, **facts)
        self.guilds[guild.id] = guild
        return guild

    def add_channel(self, guild: Guild, name: str = "clips", **facts: Any) -> Channel:
        """Make a channel in a guild; before the bot connects, or unknown to its cache."""
        channel = Channel(guild_id=guild.id, name=name, **facts)
        self.channels[channel.id] = channel
        return channel

    def add_user(self, name: str = "mira", **facts: Any) -> User:
        """Make a person."""
        user = User(name=name, **facts)
        self.users[user.id] = user
        return user

    def fail(self, method: str, path: str, fault: Fault, **when: Any) -> Rule:
        """Make requests fail; ``when`` as in :class:`tests.fakes.faults.Rule`."""
        rule = Rule(method=method, path=path, fault=fault, **when)
        self.rules.append(rule)
        return rule

    async def delete_channel(self, channel: Channel) -> None:
        """Delete a channel or thread, as a moderator does."""
        del self.channels[channel.id]
        await self.announce_channel("DELETE", channel)

    async def until(self, condition: Callable[[], Any], *, seconds: float = 60) -> Any:
        """Wait until ``condition()`` is true; return its value.

        It is asked again after every event here, and now and then between them, because what
        the bot does with an answer is not seen from here.

        Raises:
            TimeoutError: It did not become true in time.
        """
        async with asyncio.timeout(seconds):
            while not (value := condition()):
                self._change.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._change.wait(), LOOK_SECONDS)
        return value

    def changed(self) -> None:
        """Wake everybody in :meth:`until`."""
        self._change.set()

    # -- what tests and routes look at ------------------------------------------------------

    def message(self, message_id: int) -> Message:
        """Return a message, wherever it is."""
        for holder in (*self.channels.values(), *self.interactions.values()):
            if message_id in holder.messages:
                return holder.messages[message_id]
        raise KeyError(message_id)

    def threads_of(self, channel: Channel) -> list[Channel]:
        """Return the threads of a channel, oldest first."""
        return [c for _, c in sorted(self.channels.items()) if c.parent_id == channel.id]

    def calls_of(self, method: str, path: str = "**") -> list[Call]:
        """Return the requests with this method and path (patterns as in a rule)."""
        rule = Rule(method=method, path=path, fault=Fault(), times=None)
        return [call for call in self.calls if rule.takes(call.method, call.path, set())]

    def bot_permissions(self, channel: Channel) -> int:
        """Return what the bot may do in a channel."""
        guild = self.guilds.get(channel.guild_id or 0)
        return (guild.bot_permissions if guild else BOT_PERMISSIONS) & ~channel.denied

    def upload_limit_bytes(self, channel: Channel) -> int:
        """Return how large a file may be in a channel."""
        guild = self.guilds.get(channel.guild_id or 0)
        return (guild or Guild(name="direct message")).upload_limit_bytes

    def dm_with(self, user: User) -> Channel:
        """Return the direct conversation between the bot and ``user``; make it if missing."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(kind=DM, name="", recipient=user)
        self.channels[channel.id] = channel
        return channel

    def store_file(
        self,
        channel_id: int,
        filename: str,
        data: bytes,
        **facts: Any,
    ) -> Attachment:
        """Put a file on the CDN."""
        file = Attachment(filename=filename, data=data, url="", **facts)
        path = f"/attachments/{channel_id}/{file.id}/{filename}"
        expires = int(time.time()) + 24 * 3600
        file.url = f"{self.cdn_url}{path}?ex={expires:x}&is={expires - 86400:x}&hm={'0' * 64}&"
        self.files[path] = file
        return file

    def channel_json(self, channel: Channel) -> dict[str, Any]:
        """Return the channel object."""
        return views.channel_json(self, channel)

    def guild_json(self, guild: Guild) -> dict[str, Any]:
        """Return the guild as GUILD_CREATE brings it."""
        return views.guild_json(self, guild)

    async def announce_channel(self, what: str, channel: Channel) -> None:
        """Send CHANNEL_* or THREAD_* for a change."""
        body = self.channel_json(channel)
        if what == "CREATE":
            body["newly_created"] = True
        kind = "THREAD" if channel.is_thread else "CHANNEL"
        await self.gateway.dispatch(f"{kind}_{what}", body, channel.guild_id)

    async def announce_message(self, message: Message) -> None:
        """Send MESSAGE_CREATE to the sessions that asked for messages."""
        if any(s.intents & GUILD_MESSAGES_INTENT for s in self.gateway.ready):
            body = message_json(self, message)
            guild_id = self.channels[message.channel_id].guild_id
            body["guild_id"] = str(guild_id)
            await self.gateway.dispatch("MESSAGE_CREATE", body, guild_id)

    # -- REST --------------------------------------------------------------------------------

    async def _serve_file(self, request: web.Request) -> web.Response:
        await self.files_open.wait()
        file = self.files.get(request.path)
        if file is None:
            return web.Response(status=404, text="This content is no longer available.")
        kind = file.content_type or mimetypes.guess_type(file.filename)[0]
        return web.Response(body=file.data, content_type=kind or "application/octet-stream")

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        call = Call(
            method=request.method,
            path=request.path.removeprefix(API),
            query=request.query,
            authorised=request.headers.get("Authorization") == f"Bot {self.token}",
        )
        self.calls.append(call)
        try:
            await _read(request, call)
            places = set(self._places(call))
            takes = (r for r in self.rules if r.takes(call.method, call.path, places, call.body))
            rule = next(takes, None)
            fault = rule.fault if rule else Fault()
            response: web.Response | None = None
            if rule is None or fault.carried_out:
                response = await self._answer(call)
            if fault.hang:
                await self._closing.wait()
            if fault.lost or fault.hang:
                if request.transport is not None:
                    request.transport.abort()
                raise asyncio.CancelledError
            if fault.status is not None:
                response = _faulty(fault)
            assert response is not None
            call.status = response.status
            return response
        finally:
            self.changed()

    async def _answer(self, call: Call) -> web.Response:
        for table in TABLES:
            found = table.find(call.method, call.path)
            if found is None:
                continue
            handler, call.ids = found
            if table.needs_token and not call.authorised:
                return _json({"message": "401: Unauthorized", "code": 0}, status=401)
            try:
                self._check(call)
                result = await handler(self, call)
            except ApiError as exc:
                return _json(exc.body, status=exc.status)
            if result is None:
                return web.Response(status=204)
            return _json(result)
        self.violations.append(f"no such route here: {call.method} {call.path}")
        return _json({"message": "404: Not Found", "code": 0}, status=404)

    def _check(self, call: Call) -> None:
        if self.description is None or call.json is None:
            return
        problem = self.description.problem(call.method, call.path, call.json)
        if problem:
            self.violations.append(problem)
            raise invalid("body", problem)
        unknown = self.description.unknown_members(call.method, call.path, call.json)
        self.unknown_members.update(f"{call.route}: {name}" for name in unknown)

    def _places(self, call: Call) -> Iterator[int]:
        parts = call.path.split("/")
        channel_id = int(parts[2]) if parts[1] == "channels" and parts[2].isdigit() else 0
        if parts[1] in {"interactions", "webhooks"}:
            tokens = (i for i in self.interactions.values() if i.token == parts[3])
            channel_id = next((i.channel_id for i in tokens), 0)
        if call.path == "/users/@me/channels":
            yield int(call.body.get("recipient_id", 0))
        channel = self.channels.get(channel_id)
        if channel is not None:
            yield channel.id
            yield from filter(None, (channel.parent_id, channel.recipient and channel.recipient.id))


async def _read(request: web.Request, call: Call) -> None:
    if request.content_type == "multipart/form-data":
        async for part in await request.multipart():
            data = bytes(await part.read(decode=False))
            if part.name == "payload_json":
                call.json = json.loads(data)
            else:
                call.files[part.name] = (part.filename or "unknown", data)
    elif request.can_read_body:
        text = await request.text()
        call.json = json.loads(text) if text else None


def _faulty(fault: Fault) -> web.Response:
    assert fault.status is not None
    if isinstance(fault.body, str):
        return web.Response(
            status=fault.status, text=fault.body, content_type="text/html", headers=fault.headers
        )
    return _json(fault.body, status=fault.status, headers=fault.headers)


def _json(body: Any, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # discord.py takes it for JSON only without a charset
    answer = web.Response(body=json.dumps(body).encode(), status=status, headers=headers)
    answer.headers["Content-Type"] = "application/json"
    return answer
