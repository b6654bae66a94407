"""Every server's settings in the database, and the record of who changed them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS, from_json, to_json
from bot.policy.changes import PolicyChange, check_changes, last_action, undoing
from bot.policy.exchange import MAX_VALUES
from bot.policy.levels import Policy
from bot.policy.problems import UNSET, Flaw, Problem, SettingRefusedError, Target
from bot.storage.tables.setting import setting_changes, setting_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Insert
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.domain.jobs import Job
    from bot.policy.problems import Unset
    from bot.settings import Settings
    from bot.storage.database import Database

log = logging.getLogger(__name__)

_KEY: Final = ("guild_id", "scope", "scope_id", "name")
_LONGEST_ACTION: Final = 2 * MAX_VALUES
"""More settings than one action can change: an import sets what a file holds, and unsets others."""


class Policies:
    """Settings of guilds, each guild's apart from all others'."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, guild_id: int | None) -> Policy:
        """Return everything that is set on a guild; ``None`` is direct messages: nothing is."""
        if guild_id is None:
            return Policy(0)
        async with self._database.read() as connection:
            return await read_policy(connection, guild_id)

    async def review_hours(self, job: Job) -> float:
        """Return how long a result waits for a moderator where ``job`` is from, in hours."""
        return float((await self.read(job.guild_id)).server("review_hours"))

    async def change(
        self,
        guild_id: int,
        changes: Mapping[Target, Mapping[str, Any]],
        *,
        user_id: int,
        operator: Settings | None,
    ) -> tuple[Policy, tuple[PolicyChange, ...]]:
        """Set or unset settings of one guild, all of them or none.

        Each one that really changed is recorded.

        Args:
            guild_id: The guild.
            changes: What to set for the server, channels and roles; ``UNSET`` lets the level above
                hold again.
            user_id: Who changes them.
            operator: What the operator allows at most; ``None`` asks for no such check, as where
                the operator's limits are applied when the settings are used.

        Returns:
            What is set then, and what this action changed, in the order of ``changes``.

        Raises:
            SettingRefusedError: A name is unknown, a value is not taken, or it is beyond what the
                operator allows; it names all of them, and nothing was changed.
        """
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "settings", guild_id)
            allowance = (await read_policy(connection, guild_id)).allowance
            checked = check_changes(changes, operator, allowance)
            action = await self._write(connection, guild_id, user_id, checked)
            return await read_policy(connection, guild_id), action

    async def undo(
        self, guild_id: int, shown: Sequence[PolicyChange], *, user_id: int, operator: Settings
    ) -> tuple[Policy, tuple[PolicyChange, ...]] | None:
        """Take the last action back, which is an action too.

        Args:
            guild_id: The guild.
            shown: The action that the person saw as the last one (``last_action``).
            user_id: Who takes it back.
            operator: As for :meth:`change`.

        Returns:
            As for :meth:`change`; ``None`` if somebody changed a setting meanwhile: nothing was
            done.

        Raises:
            SettingRefusedError: A former value is not taken any more, or the operator does not
                allow it any more; nothing was changed.
        """
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "settings", guild_id)
            latest = last_action(await _changes(connection, guild_id, _LONGEST_ACTION))
            if not latest or tuple(one.id for one in latest) != tuple(one.id for one in shown):
                return None
            allowance = (await read_policy(connection, guild_id)).allowance
            checked = check_changes(_former(latest), operator, allowance)
            action = await self._write(connection, guild_id, user_id, checked)
            return await read_policy(connection, guild_id), action

    async def changes(self, guild_id: int, limit: int = 20) -> list[PolicyChange]:
        """Return the latest changes of a guild's settings, newest first."""
        async with self._database.read() as connection:
            return await _changes(connection, guild_id, limit)

    async def last_action(self, guild_id: int) -> tuple[PolicyChange, ...]:
        """Return what the latest action changed; nothing if there was none."""
        return last_action(await self.changes(guild_id, _LONGEST_ACTION))

    async def allow(
        self, guild_id: int, limits: Mapping[str, int | Unset | None], *, user_id: int
    ) -> Policy:
        """Set what the bot's owner allows one guild at most, and return what is set then.

        Each limit that really changed is recorded, with the guild id 0: not among the guild's own.

        Args:
            guild_id: The guild.
            limits: By the names of ``bot.policy.ceilings.LIMITS``; ``None`` is unlimited,
                ``UNSET`` what holds for all guilds.
            user_id: The owner.
        """
        target = Target(Scope.BOT, guild_id)
        async with self._database.transaction() as connection:
            await self._database.take_turn(connection, "settings", GLOBAL_GUILD_ID)
            await self._write(connection, GLOBAL_GUILD_ID, user_id, {target: limits})
            return await read_policy(connection, guild_id)

    async def _write(
        self,
        connection: AsyncConnection,
        guild_id: int,
        user_id: int,
        changes: Mapping[Target, Mapping[str, Any]],
    ) -> tuple[PolicyChange, ...]:
        action = []
        rows = await connection.execute(
            select(setting_values).where(setting_values.c.guild_id == guild_id)
        )
        stored = {(row.scope, row.scope_id, row.name): row.value for row in rows}
        moment = await self._database.read_now(connection)
        for target, values in changes.items():
            for name, value in values.items():
                before = stored.get((*target, name))
                after = None if value is UNSET else to_json(name, value)
                if before == after:
                    continue
                key = {
                    "guild_id": guild_id,
                    "scope": target.scope,
                    "scope_id": target.scope_id,
                    "name": name,
                }
                if after is None:
                    matches = (setting_values.c[column] == key[column] for column in _KEY)
                    await connection.execute(delete(setting_values).where(*matches))
                else:
                    await connection.execute(self._put({**key, "value": after}))
                change = insert(setting_changes).values(
                    **key, user_id=user_id, changed_at=moment, before=before, after=after
                )
                made = await connection.execute(change.returning(setting_changes))
                action.append(PolicyChange(**made.mappings().one()))
        return tuple(action)

    def _put(self, row: dict[str, Any]) -> Insert:
        # The same words for both databases, but SQLAlchemy has no common construct for them.
        value = {"value": row["value"]}
        if self._database.dialect == "sqlite":
            lite = sqlite.insert(setting_values).values(row)
            return lite.on_conflict_do_update(index_elements=_KEY, set_=value)
        big = postgresql.insert(setting_values).values(row)
        return big.on_conflict_do_update(index_elements=_KEY, set_=value)


