"""Fork server: has imported everything once, and forks a process whenever one is wanted.

``python -m bench.chaos.forkserver`` reads one line of JSON per wanted process from standard input
and writes what becomes of them as lines of JSON. A fork takes milliseconds where the imports of a
fresh interpreter take a second, which is what makes hundreds of kills affordable. Processes share
nothing but the imported modules. When standard input ends, all of them are killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
import os
import selectors
import signal
import sys
import tempfile
import traceback
from typing import TYPE_CHECKING, Any

from bench.chaos import worker
from bench.chaos.process_spec import ACCESS_TOKEN, ProcessSpec
from sandbox.cometapi import StandIn
from tests.fakes.server import DiscordServer

if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[..., None]

TASK_SECONDS = 0.25
"""How long the provider works on a task."""


def tell(**facts: Any) -> None:  # noqa: ANN401 - any JSON
    """Write one line of news; short enough to stay whole among other processes' lines."""
    os.write(1, json.dumps(facts).encode() + b"\n")


async def _until_stopped() -> None:
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    await stopped.wait()


async def _be_discord(wish: dict[str, Any], on_ready: Tell) -> None:
    async with DiscordServer(**wish["options"]) as server:
        on_ready(origin=server.origin, api_url=server.api_url, token=server.token)
        await _until_stopped()


async def _be_provider(_: dict[str, Any], on_ready: Tell) -> None:
    async with StandIn(
        task_seconds=TASK_SECONDS, check_assets=False, restyles=False, access_token=ACCESS_TOKEN
    ) as standin:
        on_ready(origin=standin.origin, base_url=standin.base_url)
        await _until_stopped()


async def _be_worker(wish: dict[str, Any], on_ready: Tell) -> None:
    await worker.live(ProcessSpec.from_json(wish["spec"]), on_ready)


_KINDS = {"discord": _be_discord, "provider": _be_provider, "worker": _be_worker}


def _live(wish: dict[str, Any]) -> int:
    """Be the child; return the exit code."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    os.dup2(log, 2)
    tempfile.tempdir = wish["temporary"]
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO,
        format=f"%(asctime)s {os.getpid()} %(levelname)s %(name)s: %(message)s",
    )

    def on_ready(**facts: Any) -> None:  # noqa: ANN401 - any JSON
        tell(id=wish["id"], event="ready", **facts)

    try:
        asyncio.run(_KINDS[wish["kind"]](wish, on_ready))
    except asyncio.CancelledError:
        return 0
    except BaseException:  # noqa: BLE001 - written down; nothing may get back into the fork server
        traceback.print_exc()
        return 1
    return 0


class _ForkServer:
    def __init__(self) -> None:
        self._children: dict[int, int] = {}
        self._rest = b""

    def run(self) -> None:
        awake, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        gc.freeze()
        tell(event="open")
        with selectors.DefaultSelector() as selector:
            selector.register(0, selectors.EVENT_READ)
            selector.register(awake, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fd == awake:
                        os.read(awake, 4096)
                        self._see()
                    elif not self._read():
                        return

    def _read(self) -> bool:
        data = os.read(0, 1 << 20)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._fork(json.loads(line))
        return bool(data)

    def _fork(self, wish: dict[str, Any]) -> None:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                code = _live(wish)
            finally:
                os._exit(code)
        self._children[pid] = wish["id"]
        tell(id=wish["id"], event="started", pid=pid)

    def _see(self) -> None:
        while self._children:
            pid, status = os.waitpid(-1, os.WNOHANG | os.WUNTRACED)
            if not pid:
                return
            if os.WIFSTOPPED(status):
                tell(id=self._children[pid], event="stopped")
                continue
            code = os.waitstatus_to_exitcode(status)
            tell(id=self._children.pop(pid), event="ended", code=code)

    def kill_all(self) -> None:
        for pid in self._children:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def main() -> None:
    """Bear processes until standard input ends."""
    forkserver = _ForkServer()
    try:
        forkserver.run()
    finally:
        forkserver.kill_all()


if __name__ == "__main__":
    main()
