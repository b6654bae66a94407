"""Guild settings in the database, and the record of who changed them."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.guilds import GuildSettings, SettingChange
from bot.moderation import Scope
from bot.storage.tables import setting_changes, setting_values

if TYPE_CHECKING:
    from sqlalchemy import Insert
    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.storage.database import Database

_DEFAULTS: Final = {
    field.name: getattr(GuildSettings(guild_id=0), field.name)
    for field in dataclasses.fields(GuildSettings)
    if field.name != "guild_id"
}


def _as_json(value: Any) -> str:  # noqa: ANN401 - whatever a setting holds
    return json.dumps(sorted(value) if isinstance(value, frozenset) else value)


def _from_json(name: str, text: str) -> Any:  # noqa: ANN401 - as above
    value = json.loads(text)
    return frozenset(value) if isinstance(_DEFAULTS[name], frozenset) else value


def _written(name: str, value: Any) -> str | None:  # noqa: ANN401 - as above
    """Return what the row holds; ``None`` is no row, because the default holds."""
    return None if value == _DEFAULTS[name] else _as_json(value)


async def _read(connection: AsyncConnection, guild_id: int) -> GuildSettings:
    rows = await connection.execute(
        select(setting_values.c.name, setting_values.c.value).where(
            setting_values.c.guild_id == guild_id,
            setting_values.c.scope == Scope.SERVER,
            setting_values.c.name.in_(_DEFAULTS),
        )
    )
    return GuildSettings(
        guild_id=guild_id, **{name: _from_json(name, value) for name, value in rows}
    )


def _put(database: Database, guild_id: int, name: str, value: str) -> Insert:
    row = {
        "guild_id": guild_id,
        "scope": Scope.SERVER,
        "scope_id": 0,
        "name": name,
        "value": value,
    }
    # The same words for both databases, but SQLAlchemy has no common construct for them.
    if database.dialect == "sqlite":
        lite = sqlite.insert(setting_values).values(row)
        return lite.on_conflict_do_update(index_elements=_KEY, set_={"value": value})
    big = postgresql.insert(setting_values).values(row)
    return big.on_conflict_do_update(index_elements=_KEY, set_={"value": value})


_KEY: Final = ("guild_id", "scope", "scope_id", "name")


async def read(database: Database, guild_id: int) -> GuildSettings:
    """Return the guild's settings, or the defaults."""
    async with database.transaction() as connection:
        return await _read(connection, guild_id)


async def change(
    database: Database,
    guild_id: int,
    *,
    user_id: int,
    **changes: Any,  # noqa: ANN401 - each setting has its own type
) -> GuildSettings:
    """Set the named settings and record each that really changed; see ``Store``."""
    if unknown := changes.keys() - _DEFAULTS.keys():
        raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
    async with database.transaction() as connection:
        await database.take_turn(connection, "settings", guild_id)
        before = await _read(connection, guild_id)
        after = dataclasses.replace(before, **changes)
        moment = await connection.scalar(select(database.now()))
        for name in _DEFAULTS:
            was, is_ = (_written(name, getattr(one, name)) for one in (before, after))
            if was == is_:
                continue
            if is_ is None:
                await connection.execute(
                    delete(setting_values).where(
                        setting_values.c.guild_id == guild_id,
                        setting_values.c.scope == Scope.SERVER,
                        setting_values.c.name == name,
                    )
                )
            else:
                await connection.execute(_put(database, guild_id, name, is_))
            await connection.execute(
                insert(setting_changes).values(
                    guild_id=guild_id,
                    user_id=user_id,
                    name=name,
                    before=_as_json(getattr(before, name)),
                    after=_as_json(getattr(after, name)),
                    changed_at=moment,
                )
            )
    return after


async def changes_of(database: Database, guild_id: int, limit: int) -> list[SettingChange]:
    """Return the guild's latest changes, newest first."""
    wanted = [field.name for field in dataclasses.fields(SettingChange)]
    async with database.transaction() as connection:
        rows = await connection.execute(
            select(*(setting_changes.c[name] for name in wanted))
            .where(setting_changes.c.guild_id == guild_id)
            .order_by(setting_changes.c.id.desc())
            .limit(limit)
        )
        return [SettingChange(**row) for row in rows.mappings()]
