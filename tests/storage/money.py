"""Holders and caps that tests make up, and a look into the ledger."""

from sqlalchemy import insert, select, update

from bot.domain.quotas import Cap, Decider, Period, QuotaSubject, Scope, Unit
from bot.policy.catalogue import to_json
from bot.storage.tables.money import ledger
from bot.storage.tables.people import pauses
from bot.storage.tables.setting import setting_values
from tests.factories import CHANNEL_ID, GUILD_ID, USER_ID

ROLE_ID = 6_000_000_000_000_000_000
BOT = QuotaSubject(scope=Scope.BOT, scope_id=0, guild_id=0)
SERVER = QuotaSubject(scope=Scope.SERVER, scope_id=GUILD_ID, guild_id=GUILD_ID)
CHANNEL = QuotaSubject(scope=Scope.CHANNEL, scope_id=CHANNEL_ID, guild_id=GUILD_ID)
ROLE = QuotaSubject(scope=Scope.ROLE, scope_id=ROLE_ID, guild_id=GUILD_ID)


def member(user_id=USER_ID, guild_id=GUILD_ID):
    return QuotaSubject(scope=Scope.MEMBER, scope_id=user_id, guild_id=guild_id)


HOLDERS = (BOT, SERVER, CHANNEL, ROLE, member())


def holders(user_id=USER_ID, guild_id=GUILD_ID):
    """Whom a job of that member on that server counts for, with no channel or role of its own."""
    server = QuotaSubject(scope=Scope.SERVER, scope_id=guild_id, guild_id=guild_id)
    return (BOT, server, member(user_id, guild_id))


def cap(holder=SERVER, limit=1, *, period=Period.DAY, unit=Unit.JOBS):
    return Cap(holder=holder, period=period, unit=unit, limit=limit, decided_by=Decider.MODERATORS)


async def rows_of(store, job_id):
    """What the ledger says of a job: ``{(standing, micros)}``, one for all when they agree."""
    async with store._database.transaction() as connection:
        rows = await connection.execute(
            select(ledger.c.standing, ledger.c.micros).where(ledger.c.job_id == job_id)
        )
        return {tuple(row) for row in rows}


async def put_on_day(store, job_id, day):
    """Have a job reserved on another day than it was."""
    async with store._database.transaction() as connection:
        await connection.execute(update(ledger).where(ledger.c.job_id == job_id).values(day=day))


async def set_values(store, scope, scope_id, guild_id=GUILD_ID, **values):
    """Set settings of a server, channel or role, past what checks them."""
    async with store._database.transaction() as connection:
        for name, value in values.items():
            await connection.execute(
                insert(setting_values).values(
                    guild_id=guild_id,
                    scope=scope,
                    scope_id=scope_id,
                    name=name,
                    value=to_json(name, value),
                )
            )


async def unset_values(store):
    async with store._database.transaction() as connection:
        await connection.execute(setting_values.delete())


async def pause(store, guild_id):
    async with store._database.transaction() as connection:
        await connection.execute(
            insert(pauses).values(guild_id=guild_id, paused_by=1, paused_at=store._database.now())
        )


async def resume(store, guild_id):
    async with store._database.transaction() as connection:
        await connection.execute(pauses.delete().where(pauses.c.guild_id == guild_id))
