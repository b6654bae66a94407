"""Who may press what on a page: by the table, or because the command itself was handed to them.

An administrator can hand a command to any role, and no second check contradicts that. Nothing in a
press says so later, so a page that such a command opened carries a seal in its custom ids: who
opened it, where, for what, with which roles, and when. A seal holds for 15 minutes, and no longer
than the person's roles and the server's permissions of commands stay as they were.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from bot.domain.permissions import Action, may, who
from bot.texts import permission as permission_texts
from cogs.common.items import NO_TEMPLATE, ItemT, PageItem
from cogs.common.permission_checks import actor_of, may_moderate, role_ids_of

if TYPE_CHECKING:
    import discord

    from bot.app import RestyleBot
    from bot.storage.store import Store
    from cogs.common.pages import Page

GRANT_SECONDS: Final = 900
"""How long a page can be used by one who has only the command; Discord forgets the page then."""

GRANT: Final = r"(?P<grant>r|h[A-Za-z0-9_-]{0,20})"
"""The part of a template. ``h`` alone is what earlier versions wrote: it says nothing now."""

_TIME_BYTES: Final = 4
_SEAL_BYTES: Final = 11


@dataclass(frozen=True, slots=True)
class Grant:
    """By what a page was opened; part of custom ids.

    ``r``: by what the person is, which is asked again at each press. ``h`` and a seal: by an
    administrator's word.
    """

    text: str = "r"

    def __str__(self) -> str:
        """Return it as custom ids carry it."""
        return self.text


RIGHT: Final = Grant()


async def grant_of(interaction: discord.Interaction[RestyleBot], action: Action) -> Grant:
    """Return by what the person opens a page with a command that Discord guards."""
    if may_here(interaction, action):
        return RIGHT
    return Grant(await _sealed(interaction, action, int(interaction.created_at.timestamp())))


async def _sealed(
    interaction: discord.Interaction[RestyleBot], action: Action, opened_at: int
) -> str:
    """Return the seal of whoever acts, for a page opened at ``opened_at`` (Unix, s)."""
    bot, guild_id = interaction.client, interaction.guild_id or 0
    facts = [
        *(action, guild_id, interaction.user.id, opened_at),
        bot.command_permission_changes[guild_id],
        *sorted(role_ids_of(interaction)),
    ]
    words = ":".join(map(str, facts)).encode()
    seal = hmac.digest(await bot.store.installation.key(), words, hashlib.sha256)[:_SEAL_BYTES]
    whole = opened_at.to_bytes(_TIME_BYTES, "big") + seal
    return f"h{base64.urlsafe_b64encode(whole).decode('ascii')}"


def may_here(interaction: discord.Interaction[Any], action: Action) -> bool:
    """Tell whether the person may, by their permissions or as the bot's owner."""
    return may(action, who(actor_of(interaction)))


async def refusal_of(
    interaction: discord.Interaction[Any], store: Store, action: Action, grant: Grant
) -> str | None:
    """Return why the person may not press a control of a page, or ``None`` if they may."""
    if await may_moderate(interaction, store, action):
        return None
    if grant == RIGHT or interaction.guild_id is None:
        return permission_texts.refused(action)
    opened_at = _opened_at(grant)
    age = interaction.created_at.timestamp() - opened_at
    if 0 <= age <= GRANT_SECONDS and hmac.compare_digest(
        await _sealed(interaction, action, opened_at), grant.text
    ):
        return None
    return permission_texts.grant_over(action)


def _opened_at(grant: Grant) -> int:
    """Return when a page was opened, as its seal claims; 0 for a seal that is none."""
    try:
        whole = base64.b64decode(grant.text[1:], altchars=b"-_", validate=True)
    except binascii.Error:
        return 0
    return int.from_bytes(whole[:_TIME_BYTES], "big")


class GrantedItem(PageItem[ItemT], template=NO_TEMPLATE):
    """A control of a page that a command opened; its custom id says by what."""

    action: ClassVar[Action]
    grant: Grant

    async def answer(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do it for whoever may, and say to everybody else who may."""
        store = interaction.client.store
        refused = await refusal_of(interaction, store, self.action, self.grant)
        return refused if refused is not None else await self.act(interaction)

    async def act(self, interaction: discord.Interaction[RestyleBot]) -> str | Page:
        """Do what the control says, and return the page that is left."""
        raise NotImplementedError
