"""What a running process knows of itself: for its status file, for systemd, and for the owner."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from bot import __version__
from bot.domain.conditions import ConditionKind, Conditions, Finding
from bot.domain.jobs import FailureReason
from bot.engine.provider_watch import ProviderTrouble
from bot.system.redaction import redact
from bot.system.service_manager import notify
from bot.system.status import BEAT_SECONDS, remove_status, status_path, write_status
from bot.texts import provider as provider_texts
from bot.texts import quarantine as quarantine_texts

if TYPE_CHECKING:
    from bot.app import RestyleBot
    from bot.engine.engine import Engine
    from bot.engine.provider_watch import ProviderWatch
    from bot.media.process_pool import ProcessPool
    from bot.settings import Settings

log = logging.getLogger(__name__)

SHARD_GRACE_SECONDS: Final = 60.0
"""Discord has a shard connect anew several times a day; that takes seconds."""
PASS_GRACE_SECONDS: Final = 60.0
"""Without a look for new jobs for so long, the engine stands still."""
LOW_DISK_BYTES: Final = 512 * 1024**2
FULL_DISK_BYTES: Final = 16 * 1024**2
CHILD_FAILURES: Final = 3
"""So many in a row are no accident of one clip's."""

ROOM_AGAIN: Final = 1.25
"""So many times as much room ends what too little began: temporary files come and go."""

_LOGGED: Final = frozenset({ConditionKind.SHARDS, ConditionKind.DISK, ConditionKind.ENGINE})
"""What nobody else logs."""
_REFUSED: Final = {
    FailureReason.KEY_REFUSED: ConditionKind.KEY,
    FailureReason.WRONG_ADDRESS: ConditionKind.ADDRESS,
    FailureReason.NO_CREDIT: ConditionKind.CREDIT,
    FailureReason.MODEL_UNAVAILABLE: ConditionKind.MODEL,
}
"""What is wrong where the provider refuses every paid request."""
_MAY_PASS: Final = frozenset({ConditionKind.CREDIT, ConditionKind.MODEL})
"""Of that, what may have ended long before a clip shows it."""


