"""A pool whose processes are forked from one that has imported all that they need.

Starting one as the program does takes longer than looking into most of our clips. All else is as in
the program: each piece of work has a process of its own, which gives up the same rights, has the
same limits, and whose end costs nothing but its own file. Tests of what comes of a file use it;
those of where it is read start what the program starts.
"""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

from bot.media.process_pool import ProcessPool, _request

ROOT = Path(__file__).parents[2]


class ForkedPool(ProcessPool):
    """Runs tasks in processes that ``fork_server.py`` makes; a context manager."""

    def __enter__(self):
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            self._address = listener.getsockname()
            words = [sys.executable, "-EsB", "-m", "tests.media.fork_server"]
            self._server = subprocess.Popen(  # noqa: S603 - ours
                [*words, str(listener.fileno())],
                stdin=subprocess.PIPE,
                pass_fds=[listener.fileno()],
                cwd=ROOT,
            )
        return self

    def __exit__(self, *_):
        with self._server:  # closes its input and waits
            pass

    async def _run_child(self, task, arguments, limits):
        reader, writer = await asyncio.open_connection(*self._address)
        try:
            writer.write(b"%r\n" % limits.wall_seconds + _request(task, arguments, limits))
            status = await reader.readline()
            return await reader.read(), None if status == b"killed\n" else int(status)
        finally:
            writer.close()
            await writer.wait_closed()
