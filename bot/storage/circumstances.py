"""All that the database knows when somebody asks for something: one look, as of one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.domain.telling import ToldBy
from bot.storage.consents import read_origin
from bot.storage.policies import read_policy
from bot.storage.sanctions import read_facts
from bot.storage.wishes import read_told_by

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.domain.sanctions import MemberFacts
    from bot.policy.consent import Origin
    from bot.policy.levels import Policy
    from bot.storage.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What holds where a member asks for something."""

    policy: Policy
    """What is set there."""
    member: MemberFacts
    """What stands in the member's way."""
    origin: Origin | None
    """The people behind the clip; ``None`` when it came with the request."""
    told_by: ToldBy = ToldBy.THREAD
    """How the member wants to be told of what comes of it."""


class RequestLooks:
    """What is looked up for a request; ``Store.circumstances``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(
        self,
        guild_id: int,
        user_id: int,
        behind: tuple[int | None, Collection[int]] | None = None,
    ) -> Circumstances:
        """Return all that holds for a member's request.

        Args:
            guild_id: The server; 0 for direct messages.
            user_id: The member.
            behind: Whose clip it is: the author, if known, whose word counts, and others whose
                opt-out counts as well; ``None`` when the clip came with the request.
        """
        async with self._database.read() as connection:
            return Circumstances(
                policy=await read_policy(connection, guild_id),
                member=await read_facts(connection, guild_id, user_id),
                origin=None if behind is None else await read_origin(connection, *behind),
                told_by=await read_told_by(connection, user_id),
            )