async def read_policy(connection: AsyncConnection, guild_id: int) -> Policy:
    """Return everything that is set on a guild, inside a transaction of the caller's."""
    of_owner = and_(
        setting_values.c.guild_id == GLOBAL_GUILD_ID,
        setting_values.c.scope == Scope.BOT,
        setting_values.c.scope_id == guild_id,
    )
    rows = await connection.execute(
        select(setting_values).where(or_(setting_values.c.guild_id == guild_id, of_owner))
    )
    values: dict[Target, dict[str, Any]] = {}
    for row in rows:
        if row.name not in SETTINGS:  # of a version that had more
            continue
        try:
            value = from_json(row.name, row.value)
        except ValueError as exc:  # written past this program; one row must not close the server
            log.error("guild %s: its setting %s cannot be read: %s", guild_id, row.name, exc)  # noqa: TRY400 - no traceback would say more
            continue
        values.setdefault(Target(row.scope, row.scope_id), {})[row.name] = value
    allowance = values.pop(Target(Scope.BOT, guild_id), {})
    return Policy(guild_id, values, allowance)


async def _changes(connection: AsyncConnection, guild_id: int, limit: int) -> list[PolicyChange]:
    rows = await connection.execute(
        select(setting_changes)
        .where(setting_changes.c.guild_id == guild_id)
        .order_by(setting_changes.c.id.desc())
        .limit(limit)
    )
    return [PolicyChange(**row) for row in rows.mappings()]


def _former(action: Sequence[PolicyChange]) -> dict[Target, dict[str, Any]]:
    try:
        return undoing(action)
    except ValueError as exc:
        raise SettingRefusedError(
            [Problem(name=one.name, flaw=Flaw.UNKNOWN, target=one.target) for one in action]
        ) from exc