class Signs:
    """Looks at this process every few seconds, writes what it sees, and removes that at the end.

    The parts are set as the start opens them.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._path = status_path(settings.data_dir, settings.shards)
        self._since = time.time()
        self._phase = "starting"
        self._waiting_for = "opening the database"
        self._is_unwritten = False
        self.conditions = Conditions()
        self.worker_id = ""
        self.uncertain = 0
        """Of how many jobs nobody knows whether they were paid for, as the database last said."""
        self.quarantined = 0
        """How many wait for the owner's word after a pause, likewise."""
        self.bot: RestyleBot | None = None
        self.engine: Engine | None = None
        self.process_pool: ProcessPool | None = None

    def wait_for(self, what: str) -> None:
        """Say what the start is waiting for, as "waiting for Discord"."""
        self._waiting_for = what
        self.write()
        notify(STATUS=f"starting: {what}")

    def is_up(self) -> None:
        """Say that the start is over and people are served."""
        self._phase = "up"
        self.look()
        notify(READY="1", STATUS="up")

    def is_stopping(self) -> None:
        """Say that no more commands are taken."""
        self._phase = "stopping"
        self.write()
        notify(STOPPING="1", STATUS="stopping")

    @property
    def is_serving(self) -> bool:
        """Whether the start is over and the stop has not begun."""
        return self._phase == "up"

    def why_not_ready(self) -> list[str]:
        """Return why nobody should be sent here just now: a line each."""
        if self._phase != "up":
            waits = f": {self._waiting_for}" if self._phase == "starting" else ""
            return [f"{self._phase}{waits}"]
        now = datetime.now(UTC)
        return [
            f"{one.kind}: {redact(one.finding.text)}"
            for one in self.conditions.held
            if one.blocks(now)
        ]

    async def run(self) -> None:
        """Look and write every ``BEAT_SECONDS``; never returns."""
        while True:
            try:
                self.look()
            except Exception:  # a bot that works must not seem dead
                log.exception("The check of the process itself broke")
            await asyncio.sleep(BEAT_SECONDS)

    def close(self) -> None:
        """Remove what was written: a process that has ended is not one that hangs."""
        remove_status(self._path)

    def look(self) -> None:
        """Find what is wrong, and write it down."""
        if self._phase == "up":
            new, over = self.conditions.observe(self._find(), datetime.now(UTC))
            for one in new:
                if one.kind in _LOGGED:
                    log.warning("%s: %s", one.kind, one.finding.text)
            for one in over:
                if one.kind in _LOGGED:
                    log.warning("%s: over. It was: %s", one.kind, one.finding.text)
        self.write()
        notify(WATCHDOG="1")

    def write(self) -> None:
        """Write the status file; a disk that does not take it makes the file grow old."""
        try:
            write_status(self._path, self._facts())
        except OSError as exc:
            if not self._is_unwritten:
                log.warning("%s cannot be written, so health checks fail: %s", self._path, exc)
            self._is_unwritten = True
        else:
            self._is_unwritten = False

    def _facts(self) -> dict[str, Any]:
        now, engine = datetime.now(UTC), self.engine
        shards = self.bot.shard_facts() if self.bot is not None else []
        return {
            "version": __version__,
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "worker": self.worker_id,
            "since": self._since,
            "written_at": time.time(),
            "phase": self._phase,
            "waiting_for": self._waiting_for,
            "shards": {
                str(one.id): {
                    "connected": one.is_connected,
                    "acknowledged_seconds_ago": one.acknowledged_seconds_ago,
                    "latency_seconds": one.latency_seconds,
                }
                for one in shards
            },
            "engine": {}
            if engine is None
            else {
                "jobs": len(engine),
                "last_pass": engine.last_pass_at,
                "lease_left_seconds": round(engine.lease_left_seconds, 1),
            },
            "database": {
                "kind": self._settings.database_url.partition("+")[0],
                "trouble": engine.database_trouble if engine is not None else None,
            },
            "disk_free_bytes": self.free_bytes(),
            "conditions": [
                {
                    "kind": one.kind,
                    "text": redact(one.finding.text),
                    "since": one.since.timestamp(),
                    "grave": one.is_grave(now),
                    "blocks": one.blocks(now),
                }
                for one in self.conditions.held
            ],
        }

    def free_bytes(self) -> int | None:
        """Return how much room is left where the data folder lies; ``None`` if nobody says."""
        try:
            return shutil.disk_usage(self._settings.data_dir).free
        except OSError:
            return None

    def _find(self) -> dict[ConditionKind, Finding]:
        found: dict[ConditionKind, Finding] = {}
        self._look_at_bot(found)
        self._look_at_engine(found)
        self._look_at_disk(found)
        pool = self.process_pool
        if pool is not None and pool.failures_in_a_row >= CHILD_FAILURES:
            found[ConditionKind.CHILDREN] = Finding(
                text=f"The last {pool.failures_in_a_row} clips could not be read, and not because "
                f"of the clips: {pool.last_failure}. `python -m bot doctor` says what is wrong.",
                closes=pool.failed_lately,
            )
        return found

    def _look_at_disk(self, found: dict[ConditionKind, Finding]) -> None:
        free = self.free_bytes()
        before = self.conditions.finding(ConditionKind.DISK)
        if free is None or free >= LOW_DISK_BYTES * (1.0 if before is None else ROOM_AGAIN):
            return
        was_full = before is not None and before.closes
        is_full = free < FULL_DISK_BYTES * (ROOM_AGAIN if was_full else 1.0)
        effect = "/restyle accepts no clips" if is_full else "a full disk stops everything"
        found[ConditionKind.DISK] = Finding(
            text=f"Only {free // 1024**2} MB is free on the disk of DATA_DIR. Make room there: "
            f"{effect}.",
            grave_after=0.0 if is_full else None,
            closes=is_full,
        )

    def _look_at_bot(self, found: dict[ConditionKind, Finding]) -> None:
        bot = self.bot
        if bot is None:
            return
        away = [str(one.id) for one in bot.shard_facts() if not one.is_connected]
        if away:
            found[ConditionKind.SHARDS] = Finding(
                text=f"Discord is not connected (shard {', '.join(away)}). The bot keeps trying; "
                "check discordstatus.com and this machine's network.",
                grave_after=SHARD_GRACE_SECONDS,
            )
        if bot.registration.trouble is not None:
            found[ConditionKind.COMMANDS] = Finding(
                text=f"Discord did not accept the list of commands: {bot.registration.trouble}. "
                "The bot keeps trying; the commands of last time still work.",
                grave_after=None,
            )
        self._look_at_provider(bot.watch, found)

    def _look_at_provider(
        self, watch: ProviderWatch | None, found: dict[ConditionKind, Finding]
    ) -> None:
        engine = self.engine
        if engine is not None and (refusal := engine.refusal) in _REFUSED:
            kind = _REFUSED[refusal]
            found[kind] = Finding(
                text=provider_texts.LAST_CLIP_REFUSED[refusal],
                grave_after=None if kind in _MAY_PASS else 0.0,
                closes=engine.is_refused,
            )
        if watch is None:
            return
        if watch.low is not None and ConditionKind.CREDIT not in found:
            found[ConditionKind.BALANCE] = Finding(
                text=provider_texts.low_balance(watch.low.left, watch.low.usual), grave_after=None
            )
        match watch.trouble:
            case ProviderTrouble.KEY_REFUSED:
                found[ConditionKind.KEY] = Finding(text=provider_texts.KEY_REFUSED, closes=True)
            case ProviderTrouble.MODEL_ABSENT:
                found[ConditionKind.MODEL] = Finding(text=provider_texts.MODEL_ABSENT, closes=True)

    def _look_at_engine(self, found: dict[ConditionKind, Finding]) -> None:
        engine = self.engine
        if engine is None:
            return
        if self.uncertain:
            clips = "1 clip" if self.uncertain == 1 else f"{self.uncertain} clips"
            found[ConditionKind.UNCERTAIN] = Finding(
                text=f"The provider never said whether it took {clips}. Nothing is paid twice. "
                "Settle this with `/restyle-owner uncertain`.",
                grave_after=None,
            )
        if self.quarantined:
            found[ConditionKind.QUARANTINE] = Finding(
                text=quarantine_texts.notice(self.quarantined), grave_after=None
            )
        if ahead := engine.clock_ahead_seconds:
            found[ConditionKind.CLOCK] = Finding(
                text=f"This machine's clock is {ahead:+.0f} s off the database's. Nothing is spent "
                "until both are set by NTP."
            )
        if engine.database_trouble is not None:
            found[ConditionKind.DATABASE] = Finding(
                text=f"The database does not accept writes: {engine.database_trouble}. "
                "Nothing is spent until it does; then all jobs continue.",
                closes=True,
            )
        elif engine.seconds_since_pass > PASS_GRACE_SECONDS:
            found[ConditionKind.ENGINE] = Finding(
                text=f"The engine has not looked for jobs for {engine.seconds_since_pass:.0f} s. "
                "Restart the bot if this lasts: no job is lost."
            )
