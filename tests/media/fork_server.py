"""The process that forks those of ``forked.py``: ``python -m tests.media.fork_server LISTENER``.

Whoever connects says how many seconds the work may take, and then what ``worker_main.py`` is told.
The answer is the exit status, or ``killed``, and what was printed. It ends with its input.
"""

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
from contextlib import suppress

from bot.media.worker import tasks, worker_main


class Work:
    """A process that does what somebody asked for, who waits at ``connection``."""

    def __init__(self, connection):
        self.connection = connection
        with connection.makefile("rb") as asked:
            seconds, request = float(asked.readline()), json.loads(asked.readline())
        self.deadline = time.monotonic() + seconds
        self.printed = b""
        request["confinement"]["parent"] = os.getpid()
        told, self._tell = os.pipe()
        self.output, answer = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            try:
                become_worker(told, answer)
            finally:
                os._exit(1)
        os.close(told)
        os.close(answer)
        os.write(self._tell, json.dumps(request).encode() + b"\n")

    def goes_on(self, ready):
        """Read what it prints; once it has ended, or has to, tell that and return ``False``."""
        is_over = self.connection in ready or time.monotonic() > self.deadline
        if is_over:
            os.kill(self._process, signal.SIGKILL)
        elif self.output not in ready:
            return True
        elif part := os.read(self.output, 65536):
            self.printed += part
            return True
        status = os.waitstatus_to_exitcode(os.waitpid(self._process, 0)[1])
        with suppress(OSError), self.connection:
            line = b"killed" if is_over else b"%d" % status
            self.connection.sendall(line + b"\n" + self.printed)
        os.close(self._tell)
        os.close(self.output)
        return False


def become_worker(told, answer):
    """Be such a process as the program starts."""
    os.setsid()
    os.dup2(told, 0)
    os.dup2(answer, 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    os.closerange(3, 256)
    os.write(1, json.dumps(worker_main.main()).encode())
    os._exit(0)


def serve(listener):
    """Do all that is asked for, as much at once as is asked for at once."""
    works, ready = [], []
    while sys.stdin not in ready:
        if listener in ready:
            works.append(Work(listener.accept()[0]))
        works = [work for work in works if work.goes_on(ready)]
        awaited = [part for work in works for part in (work.output, work.connection)]
        left = min([work.deadline - time.monotonic() for work in works], default=None)
        ready = select.select(
            [listener, sys.stdin, *awaited], [], [], None if left is None else max(left, 0)
        )[0]


if __name__ == "__main__":
    gc.disable()
    for task in pkgutil.iter_modules(tasks.__path__):
        importlib.import_module(f"{tasks.__name__}.{task.name}")
    serve(socket.socket(fileno=int(sys.argv[1])))
