"""The status file: what a running process says of itself, for ``python -m bot health``.

A health check reads it twice a minute, so this module needs little even of the standard library.
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

BEAT_SECONDS: Final = 5.0
"""How often a process writes its file."""
STALE_SECONDS: Final = 45.0
"""So long without a beat, and a process is taken for one that hangs."""

_BLOCK_BYTES: Final = 8192


def status_path(data_dir: Path, shards: str = "") -> Path:
    """Return the file of the process that has ``shards`` (``Settings.shards``).

    Each of several processes with one data folder has its own: the well one must not vouch for
    the dead one.
    """
    return data_dir / own_name("status", shards, ".json")


def own_name(name: str, shards: str, suffix: str = "") -> str:
    """Return the name of a file of which each process with ``shards`` has its own.

    Like ``status.json`` for the only one, ``status-0,1-of-4.json`` for one of several.
    """
    return f"{name}-{shards.replace('/', '-of-')}{suffix}" if shards else f"{name}{suffix}"


def write_status(path: Path, facts: Mapping[str, Any]) -> None:
    """Replace what ``path`` holds by ``facts``, also on a full disk.

    Raises:
        OSError: The file cannot be written.
    """
    overwrite(path, json.dumps(facts, ensure_ascii=False, default=str).encode())


def overwrite(path: Path, text: bytes) -> None:
    """Replace what a file holds, in place and padded with blanks.

    A disk without a byte left still takes what overwrites bytes that are there already.

    Raises:
        OSError: The file cannot be written.
    """
    text = text.ljust(-(-(len(text) + 1) // _BLOCK_BYTES) * _BLOCK_BYTES - 1) + b"\n"
    try:
        file = path.open("r+b", buffering=0)
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("wb", buffering=0)
    with file:
        file.write(text)
        file.truncate()


def read_status(path: Path) -> dict[str, Any] | None:
    """Return what a process wrote of itself; ``None`` if there is no file.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds something else.
    """
    for is_last in (False, False, True):
        try:
            facts = json.loads(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:  # perhaps it is being written at this moment
            if is_last:
                raise
        else:
            if isinstance(facts, dict):
                return facts
    raise ValueError("not a status")


def remove_status(path: Path) -> None:
    """Remove the file if it is this process's: whoever replaces us may have written there."""
    with suppress(OSError, ValueError):
        facts = read_status(path)
        if facts is not None and facts.get("pid") == os.getpid():
            path.unlink()
