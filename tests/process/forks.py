"""Have the fork server start programs: the other end of ``forkserver.py``."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG")


def whole(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment with what any Python of this project needs."""
    kept = {key: os.environ[key] for key in KEPT if key in os.environ}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **environment}


async def _reader(pipe: IO[bytes]) -> asyncio.StreamReader:
    """Read a pipe until its other end closes."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    return reader


def _pipe() -> tuple[IO[bytes], int]:
    """Return both ends: ours to read, the other to hand over."""
    ours, theirs = os.pipe()
    return os.fdopen(ours, "rb", buffering=0), theirs


class Forked:
    """A forked program; what tests use of ``asyncio.subprocess.Process``."""

    def __init__(self, pid: int, stdout: asyncio.StreamReader, news: asyncio.StreamReader) -> None:
        self.pid = pid
        self.stdout = stdout
        self.returncode: int | None = None
        self._ended = asyncio.create_task(self._end(news))

    async def _end(self, news: asyncio.StreamReader) -> int:
        self.returncode = int(await news.readline())
        await news.read()  # to the end, which closes the pipe
        return self.returncode

    async def wait(self) -> int:
        """Wait for its end and return the exit code; of a signal it is minus its number."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal, if it still runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.send_signal(signal.SIGKILL)


class Forks:
    """The fork server: started when it is first needed, and ended by closing the socket to it."""

    def __init__(self) -> None:
        self._server: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def _open(self) -> socket.socket:
        if self._socket is None:
            self._socket, theirs = socket.socketpair()
            with theirs:
                self._server = subprocess.Popen(
                    [sys.executable, "-m", "tests.process.forkserver"],
                    cwd=ROOT,
                    env=whole({}),
                    stdin=theirs,
                    start_new_session=True,  # an interrupt is for us; we end the others
                )
        return self._socket

    async def start(
        self, arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path
    ) -> Forked:
        """Start ``python <arguments>`` with only this environment in ``folder``."""
        server = self._open()
        (output, its_output), (news, its_news) = _pipe(), _pipe()
        wish = {"arguments": arguments, "environment": environment, "folder": str(folder)}
        socket.send_fds(server, [json.dumps(wish).encode()], [its_output, its_news])
        os.close(its_output)
        os.close(its_news)
        pid = int(news.readline())  # at once, so that there is never more than one wish to read
        return Forked(pid, await _reader(output), await _reader(news))

    def close(self) -> None:
        """End the server, if it was started; by now its programs have ended."""
        if self._socket is not None and self._server is not None:
            self._socket.close()
            self._server.wait()


FORKS = Forks()
"""Of this process, closed at the end of its tests."""
