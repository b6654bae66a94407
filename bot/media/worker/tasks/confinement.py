"""Trying what a process that reads strangers' files must not be able to do; nothing is harmed."""

from __future__ import annotations

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def run(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Tell for each of ``bot.media.confinement.PROMISES`` whether the system keeps it."""
    del arguments
    parent = os.getppid()
    return {
        "files": _is_refused(lambda: list(Path("/").iterdir()))
        and _is_refused(_open_itself_for_writing),
        "network": _is_refused(lambda: socket.socket().close()),
        "processes": _is_refused(_fork) and _cannot_execute(),
        "signals": _is_refused(lambda: os.kill(parent, 0)),
        "inspection": all(
            _is_refused(Path(f"/proc/{parent}/{name}").read_bytes) for name in ("environ", "mem")
        )
        and _is_refused(lambda: list(Path(f"/proc/{parent}/fd").iterdir())),
        "limits": _has_limits(),
    }


def _is_refused(attempt: Callable[[], object]) -> bool:
    try:
        attempt()
    except (AttributeError, NotImplementedError):  # Python has no such thing here; others may
        return False
    except OSError:
        return True
    return False


def _open_itself_for_writing() -> None:
    os.close(os.open(__file__, os.O_WRONLY))


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    with suppress(ChildProcessError):
        os.waitpid(child, 0)


def _cannot_execute() -> bool:
    try:
        os.execv("/", ["/"])  # noqa: S606 - a folder: if this were allowed, it would still fail
    except OSError as exc:
        return exc.errno == errno.ENOSYS
    return False


def _has_limits() -> bool:
    try:
        import resource
    except ImportError:  # Windows
        return False
    wanted = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)
    return all(resource.getrlimit(limit)[1] != resource.RLIM_INFINITY for limit in wanted)
