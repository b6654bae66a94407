"""Guild settings in the database, and the record of who changed them."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bot.guilds import GuildSettings, SettingChange
from bot.storage.tables import guild_settings, setting_changes

if TYPE_CHECKING:
    from sqlalchemy import Insert

    from bot.storage.database import Database

_NAMES: Final = tuple(
    field.name for field in dataclasses.fields(GuildSettings) if field.name != "guild_id"
)


def _insert_unless_there(database: Database, settings: GuildSettings) -> Insert:
    values = {"guild_id": settings.guild_id} | {name: getattr(settings, name) for name in _NAMES}
    # The same words for both databases, but SQLAlchemy has no common construct for them.
    if database.dialect == "sqlite":
        return sqlite.insert(guild_settings).values(values).on_conflict_do_nothing()
    return postgresql.insert(guild_settings).values(values).on_conflict_do_nothing()


def _as_json(value: Any) -> str:  # noqa: ANN401 - whatever a setting holds
    return json.dumps(sorted(value) if isinstance(value, frozenset) else value)


async def read(database: Database, guild_id: int) -> GuildSettings:
    """Return the guild's settings, or the defaults."""
    async with database.transaction() as connection:
        rows = await connection.execute(
            select(guild_settings).where(guild_settings.c.guild_id == guild_id)
        )
        row = rows.mappings().one_or_none()
    return GuildSettings(**row) if row else GuildSettings(guild_id=guild_id)


async def change(
    database: Database,
    guild_id: int,
    *,
    user_id: int,
    **changes: Any,  # noqa: ANN401 - each setting has its own type
) -> GuildSettings:
    """Set the named settings and record each that really changed; see ``Store``."""
    if unknown := changes.keys() - set(_NAMES):
        raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
    async with database.transaction() as connection:
        # The row must be there to be locked: two first changes at once take turns too.
        defaults = GuildSettings(guild_id=guild_id)
        await connection.execute(_insert_unless_there(database, defaults))
        rows = await connection.execute(
            select(guild_settings).where(guild_settings.c.guild_id == guild_id).with_for_update()
        )
        before = GuildSettings(**rows.mappings().one())
        after = dataclasses.replace(before, **changes)
        changed = [name for name in _NAMES if getattr(before, name) != getattr(after, name)]
        if changed:
            await connection.execute(
                update(guild_settings)
                .where(guild_settings.c.guild_id == guild_id)
                .values({name: getattr(after, name) for name in changed})
            )
            await connection.execute(
                insert(setting_changes),
                [
                    {
                        "guild_id": guild_id,
                        "user_id": user_id,
                        "name": name,
                        "before": _as_json(getattr(before, name)),
                        "after": _as_json(getattr(after, name)),
                        "changed_at": moment,
                    }
                    for moment in [await connection.scalar(select(database.now()))]
                    for name in changed
                ],
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
