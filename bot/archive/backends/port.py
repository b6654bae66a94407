"""What the archive needs of the place where its files lie."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


class ArchiveBackend(Protocol):
    """A place for files under plain names. Every method may raise ``ArchiveError``."""

    async def check(self) -> None:
        """Write a small file and remove it again, so that trouble shows at start."""
        ...

    async def put(self, path: Path, name: str, content_type: str) -> None:
        """Store the file at ``path`` under ``name``, whole or not at all, replacing what is there.

        It is never in memory as a whole.
        """
        ...

    async def delete(self, name: str) -> None:
        """Remove ``name``; nothing happens when there is no such file."""
        ...

    async def names_before(self, moment: datetime) -> list[str]:
        """Return the names that were stored before ``moment``, whoever gave them."""
        ...
