"""Looks at the archive: can a file be put there, and read by everybody under its link."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import aiohttp
from yarl import URL

from bot.archive.archive import open_archive
from bot.errors import ArchiveError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.checkup.finding import CheckSection, Diagnosis
    from bot.settings import Settings

READ_SECONDS: Final = 15.0


class ArchiveCheck:
    """The archive of ``ARCHIVE_URL``, if there is one."""

    def __init__(self, settings: Settings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        self._http = http

    async def look(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Write a small file, read it as a stranger would, and remove it."""
        if not self._settings.archive_url:
            yield section.ok("there is none; links to results last a day or two")
            return
        try:
            async with open_archive(self._settings) as archive:
                if archive is None:  # ruled out above
                    return
                content = secrets.token_hex(16)
                name = archive.name(0, "doctor", content_type="text/plain")
                with tempfile.TemporaryDirectory() as folder:
                    path = Path(folder) / "doctor"
                    path.write_text(content, encoding="ascii")
                    link = await archive.keep(path, name=name, content_type="text/plain")
                yield section.ok("a file can be written")
                try:
                    yield await self._read(section, link, content)
                finally:
                    await archive.remove(name)
        except ArchiveError as exc:
            yield section.broken(
                f"a file cannot be written: {exc}", "See docs/archive.md for what it needs."
            )

    async def _read(self, section: CheckSection, link: str, content: str) -> Diagnosis:
        place = self._settings.archive_public_url
        mend = "Make the web server or the bucket public: see docs/archive.md."
        try:
            timeout = aiohttp.ClientTimeout(total=READ_SECONDS)
            proxy = self._settings.proxy.way_to(URL(link))
            async with self._http.get(link, timeout=timeout, proxy=proxy) as response:
                found = (await response.content.read(1024)).decode(errors="replace")
                status = response.status
        except (TimeoutError, aiohttp.ClientError, OSError) as exc:
            return section.broken(f"{place} cannot be reached: {exc or type(exc).__name__}", mend)
        if status != 200:  # OK
            return section.broken(f"{place} answers {status} for a file that is there", mend)
        if found != content:
            return section.broken(f"{place} shows something other than what was written", mend)
        return section.ok(f"everybody can read it under {place}")
