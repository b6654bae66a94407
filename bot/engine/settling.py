"""Settle what is uncertain by the provider's own list of tasks. Nothing is ever sent again.

A paid request whose answer got lost either made a task or did not. The list shows every task of
the account with its moment, not with its prompt. So a job is settled by itself only where one
reading is possible: one task that no job has, in the window of one such job alone; or none, once
the request can make none any more. Whatever else it shows, a person decides.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.cometapi.console import MOST_SKEW as SKEW
from bot.domain.jobs import JobState
from bot.engine.steps.paid_requests import LATE_SECONDS
from bot.errors import CometError, CometTaskNotFoundError, StoreError, TaskTakenError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from bot.cometapi.client import CometClient
    from bot.cometapi.console import Console, ListedTask
    from bot.domain.jobs import Job
    from bot.storage.store import Store
    from bot.system.clock import Clock

log = logging.getLogger(__name__)

LOOK_SECONDS: Final = 60.0
"""How often to look while something is uncertain."""
OPEN: Final = timedelta(seconds=LATE_SECONDS)
"""So long after it was sent a request may still make a task."""
PROOF: Final = timedelta(hours=1)
"""How much further back the list is read, so that tasks of ours show that it is the right one."""
LIST_DAYS: Final = 7
"""Older jobs are left to the owner: a list may not reach back so far."""


class Settling:
    """Looks at uncertain jobs, one look at a time, whoever asks."""

    def __init__(self, *, store: Store, comet: CometClient, console: Console, clock: Clock) -> None:
        self._store = store
        self._comet = comet
        self._console = console
        self._clock = clock
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Look now and every minute; never returns. Without an access token there is no list."""
        never = asyncio.Event()
        while self._console.can_list:
            try:
                await self.look()
            except StoreError as exc:
                log.debug("uncertain clips were not checked: %s", exc)  # the engine says it once
            except Exception:  # a chore that ends would leave them uncertain for ever, silently
                log.exception("The check of uncertain clips broke")
            await self._clock.wait(never, self._clock.monotonic() + LOOK_SECONDS)

    async def look(self) -> None:
        """Settle what the list settles.

        Raises:
            StoreError: The database does not answer.
        """
        async with self._looking:
            doubtful = await self._store.uncertain.in_doubt()
            uncertain = [j for j in doubtful if j.state is JobState.UNCERTAIN and self._is_new(j)]
            if not uncertain:
                return
            strangers, rivals = await self._strangers(_sent_first(uncertain))
            if strangers is None:
                return
            for job in uncertain:
                await self._settle(job, rivals, strangers)

    async def candidates(self, job: Job) -> list[ListedTask]:
        """Return the tasks that ``job``, which is uncertain, may have become, oldest first.

        Empty also where the list cannot be had.

        Raises:
            StoreError: The database does not answer.
        """
        if not self._is_new(job):
            return []
        strangers, _ = await self._strangers(_sent_first([job]))
        return [task for task in strangers or () if _may_be(job, task)]

    async def may_be_paid(self, job: Job) -> bool:
        """Tell whether the list hints that a job that waits was paid for before.

        Its row may come from a backup. So may a task be its that is as old as the job at most, of
        its model, and of no job that the database knows. After the owner released it, no process
        doubts it again.

        Raises:
            StoreError: The database does not answer.
        """
        if not self._console.can_list or job.released_at is not None:
            return False
        strangers, rivals = await self._strangers(job.created_at - PROOF)
        return any(
            task.submitted_at >= job.created_at
            and _is_model(job.model, task.model)
            and not any(_may_be(one, task) for one in rivals)
            for task in strangers or ()
        )

    async def exists(self, task_id: str) -> bool | None:
        """Tell whether the provider has such a task; ``None`` if it does not say now."""
        try:
            await self._comet.get_task(task_id)
        except CometTaskNotFoundError:
            return False
        except CometError as exc:
            log.info("task %s: the provider does not say whether it exists: %s", task_id, exc)
            return None
        return True

    def _now(self) -> datetime:
        """Return the moment it is by the clock that wrote the rows, not by this machine's."""
        return self._store.lease.now()

    def _is_new(self, job: Job) -> bool:
        sent_at = job.submit_started_at
        return sent_at is not None and self._now() - sent_at < timedelta(days=LIST_DAYS)

    async def _strangers(self, since: datetime) -> tuple[list[ListedTask] | None, list[Job]]:
        """Return the listed tasks of no job since a moment, and the jobs whose they can be.

        ``None`` instead of tasks: the list is no proof. One that lacks tasks which the database
        knows of that time is of another account, or of something else.
        """
        now = self._now()
        listed = await self._console.tasks(since, now + SKEW, now=now)
        if listed is None:
            return None, []
        # In this order: whoever submits meanwhile is a rival, or its task is known by then.
        rivals = await self._store.uncertain.in_doubt()
        ids = [task.task_id for task in listed]
        # The newest may not be listed yet, and the window's edge is another clock's.
        ours = await self._store.uncertain.submitted_between(since + 2 * SKEW, now - 2 * SKEW)
        if ours - set(ids):
            log.warning(
                "CometAPI's list of tasks lacks %d of ours: nothing is settled by it; is "
                "COMETAPI_ACCESS_TOKEN of the account of COMETAPI_KEY?",
                len(ours - set(ids)),
            )
            return None, rivals
        known = await self._store.uncertain.known_among(ids)
        strangers = [task for task in listed if task.task_id not in known]
        return sorted(strangers, key=lambda task: task.submitted_at), rivals

    async def _settle(
        self, job: Job, rivals: Sequence[Job], strangers: Sequence[ListedTask]
    ) -> None:
        mine = [task for task in strangers if _may_be(job, task)]
        if not mine:
            if self._now() >= (job.submit_started_at or self._now()) + OPEN + SKEW:
                closed = await self._store.uncertain.never_taken(job.id)
                if closed is not None:
                    log.warning("job %s: CometAPI has no such task: it never took the job", job.id)
            return
        is_shared = any(one.id != job.id and _may_be(one, mine[0]) for one in rivals)
        if len(mine) > 1 or is_shared:
            log.info("job %s: %d tasks may be it; the owner chooses", job.id, len(mine))
            return
        try:
            found = await self._store.uncertain.attach(
                job.id, task_id=mine[0].task_id, user_id=None
            )
        except TaskTakenError:  # by another process, this very moment
            return
        if found is not None:
            log.warning(
                "job %s: no longer UNCERTAIN: task %s is the only one that it can be",
                job.id,
                mine[0].task_id,
            )


def _sent_first(uncertain: Sequence[Job]) -> datetime:
    """Return from when on the list is read for jobs whose requests went out."""
    return min(job.submit_started_at for job in uncertain if job.submit_started_at) - PROOF


def _may_be(job: Job, task: ListedTask) -> bool:
    """Tell whether ``task`` can be what became of ``job``'s paid request."""
    sent_at = job.submit_started_at
    return (
        sent_at is not None
        and sent_at - SKEW <= task.submitted_at <= sent_at + OPEN + SKEW
        and _is_model(job.model, task.model)
    )


def _is_model(model: str, listed: str) -> bool:
    """Tell whether a listed name may be ``model``'s; the console also names whole routes."""
    return not listed or model.lower() in listed.lower() or "runway" in listed.lower()
