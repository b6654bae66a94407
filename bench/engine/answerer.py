"""A provider that answers as fast as asyncio can: ``python -m bench.engine.answerer CORE``.

It prints its port. The id of a task says by itself when the task ends (see :func:`task_id`), so
nothing is remembered and every answer costs the same.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Final, cast

_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
    b"Server: nginx\r\nX-Oneapi-Request-Id: 20260101000000000000000abcdef\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
_CREATED_AT: Final = b'"createdAt":"2026-01-01T00:00:00.000Z"'
_NEVER: Final = 10**15


def task_id(number: int, ends_at: float | None = None) -> str:
    """Return the id of a task that ends at ``ends_at`` (``time.monotonic()``; ``None``: never)."""
    milliseconds = _NEVER if ends_at is None else round(ends_at * 1000)
    return f"{number:08d}-{milliseconds:016d}"


def _answer(body: bytes) -> bytes:
    return _HEAD % (len(body), body)


class Answerer(asyncio.Protocol):
    """One connection; a client sends its next request after the answer to the last."""

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer a request once it is whole."""
        if self._buffer:
            data = self._buffer + data
        if data.startswith(b"GET "):
            if data.endswith(b"\r\n\r\n"):
                self._buffer = b""
                self._look(data)
            else:
                self._buffer = data
            return
        head, end, body = data.partition(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if not end or len(body) < int(length or 0):
            self._buffer = data
            return
        self._buffer = b""
        name = task_id(0).encode()
        cost = b'"estimatedCost":{"credits":75}'
        self._transport.write(_answer(b'{"id":"%s",%s}' % (name, cost)))

    def _look(self, request: bytes) -> None:
        path = request[4 : request.index(b" ", 4)]
        if b"/tasks/" not in path:  # what the account has left, for one
            self._transport.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
            return
        name = path[path.rindex(b"/") + 1 :]
        if time.monotonic() * 1000 < int(name[9:] or _NEVER):
            rest = b'"status":"RUNNING","progress":0.4'
        else:
            rest = (
                b'"status":"SUCCEEDED","output":["https://example.com/output.mp4"],'
                b'"cost":{"credits":75}'
            )
        self._transport.write(_answer(b'{"id":"%s",%s,%s}' % (name, _CREATED_AT, rest)))


async def serve() -> None:
    """Answer until SIGTERM."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    server = await loop.create_server(Answerer, "127.0.0.1", 0, backlog=4096)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await stopped.wait()


if __name__ == "__main__":
    os.sched_setaffinity(0, {int(sys.argv[1])})
    asyncio.run(serve())
