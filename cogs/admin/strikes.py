"""The page on which moderators see strikes, and lift them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from bot.app import RestyleBot
from bot.domain.permissions import Action
from bot.texts import admin as admin_texts
from bot.texts import permission as permission_texts
from cogs.common.cards import GREY, card
from cogs.common.grants import Grant, may_press
from cogs.common.pages import Page, answer_press

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from bot.domain.sanctions import Strike
    from bot.storage.store import Store

_SHOWN: Final = 25
"""As many as a menu can offer."""


async def strikes_page(
    store: Store, guild_id: int, user_id: int | None, grant: Grant, *, said: str | None = None
) -> Page:
    """Return the page of a server's strikes, or of one member's.

    Raises:
        StoreUnavailableError: The database does not answer.
    """
    found = await store.people.strikes(guild_id, user_id=user_id, limit=_SHOWN)
    limit = (await store.policies.read(guild_id)).server("strike_limit")
    items: list[ui.Item[Any]] = []
    if found:
        items.append(ui.ActionRow(LiftMenu(grant, user_id, found)))
    view = card(GREY, admin_texts.strikes(found, user_id, limit=limit), *items)
    return Page(view=view, said=said)


class LiftMenu(
    ui.DynamicItem[ui.Select[Any]], template=r"strikes:(?P<grant>[rh]):(?P<user_id>[0-9]{1,20})"
):
    """Lifts the strikes that are chosen in it."""

    def __init__(self, grant: Grant, user_id: int | None, strikes: Sequence[Strike] = ()) -> None:
        super().__init__(
            ui.Select(
                custom_id=f"strikes:{grant}:{user_id or 0}",
                placeholder=admin_texts.LIFT_PLACEHOLDER,
                max_values=max(1, len(strikes)),
                options=[
                    discord.SelectOption(
                        label=admin_texts.strike_label(number, one), value=str(one.job_id)
                    )
                    for number, one in enumerate(strikes, 1)
                ],
            )
        )
        self.grant = grant
        self.user_id = user_id

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the menu of a page opened earlier, perhaps by another process."""
        del interaction, item
        return cls(Grant(match["grant"]), int(match["user_id"]) or None)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Lift what was chosen, and show what is left."""
        await answer_press(interaction, lambda: self._lift(interaction))

    async def _lift(self, interaction: discord.Interaction[Any]) -> str | Page:
        bot = interaction.client
        assert isinstance(bot, RestyleBot)  # noqa: S101 - nobody else registers this menu
        if not await may_press(interaction, bot.store, Action.LIFT_STRIKE, self.grant):
            return permission_texts.refused(Action.LIFT_STRIKE)
        guild_id = interaction.guild_id
        if guild_id is None:
            return admin_texts.in_dms("A strike")
        chosen = [int(value) for value in self.item.values]
        lifted = await bot.store.people.lift(guild_id, chosen, by=interaction.user.id)
        said = admin_texts.lifted(lifted)
        return await strikes_page(bot.store, guild_id, self.user_id, self.grant, said=said)
