"""The gateway: one WebSocket per shard, with sessions that can be resumed.

Source: https://docs.discord.com/developers/events/gateway
"""

from __future__ import annotations

import asyncio
import json
import secrets
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import WSCloseCode, WSMsgType, web

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fakes.server import DiscordServer

DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = (
    0,
    1,
    2,
    6,
    7,
    9,
    10,
    11,
)
PRIVILEGED_INTENTS = 1 << 1 | 1 << 8 | 1 << 15
GUILDS_INTENT, GUILD_MESSAGES_INTENT = 1 << 0, 1 << 9


@dataclass(kw_only=True)
class Session:
    """What survives a lost connection: the number of the last event, and the events."""

    id: str = field(default_factory=lambda: secrets.token_hex(16))
    shard: tuple[int, int] = (0, 1)
    intents: int = 0
    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    socket: Connection | None = None

    def covers(self, guild_id: int | None) -> bool:
        """Tell whether events of this guild (``None``: direct messages) go to this shard."""
        return self.shard[0] == ((guild_id or 0) >> 22) % self.shard[1]


class Connection:
    """One WebSocket with its own compression context."""

    def __init__(self, socket: web.WebSocketResponse, compress: str | None) -> None:
        self.socket = socket
        self.compression = compress
        self._encode = _encoder(compress)
        self._lock = asyncio.Lock()

    async def send(self, op: int, data: Any, seq: int | None = None, event: str = "") -> None:
        """Send one payload."""
        text = json.dumps({"op": op, "d": data, "s": seq, "t": event or None})
        async with self._lock:
            if self.socket.closed:
                return
            if self.compression is None:
                await self.socket.send_str(text)
            else:
                await self.socket.send_bytes(self._encode(text.encode()))

    def cut(self) -> None:
        """End the TCP connection without a closing handshake."""
        request = self.socket._req
        if request is not None and request.transport is not None:
            request.transport.abort()


def _encoder(compress: str | None) -> Callable[[bytes], bytes]:
    if compress == "zlib-stream":
        context = zlib.compressobj()
        return lambda data: context.compress(data) + context.flush(zlib.Z_SYNC_FLUSH)
    if compress == "zstd-stream":
        import zstandard

        stream = zstandard.ZstdCompressor().compressobj()
        block = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return lambda data: stream.compress(data) + stream.flush(block)
    return lambda data: data


class Gateway:
    """All sessions of the bot.

    Attributes:
        detour: The shard to which every event goes, whatever its guild, as when the number of
            shards is being changed; ``None``: to its own.
        refuses: Whether new connections are refused, as in an outage.
    """

    def __init__(self, server: DiscordServer) -> None:
        self._server = server
        self.sessions: dict[str, Session] = {}
        self.identifies: list[dict[str, Any]] = []
        self.resumes = 0
        self.heartbeats = 0
        self.detour: int | None = None
        self.refuses = False
        self._connections: set[Connection] = set()

    @property
    def ready(self) -> list[Session]:
        """The sessions with a living connection."""
        return [s for s in self.sessions.values() if s.socket and not s.socket.socket.closed]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Handle one connection until it closes; none while it ``refuses``."""
        if self.refuses:
            return web.Response(status=503)
        socket = web.WebSocketResponse(compress=False, max_msg_size=4096)
        await socket.prepare(request)
        connection = Connection(socket, request.query.get("compress"))
        self._connections.add(connection)
        session: Session | None = None
        try:
            await connection.send(HELLO, {"heartbeat_interval": 41250, "_trace": []})
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    continue
                payload = json.loads(message.data)
                if payload["op"] == HEARTBEAT:
                    self.heartbeats += 1
                    await connection.send(ACK, None)
                elif payload["op"] == IDENTIFY:
                    session = await self._identify(connection, payload["d"])
                elif payload["op"] == RESUME:
                    session = await self._resume(connection, payload["d"])
                self._server.changed()
        finally:
            self._connections.discard(connection)
            if session is not None and session.socket is connection:
                session.socket = None
            self._server.changed()
        return socket

    async def _identify(self, connection: Connection, data: dict[str, Any]) -> Session | None:
        self.identifies.append(data)
        if data["token"] != self._server.token:
            await connection.socket.close(code=4004, message=b"Authentication failed.")
            return None
        if data["intents"] & PRIVILEGED_INTENTS:
            await connection.socket.close(code=4014, message=b"Disallowed intent(s).")
            return None
        shard = tuple(data.get("shard", (0, 1)))
        session = Session(shard=(shard[0], shard[1]), intents=data["intents"], socket=connection)
        for known in [s for s in self.sessions.values() if s.shard == session.shard]:
            del self.sessions[known.id]  # a new identify ends the shard's older session
        guilds = [g for g in self._server.guilds.values() if session.covers(g.id)]
        ready = {
            "v": 10,
            "user": self._server.bot.json,
            "guilds": [{"id": str(g.id), "unavailable": True} for g in guilds],
            "session_id": session.id,
            "resume_gateway_url": self._server.gateway_url,
            "shard": list(session.shard),
            "application": {"id": str(self._server.application_id), "flags": 0},
        }
        await self._emit(session, "READY", ready)
        for guild in guilds:
            await self._emit(session, "GUILD_CREATE", self._server.guild_json(guild))
        self.sessions[session.id] = session
        return session

    async def _resume(self, connection: Connection, data: dict[str, Any]) -> Session | None:
        session = self.sessions.get(data["session_id"])
        if session is None:
            await connection.send(INVALID_SESSION, False)
            return None
        self.resumes += 1
        session.socket = connection
        for seq, (event, body) in enumerate(session.events[data["seq"] :], data["seq"] + 1):
            await connection.send(DISPATCH, body, seq, event)
        await self._emit(session, "RESUMED", {})
        return session

    async def _emit(self, session: Session, event: str, data: dict[str, Any]) -> None:
        session.events.append((event, data))
        if session.socket is not None:
            await session.socket.send(DISPATCH, data, len(session.events), event)

    async def dispatch(self, event: str, data: dict[str, Any], guild_id: int | None) -> int:
        """Send an event to the shard it belongs to; kept for a resume when that is away.

        Returns how many sessions it went to: 0 means that nobody will ever see it.
        """
        sessions = [s for s in self.sessions.values() if s.covers(guild_id)]
        if self.detour is not None:
            sessions = [s for s in self.sessions.values() if s.shard[0] == self.detour]
        for session in sessions:
            await self._emit(session, event, data)
        return len(sessions)

    async def drop(self, *, code: int | None = None, forget: bool = False) -> None:
        """Close every connection: with ``code``, or (``None``) as a network failure does.

        With ``forget`` the sessions cannot be resumed.
        """
        if forget:
            self.sessions.clear()
        for connection in list(self._connections):
            if code is None:
                connection.cut()
            else:
                await connection.socket.close(code=code)

    async def ask_to_reconnect(self) -> None:
        """Tell every connection to reconnect (opcode 7), as Discord does several times a day."""
        for connection in list(self._connections):
            await connection.send(RECONNECT, None)

    async def close(self) -> None:
        """Close what is left."""
        for connection in list(self._connections):
            await connection.socket.close(code=WSCloseCode.GOING_AWAY)
