"""The page on which moderators see strikes, and lift them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import discord
from discord import ui

from bot.domain.permissions import Action
from bot.texts import admin as admin_texts
from bot.texts import permission as permission_texts
from bot.texts import usage as usage_texts
from cogs.common.cards import GREY, card
from cogs.common.grants import GRANT, Grant, GrantedItem
from cogs.common.ids import read_id
from cogs.common.pages import Page
from cogs.usage.button import UsageButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.app import RestyleBot
    from bot.domain.sanctions import Strike

_SHOWN: Final = 25
"""As many as a menu can offer."""


async def strikes_page(
    bot: RestyleBot, guild_id: int, user_id: int | None, grant: Grant, *, said: str | None = None
) -> Page:
    """Return the page of a server's strikes, or of one member's."""
    store, settings = bot.store, bot.command_mentions.of("restyle-settings")
    found = await store.people.strikes(guild_id, user_id=user_id, limit=_SHOWN)
    limit = (await store.policies.read(guild_id)).server("strike_limit")
    items: list[ui.Item[Any]] = []
    if found:
        items.append(ui.ActionRow(LiftMenu(grant, user_id, found)))
    items.append(ui.ActionRow(UsageButton("server", usage_texts.BACK_LABEL)))
    view = card(GREY, admin_texts.strikes(found, user_id, limit=limit, settings=settings), *items)
    return Page(view=view, said=said)


class LiftMenu(
    GrantedItem[ui.Select[Any]], template=rf"strikes:{GRANT}:(?P<user_id>[0-9]{{1,20}})"
):
    """Lifts the strikes that are chosen in it."""

    action = Action.LIFT_STRIKE
    fields: ClassVar = {"grant": Grant, "user_id": read_id}

    def __init__(self, grant: Grant, user_id: int | None, strikes: Sequence[Strike] = ()) -> None:
        """Take whose strikes the page shows; in the custom id 0 stands for everybody's."""
        options = [
            discord.SelectOption(label=admin_texts.strike_label(number, one), value=str(one.job_id))
            for number, one in enumerate(strikes, 1)
        ]
        super().__init__(
            ui.Select(
                custom_id=f"strikes:{grant}:{user_id or 0}",
                placeholder=admin_texts.LIFT_PLACEHOLDER,
                max_values=max(1, len(strikes)),
                options=options,
            )
        )
        self.grant = grant
        self.user_id = user_id or None

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Lift what was chosen, and show what is left."""
        guild_id, store = interaction.guild_id, interaction.client.store
        if guild_id is None:
            return admin_texts.in_dms("A strike")
        chosen = {read_id(value) for value in self.item.values}
        own = await store.people.strikes(guild_id, user_id=interaction.user.id)
        lifted = await store.people.lift(guild_id, chosen, by=interaction.user.id)
        said = admin_texts.lifted(lifted)
        if any(strike.job_id in chosen for strike in own):
            refused = permission_texts.refused(self.action)
            said = f"{refused}\n{said}" if lifted else refused
        return await strikes_page(interaction.client, guild_id, self.user_id, self.grant, said=said)
