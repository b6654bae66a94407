"""Whom a request counts for, and which caps it must fit under."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.domain.quotas import Cap, Decider, Period, QuotaSubject, Scope, Unit
from bot.policy.catalogue import MEMBER_CAPS, SHARED_CAPS
from bot.policy.ceilings import ceiling
from bot.policy.problems import UNSET, Target

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from bot.domain.quotas import CapUse
    from bot.policy.decide import RequestFacts
    from bot.policy.levels import Policy
    from bot.settings import Settings

_BOT: Final = QuotaSubject(scope=Scope.BOT, scope_id=0, guild_id=0)
_DIRECT: Final = QuotaSubject(scope=Scope.SERVER, scope_id=0, guild_id=0)
"""All direct messages together, which are to the ledger as one more server."""
_COUNTS: Final = {**SHARED_CAPS, **MEMBER_CAPS}
_ORDER: Final = (Period.NOW, Period.MONTH, Period.DAY)


def holders_of(policy: Policy, request: RequestFacts) -> tuple[QuotaSubject, ...]:
    """Return whom a request counts for: one row of the ledger each.

    The channel is a thread's parent, because that is what settings are about. Of the roles only
    those count that have a cap, or that exempt: so their ledger begins when their first cap is set.
    """
    guild_id = policy.guild_id
    member = QuotaSubject(scope=Scope.MEMBER, scope_id=request.user_id, guild_id=guild_id)
    if not guild_id:
        return (_BOT, _DIRECT, member)
    server = QuotaSubject(scope=Scope.SERVER, scope_id=guild_id, guild_id=guild_id)
    channel = [
        QuotaSubject(scope=Scope.CHANNEL, scope_id=channel_id, guild_id=guild_id)
        for channel_id in request.channel_ids[-1:]
    ]
    exempt = policy.server("exempt_role_ids")
    roles = [
        QuotaSubject(scope=Scope.ROLE, scope_id=role_id, guild_id=guild_id)
        for role_id in sorted(set(request.role_ids))
        if role_id in exempt or _has_caps(policy, role_id)
    ]
    return (_BOT, server, *channel, *roles, member)


def _has_caps(policy: Policy, role_id: int) -> bool:
    own = policy.values.get(Target(Scope.ROLE, role_id), {})
    return any(name in _COUNTS for name in own)


def caps_of(policy: Policy, request: RequestFacts, operator: Settings) -> tuple[Cap, ...]:
    """Return the caps that a new request must fit under, the member's own first.

    Of the caps on what runs at once only those of 0 are among them: the others make requests wait.
    """
    return tuple(
        cap
        for cap in _caps(policy, holders_of(policy, request), request.role_ids, operator)
        if cap.period is not Period.NOW or cap.limit == 0
    )


def reached(uses: Iterable[CapUse], price: int | None) -> CapUse | None:
    """Return the cap under which one more job does not fit; ``None`` when it fits under all.

    Of several it is the one that takes longest to pass. Of the caps on what runs at once only
    those of zero count here: the others make jobs wait. A job of which nobody knows the price fits
    under no cap on money.
    """
    full = (use for use in uses if not _fits(use, price))
    return min(full, key=lambda use: _ORDER.index(use.cap.period), default=None)


def _fits(use: CapUse, price: int | None) -> bool:
    cap = use.cap
    if cap.limit == 0:
        return False
    if cap.period is Period.NOW:
        return True
    if cap.unit is Unit.JOBS:
        return use.used < cap.limit
    return price is not None and use.used + price <= cap.limit


def running_caps_of(
    policy: Policy, holders: Collection[QuotaSubject], *, bot_running: int | None
) -> tuple[Cap, ...]:
    """Return the caps on what runs at once, for the holders that a job was added with."""
    role_ids = [holder.scope_id for holder in holders if holder.scope is Scope.ROLE]
    return tuple(
        cap
        for cap in _caps(policy, holders, role_ids, None, bot_running=bot_running)
        if cap.period is Period.NOW
    )


def money_caps_of(
    policy: Policy, holders: Collection[QuotaSubject], operator: Settings
) -> tuple[Cap, ...]:
    """Return the caps on money, for the holders that a job was added with."""
    role_ids = [holder.scope_id for holder in holders if holder.scope is Scope.ROLE]
    return tuple(
        cap for cap in _caps(policy, holders, role_ids, operator) if cap.unit is Unit.MICROS
    )


def _caps(
    policy: Policy,
    holders: Collection[QuotaSubject],
    role_ids: Collection[int],
    operator: Settings | None,
    *,
    bot_running: int | None = None,
) -> Iterator[Cap]:
    by_scope = {holder.scope: holder for holder in holders}  # of the roles any; not used
    if Scope.BOT in by_scope and not policy.guild_id:
        yield from _of_direct_messages(by_scope, operator)
        yield from _of_bot(operator, bot_running)
        return
    exempt = policy.exempting(role_ids) is not None
    if (member := by_scope.get(Scope.MEMBER)) is not None:
        for name in MEMBER_CAPS:
            role = policy.of_roles(name, role_ids)
            limit = policy.server(name) if role is None else role[0]
            yield from _cap(name, member, None if exempt else limit, policy, operator)
    if not exempt:
        yield from _of_levels(policy, by_scope.get(Scope.CHANNEL), role_ids)
    if (server := by_scope.get(Scope.SERVER)) is not None:
        for name in SHARED_CAPS:
            limit = None if exempt else policy.server(name)
            yield from _cap(name, server, limit, policy, operator)
    if Scope.BOT in by_scope:
        yield from _of_bot(operator, bot_running)


def _of_levels(
    policy: Policy, channel: QuotaSubject | None, role_ids: Collection[int]
) -> Iterator[Cap]:
    """Yield the caps of a role and of the channel, which the operator does not limit."""
    for name in SHARED_CAPS:
        if (role := policy.of_roles(name, role_ids)) is not None:
            holder = QuotaSubject(scope=Scope.ROLE, scope_id=role[1], guild_id=policy.guild_id)
            yield from _cap(name, holder, role[0], policy, None)
        if channel is not None:
            own = policy.own(name, Target(Scope.CHANNEL, channel.scope_id))
            yield from _cap(name, channel, None if own is UNSET else own, policy, None)


def _of_direct_messages(
    by_scope: Mapping[Scope, QuotaSubject], operator: Settings | None
) -> Iterator[Cap]:
    """Yield the caps where no moderator decides: all of them are the operator's."""
    if operator is None:
        return
    each = [operator.dm_jobs_per_day, operator.member_jobs_per_day]
    limits: Mapping[tuple[Scope, Period, Unit], int | None] = {
        (Scope.MEMBER, Period.DAY, Unit.JOBS): min(
            (limit for limit in each if limit is not None), default=None
        ),
        (Scope.SERVER, Period.MONTH, Unit.MICROS): operator.dm_micros_per_month,
    }
    for (scope, period, unit), limit in limits.items():
        if limit is not None and scope in by_scope:
            yield Cap(
                holder=by_scope[scope],
                period=period,
                unit=unit,
                limit=limit,
                decided_by=Decider.OPERATOR,
            )


