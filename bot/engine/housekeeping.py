"""Deleting what people had deleted, what is too old, and what servers left behind; a chore."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from bot.domain.kept_data import OPEN_FOR
from bot.errors import ArchiveError, StoreError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.archive.archive import Archive
    from bot.settings import Settings
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

PASS_SECONDS: Final = 600.0
"""How often to look: a file that the archive did not give up is tried again then."""
BREATH_SECONDS: Final = 0.2
"""Between two batches, in which others write."""
MOST_FAILURES: Final = 3
"""After so many files that the archive did not give up, the others wait for the next pass."""


class Housekeeping:
    """Looks at everything that ends, again and again. Several processes may do it at once."""

    def __init__(
        self, *, store: Store, archive: Archive | None, settings: Settings, clock: Clock
    ) -> None:
        self._store = store
        self._archive = archive
        self._days = settings.retention
        self._guild_gone_days = settings.guild_gone_days
        self._clock = clock
        self._never = asyncio.Event()

    async def run(self) -> None:
        """Do all of it now and every ``PASS_SECONDS``; never returns."""
        while True:
            try:
                await self.tidy()
            except StoreError as exc:
                log.warning("The cleanup is postponed: %s", exc)
            except Exception:  # a chore that ends would keep everything for ever, silently
                log.exception("The cleanup broke")
            await self._clock.wait(self._never, self._clock.monotonic() + PASS_SECONDS)

    async def tidy(self) -> None:
        """Do all of it once.

        Raises:
            StoreError: The database does not answer.
        """
        await self._store.privacy.forget_later()
        retention, now = self._store.retention, self._clock.now()
        for kind, batch in (
            ("words", retention.words),
            ("questions", retention.questions),
            ("strikes", retention.strikes),
            ("changes", retention.changes),
        ):
            if days := self._days[kind]:
                before = now - timedelta(days=days)
                await self._all(f"too old: {kind}", partial(batch, before))
        requests = partial(retention.open_requests, now - OPEN_FOR)
        await self._all("too old: open requests", requests)
        if self._archive is not None and (lasts := self._archive.lasts) is not None:
            links = partial(retention.archive_links, now - lasts)
            await self._all("too old: lasting links", links)
        if self._guild_gone_days:
            since = now - timedelta(days=self._guild_gone_days)
            for guild_id in await retention.guilds_gone(since):
                left = partial(retention.clean_guild, guild_id)
                await self._all(f"guild {guild_id} is gone", left)
        await remove_files(self._store, self._archive)
        await retention.clear_journal()

    async def _all(self, what: str, batch: Callable[[], Awaitable[int]]) -> None:
        count = 0
        while some := await batch():
            count += some
            await self._clock.wait(self._never, self._clock.monotonic() + BREATH_SECONDS)
        if count:
            log.info("%s: %d rows deleted or emptied", what, count)


async def remove_files(
    store: Store, archive: Archive | None, *, user_id: int | None = None
) -> None:
    """Remove the files of the archive that are to be removed; what stays is tried again later.

    Args:
        store: Knows which.
        archive: Where they are; without one nothing can be removed, and the log says so.
        user_id: Only those that this person had deleted; ``None``: all.
    """
    failures = strays = 0
    for url in await store.privacy.files_to_remove(user_id):
        name = archive.name_of(url) if archive is not None else None
        if archive is None or name is None:
            strays += 1
            await store.privacy.file_stays(url)
            continue
        try:
            await archive.remove(name)
        except ArchiveError as exc:
            log.warning("archive: %s was not removed: %s", name, exc)
            await store.privacy.file_stays(url)
            failures += 1
            if failures == MOST_FAILURES:  # the whole store is in trouble
                break
        else:
            await store.privacy.file_removed(url)
    if strays:
        log.warning("archive: %d files to remove are not under ARCHIVE_URL", strays)
