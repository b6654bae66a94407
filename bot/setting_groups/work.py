"""Settings of the work itself: polling, deadlines, shards, leases."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from bot.setting_checks import check_proxy, check_shards
from bot.setting_groups.group import SettingsGroup
from bot.system.proxies import Proxy


class WorkSettings(SettingsGroup):
    """How the provider is asked, and how several processes share the work."""

    poll_min_seconds: float = Field(5, ge=0.05, le=60)
    """The shortest time between two polls of one task; Runway asks for at least 5."""
    poll_max_seconds: float = Field(15, ge=0.05, le=600)
    """The longest time between two polls of a task that may be finished."""
    job_deadline_minutes: float = Field(60, gt=0, le=7 * 24 * 60)
    """When the bot stops waiting for the provider."""
    shards: str = ""
    """Which Discord shards this process runs, as `0,1/4`; several processes need PostgreSQL;
    empty means all of them."""
    lease_seconds: float = Field(30, ge=2, le=600)
    """After this long without a sign of life, other processes take over a process's jobs."""
    stale_minutes: float = Field(15, ge=1, le=7 * 24 * 60)
    """After this long without any process, as after a restore, waiting jobs are not paid for
    until the bot's owner releases them."""
    discord_calls_per_second: float = Field(40, ge=1, le=5000)
    """The most that all processes together call Discord, which allows 50, or more for large
    bots on request."""
    https_proxy: Annotated[str, AfterValidator(check_proxy)] = Field("", repr=False)
    """The proxy for Discord, the provider, clips and the archive's bucket, as
    `http://user:password@host:port`; empty means none."""
    no_proxy: str = ""
    """Hosts that are reached without the proxy: names or ends of names, with commas; empty
    means none."""

    @field_validator("poll_max_seconds")
    @classmethod
    def _check_poll_range(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("poll_min_seconds", 0):
            raise ValueError("must not be below POLL_MIN_SECONDS")
        return value

    @field_validator("shards")
    @classmethod
    def _check_shards(cls, value: str, info: ValidationInfo) -> str:
        return check_shards(value, is_sqlite=info.data.get("database_url", "").startswith("sqlite"))

    @property
    def proxy(self) -> Proxy:
        """The way to the internet."""
        return Proxy(address=self.https_proxy, exceptions=self.no_proxy)

    @property
    def shard_ids(self) -> list[int] | None:
        """The Discord shards of this process; ``None`` means all of them."""
        ids = self.shards.partition("/")[0]
        return sorted({int(shard) for shard in ids.split(",")}) if ids else None

    @property
    def has_all_shards(self) -> bool:
        """Whether no other process serves people."""
        return self.shard_ids is None or len(self.shard_ids) == self.shard_count

    @property
    def shard_count(self) -> int | None:
        """How many shards all processes have together; ``None`` lets Discord recommend."""
        count = self.shards.partition("/")[2]
        return int(count) if count else None
