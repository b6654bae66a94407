"""The last sign of life that this data folder's bot left in its database, kept beside it.

A database in which it is missing is not the newest: a copy was put back, or ``DATABASE_URL`` names
another file. The moment is the database's own, so no two clocks are compared.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from bot.system.status import own_name

if TYPE_CHECKING:
    from pathlib import Path


class LastWord:
    """One file, of one process at a time.

    Args:
        data_dir: The data folder.
        shards: Which of several processes with one folder this is (``Settings.shards``).
    """

    def __init__(self, data_dir: Path, shards: str = "") -> None:
        self._path = data_dir / own_name("last-seen", shards)

    def read(self) -> datetime | None:
        """Return the moment, or ``None`` if there is none that can be read."""
        try:
            moment = datetime.fromisoformat(self._path.read_text(encoding="ascii").strip())
        except (OSError, ValueError):
            return None
        return moment if moment.tzinfo is not None else None

    def write(self, moment: datetime) -> None:
        """Keep a moment in place of the one before; a full disk leaves that, which does no harm."""
        part = self._path.with_name(f".{self._path.name}.part")
        with suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(f"{moment.isoformat()}\n", encoding="ascii")
            os.replace(part, self._path)  # noqa: PTH105 - pathlib's is the same
