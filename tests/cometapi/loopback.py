"""A server on this machine that can misbehave in any way TCP allows."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from multidict import CIMultiDict


@dataclass
class Request:
    method: str
    path: str
    headers: CIMultiDict
    body: bytes
    connection: int


@dataclass
class Loopback:
    port: int = 0
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/runwayml/v1"


async def read_request(reader, connection):
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    headers = CIMultiDict(line.split(": ", 1) for line in lines)
    body = await reader.readexactly(int(headers.get("Content-Length", 0)))
    return Request(*first.split()[:2], headers, body, connection)


@asynccontextmanager
async def loopback(behave):
    """Serve; ``behave(request, writer)`` answers, and returns whether to keep the connection."""
    server = Loopback()
    handlers = set()

    async def handle(reader, writer):
        handlers.add(asyncio.current_task())
        server.connections += 1
        connection = server.connections
        try:
            while True:
                request = await read_request(reader, connection)
                server.requests.append(request)
                if not await behave(request, writer):
                    break
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            handlers.discard(asyncio.current_task())
            writer.close()

    listener = await asyncio.start_server(handle, "127.0.0.1", 0, limit=2**23)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        waiting = list(handlers)
        for handler in waiting:
            handler.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await listener.wait_closed()


def http(status, body=b"", *, headers=(), keep=True):
    """Make a behaviour that answers once per request."""
    lines = [f"HTTP/1.1 {status} X", *headers, f"Content-Length: {len(body)}"]

    async def behave(_request, writer):
        writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await writer.drain()
        return keep

    return behave
