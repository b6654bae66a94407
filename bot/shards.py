"""How the connections to Discord are, as far as discord.py shows it."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import discord

SILENT_SECONDS: Final = 110.0
"""Discord acknowledges a heartbeat every 41 s, and discord.py gives a connection up after 60 s."""


RECONNECT_DOUBLINGS: Final = 6
"""discord.py doubles the pause between its attempts ten times, so that it would stay away for up to
17 minutes after an outage is over; six make it a minute."""


def limit_pauses(shard: discord.ShardInfo) -> None:
    """Have a shard whose connection is lost try again at least once a minute."""
    # There is no option for it; where discord.py changes inside, its own pauses stay.
    if (backoff := getattr(shard._parent, "_backoff", None)) is not None:  # noqa: SLF001
        backoff._max = RECONNECT_DOUBLINGS  # noqa: SLF001


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardFacts:
    """How one shard is connected to Discord."""

    id: int
    is_connected: bool
    acknowledged_seconds_ago: float | None
    """Since the last heartbeat that Discord acknowledged; ``None`` before the first connection."""
    latency_seconds: float | None
    """Between the last heartbeat and its acknowledgement."""

    @classmethod
    def of(cls, shard_id: int, shard: discord.ShardInfo | None) -> ShardFacts:
        """Read them off discord.py's shard; ``None`` is one that was never connected."""
        if shard is None:
            return cls(
                id=shard_id, is_connected=False, acknowledged_seconds_ago=None, latency_seconds=None
            )
        # discord.py shows no moment of an acknowledgement; without it the latency has to do.
        keeper = getattr(shard._parent.ws, "_keep_alive", None)  # noqa: SLF001
        acknowledged = getattr(keeper, "_last_ack", None)
        ago = None if acknowledged is None else time.perf_counter() - acknowledged
        latency = shard.latency
        return cls(
            id=shard_id,
            is_connected=not shard.is_closed() and (ago is None or ago < SILENT_SECONDS),
            acknowledged_seconds_ago=None if ago is None else round(ago, 1),
            latency_seconds=round(latency, 3) if math.isfinite(latency) else None,
        )
