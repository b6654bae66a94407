"""The floor: HTTP spoken by hand over asyncio transports, with requests made beforehand.

It does what no program should: it trusts every answer to be one of the answerer's. What it still
does is what has to be done: send a request, find the body, read its JSON, look at the status.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, cast

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable


def request_for(port: int, name: str) -> bytes:
    """Return the bytes of one look at a task."""
    return (
        f"GET /v1/tasks/{name} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Authorization: Bearer bench.key\r\nX-Runway-Version: 2024-11-06\r\n"
        "Accept: application/json\r\nAccept-Encoding: identity\r\n\r\n"
    ).encode()


class Line(asyncio.Protocol):
    """One kept connection; ``on_answer`` is called with it when it is free again."""

    def __init__(self, on_answer: Callable[[Line], None]) -> None:
        self._on_answer = on_answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.send = cast("asyncio.Transport", transport).write

    def data_received(self, data: bytes) -> None:
        """Read one answer, which comes in one piece."""
        head, _, body = data.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200 ") or orjson.loads(body)["status"] != "RUNNING":
            raise RuntimeError(f"not an answer of the answerer: {data!r}")
        self._on_answer(self)


class Bare:
    """Polls many tasks every ``gap_seconds``, from one timer."""

    SLOT_SECONDS = 0.01

    def __init__(self, *, port: int, names: list[str], gap_seconds: float, lines: int = 32) -> None:
        self._port = port
        self._count = lines
        slots = round(gap_seconds / self.SLOT_SECONDS)
        self._ring: list[list[bytes]] = [[] for _ in range(slots)]
        for number, name in enumerate(names):
            self._ring[number * slots // len(names)].append(request_for(port, name))
        self._free: list[Line] = []
        self._due: deque[bytes] = deque()
        self.polls = 0

    async def start(self) -> None:
        """Connect, and poll from now on."""
        loop = asyncio.get_running_loop()
        self._loop = loop
        for _ in range(self._count):
            _, line = await loop.create_connection(
                lambda: Line(self._answered), "127.0.0.1", self._port
            )
            self._free.append(line)
        self._at = loop.time()
        self._slot = 0
        self._tick()

    def _tick(self) -> None:
        self._due.extend(self._ring[self._slot])
        self._slot = (self._slot + 1) % len(self._ring)
        while self._due and self._free:
            self._free.pop().send(self._due.popleft())
        self._at += self.SLOT_SECONDS
        self._loop.call_at(self._at, self._tick)

    def _answered(self, line: Line) -> None:
        self.polls += 1
        if self._due:
            line.send(self._due.popleft())
        else:
            self._free.append(line)
