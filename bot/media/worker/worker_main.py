"""The process that works on a stranger's file; ``bot/media/process_pool.py`` runs it.

It may be killed or taken over by what it reads, so it holds nothing: no secrets, no open
connection, and no right that its work does not need (``sandbox.py``).

It reads one line of JSON (task, arguments, limits, confinement) and prints one JSON object:
``{"done": {…}}``, ``{"unreadable": reason, "detail": …}``, ``{"error": name of a MediaError,
"detail": …}``, or ``{"failed": …}`` when it could not do its work.
"""

from __future__ import annotations

import errno
import gc
import importlib
import json
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from bot.errors import MediaError, MediaUnreadableError
from bot.media.worker.memory import collect_often, was_full, watch_memory
from bot.media.worker.sandbox import confine, offer_to_the_oom_killer, set_limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_FULL: Final = {errno.ENOSPC, errno.EDQUOT}


def lower_priority() -> None:
    """Let the bot go first where cores are few: people wait three seconds for its answer."""
    with suppress(AttributeError, OSError):  # Windows has no such thing
        os.nice(10)


def exit_on_stdin_close() -> None:
    """End this process when its input is closed: the bot is gone, and nobody reads the answer."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 1024):
                pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _read_line() -> bytes:
    line = bytearray()
    while not line.endswith(b"\n") and (byte := os.read(0, 1)):
        line += byte
    return bytes(line)


def main() -> dict[str, Any]:
    """Do what the parent asks for."""
    gc.disable()  # an eighth of the start: imports make thousands of objects that all stay
    lower_priority()
    offer_to_the_oom_killer()
    request = json.loads(_read_line())
    set_limits(request["limits"])

    def give_up_rights() -> None:
        collect_often()
        watch_memory()
        confine(**request["confinement"])
        exit_on_stdin_close()

    return do(request["task"], request["arguments"], ready=give_up_rights)


def do(
    task: str, arguments: Mapping[str, Any], *, ready: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """Run one task, and put whatever comes of it into an answer.

    Args:
        task: See ``ProcessPool.run``, as the next.
        arguments: As JSON carried them.
        ready: Called once all is imported and before the work begins.
    """
    try:
        # PyAV's log level stays unset: with any, FFmpeg's threads ask for Python's lock at every
        # message, and closing a decoder while one of them waits for it hangs for good.
        work = importlib.import_module(f"bot.media.worker.tasks.{task}").run
        ready()
    except Exception as exc:  # noqa: BLE001 - told to the parent, which logs it
        return {"failed": f"{type(exc).__name__}: {exc}"}
    try:
        return {"done": work(arguments) or {}}
    except MediaUnreadableError as exc:
        return {"unreadable": exc.reason.value, "detail": str(exc)}
    except MediaError as exc:
        return {"error": type(exc).__name__, "detail": str(exc)}
    except MemoryError:
        return {"unreadable": "too_complex", "detail": "out of memory"}
    except FileNotFoundError as exc:
        return {"failed": f"FileNotFoundError: {exc}"}
    except Exception as exc:  # noqa: BLE001 - whatever a hostile file provokes is its own fault
        if getattr(exc, "errno", None) in _FULL:
            return {"error": "MediaStorageError", "detail": "the disk takes no more"}
        if was_full():
            return {"unreadable": "too_complex", "detail": f"out of memory: {exc}"}
        return {"unreadable": "damaged", "detail": f"{type(exc).__name__}: {exc}"}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main()))
    sys.stdout.flush()
    os._exit(0)  # at once: tearing libraries down takes time, and may crash on what was read