def _of_bot(operator: Settings | None, bot_running: int | None) -> Iterator[Cap]:
    limits: Mapping[tuple[Period, Unit], int | None] = {
        (Period.NOW, Unit.JOBS): operator.bot_running if operator else bot_running,
        (Period.DAY, Unit.JOBS): operator.bot_jobs_per_day if operator else None,
        (Period.MONTH, Unit.MICROS): operator.bot_micros_per_month if operator else None,
    }
    for (period, unit), limit in limits.items():
        if limit is not None:
            yield Cap(
                holder=_BOT, period=period, unit=unit, limit=limit, decided_by=Decider.OPERATOR
            )


def _cap(
    name: str,
    holder: QuotaSubject,
    limit: int | None,
    policy: Policy,
    operator: Settings | None,
) -> Iterator[Cap]:
    """Yield the cap that holds of what is set and what the operator allows; nothing if none is."""
    highest = None if operator is None else ceiling(name, operator, policy.allowance)
    by_operator = highest is not None and (limit is None or highest <= limit)
    least = highest if by_operator else limit
    if least is not None:
        period, unit = _COUNTS[name]
        yield Cap(
            holder=holder,
            period=period,
            unit=unit,
            limit=int(least),
            decided_by=Decider.OPERATOR if by_operator else Decider.MODERATORS,
        )
