"""Settings of who may have how much: quotas, budgets, servers, owners."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from bot.domain.money import MICROS_PER_DOLLAR
from bot.setting_checks import check_servers, check_user_ids
from bot.setting_groups.group import UNLIMITED, SettingsGroup


class LimitSettings(SettingsGroup):
    """How much may be spent by whom, on which servers, and who is told what is wrong."""

    server_jobs_per_day: Annotated[int | None, UNLIMITED] = Field(None, ge=0, le=1_000_000)
    """The most jobs a day for each server (UTC); 0 means none at all; empty means
    `unlimited`."""
    server_dollars_per_month: Annotated[float | None, UNLIMITED] = Field(None, ge=0, le=1_000_000)
    """The most that each server can spend in a month (UTC); empty means `unlimited`."""
    member_jobs_per_day: Annotated[int | None, UNLIMITED] = Field(None, ge=0, le=1_000_000)
    """The most jobs a day that a server can give each member; members get 5 unless the server
    says otherwise; empty means `unlimited`."""
    bot_jobs_per_day: Annotated[int | None, UNLIMITED] = Field(None, ge=0, le=10_000_000)
    """The most jobs a day for all servers together; empty means `unlimited`."""
    bot_dollars_per_month: Annotated[float | None, UNLIMITED] = Field(20, ge=0, le=1_000_000)
    """The most that the whole bot can spend in a month (UTC); for no limit, write
    `unlimited`."""
    bot_running: Annotated[int | None, UNLIMITED] = Field(None, ge=0, le=100_000)
    """The most tasks running at the provider; further requests wait their turn; empty means
    `unlimited`."""
    direct_messages: bool = False
    """Whether people can start jobs in direct messages with the bot, where no moderator sees
    them: `on` or `off`."""
    dm_jobs_per_day: Annotated[int | None, UNLIMITED] = Field(5, ge=0, le=1_000_000)
    """The most jobs a day for each person in direct messages, or `unlimited`; never more than
    `MEMBER_JOBS_PER_DAY`."""
    dm_dollars_per_month: Annotated[float | None, UNLIMITED] = Field(5, ge=0, le=1_000_000)
    """The most that all direct messages together can spend in a month, or `unlimited`."""
    servers: Annotated[str, AfterValidator(check_servers)] = "any"
    """The servers where jobs can be started: their ids, with commas, or `any`; elsewhere the
    bot says that it does not work there."""
    leave_others: bool = False
    """Whether the bot leaves servers that are not in `SERVERS`, with a message where it can
    post: `on` or `off`."""
    owner_ids: Annotated[str, AfterValidator(check_user_ids)] = ""
    """Who can use the owner's commands: Discord ids, with commas; empty means the application's
    owner."""
    alert_channel_id: str = Field("", pattern=r"^(\d{15,20})?$")
    """The id of the channel where alerts are posted; empty means direct messages to the
    owner."""

    @property
    def server_micros_per_month(self) -> int | None:
        """The most that each server may spend a month, in micro-dollars; ``None`` is any."""
        return _micros(self.server_dollars_per_month)

    @property
    def bot_micros_per_month(self) -> int | None:
        """The most that the whole bot may spend a month, in micro-dollars; ``None`` is any."""
        return _micros(self.bot_dollars_per_month)

    @property
    def dm_micros_per_month(self) -> int | None:
        """The most that direct messages may spend a month, in micro-dollars; ``None`` is any."""
        return _micros(self.dm_dollars_per_month)

    @property
    def served_guild_ids(self) -> frozenset[int] | None:
        """The servers on which jobs may be started; ``None`` means any."""
        if self.servers == "any":
            return None
        return frozenset(int(one) for one in self.servers.split(","))

    def serves(self, guild_id: int) -> bool:
        """Tell whether jobs may be started on a server at all, or in direct messages (0)."""
        if not guild_id:
            return self.direct_messages
        served = self.served_guild_ids
        return served is None or guild_id in served

    @property
    def owners(self) -> frozenset[int]:
        """The bot's owners by their Discord ids; empty: whoever owns the application."""
        return frozenset(int(one) for one in self.owner_ids.split(",") if one)


def _micros(dollars: float | None) -> int | None:
    return None if dollars is None else round(dollars * MICROS_PER_DOLLAR)
