"""Adding, changing, ordering and removing looks: the server's, and a person's own."""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from bot.cometapi.models import model_rules
from bot.domain.guilds import guild_key
from bot.domain.looks import MOST_LOOKS, LookOrigin, compose, server_key
from bot.policy.look_values import check_look
from bot.policy.problems import SERVER, UNSET, Flaw, SettingRefusedError
from bot.policy.prompt_rules.check import check_rules
from bot.policy.prompt_rules.rules import RuleAction
from bot.policy.values import BadValueError
from bot.requests.validation import MAX_SEED
from bot.texts import looks as look_texts
from cogs.looks import forms
from cogs.settings.log import log_channels, post_action

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from bot.app import RestyleBot
    from bot.domain.looks import Look, OfferedLook
    from bot.policy.levels import Policy
    from cogs.common.aside import Aside
    from cogs.common.forms import FormData

log = logging.getLogger(__name__)

_FLAWS: Final = {
    Flaw.TOO_LONG: look_texts.TOO_LONG,
    Flaw.EMPTY: look_texts.NO_WORDS,
    Flaw.WRONG_KIND: look_texts.ONE_SLOT,
}


class LookRefusedError(Exception):
    """A look cannot be so; the message is for the person, and nothing was changed."""


class LookChanges:
    """Makes the changes; whoever calls has asked whether the person may."""

    def __init__(self, bot: RestyleBot, *, aside: Aside) -> None:
        self._bot = bot
        self._store = bot.store
        self._aside = aside

    @property
    def ratios(self) -> Sequence[str]:
        """The shapes that can be chosen for a look."""
        return model_rules(self._bot.models.current).offered_ratios

    def read(
        self, fields: FormData, *, ratio: str | None = None, picture_job_id: int | None = None
    ) -> Look:
        """Return the look that a form describes.

        Args:
            fields: What was put in.
            ratio: The shape, where the form does not ask for one.
            picture_job_id: As in :class:`~bot.domain.looks.Look`; no form asks for it.

        Raises:
            LookRefusedError: It is none.
        """
        seed = fields.text(forms.SEED).strip()
        if seed and not (seed.isascii() and seed.isdigit() and int(seed) <= MAX_SEED):
            raise LookRefusedError(look_texts.BAD_NUMBER)
        try:
            look = check_look(
                {
                    "name": fields.text(forms.NAME),
                    "words": fields.text(forms.WORDS),
                    "seed": int(seed) if seed else None,
                    "shape": _chosen(fields, forms.SHAPE, ratio),
                    "model": _chosen(fields, forms.MODEL, None),
                }
            )
        except BadValueError as exc:
            raise LookRefusedError(_FLAWS.get(exc.flaw, look_texts.NO_WORDS)) from exc
        return replace(look, picture_job_id=picture_job_id)

    async def add(self, interaction: discord.Interaction[Any], key: str, look: Look) -> None:
        """Add a look to the server's or to the person's own.

        Raises:
            LookRefusedError: There is no room, the name is taken, or the server's rules refuse it.
        """
        policy = await self._store.policies.read(interaction.guild_id)
        await self._check_words(policy, look, interaction.user.id)
        if LookOrigin(key[0]) is LookOrigin.PERSONAL:
            user_id = interaction.user.id
            if not await self._store.looks.save(interaction.id, look, user_id=user_id):
                raise LookRefusedError(look_texts.FULL)
            return
        looks = policy.server("looks")
        if len(looks) >= MOST_LOOKS:
            raise LookRefusedError(look_texts.FULL)
        await self._set(interaction, looks=(*looks, look))

    async def replace(
        self, interaction: discord.Interaction[Any], found: OfferedLook, look: Look
    ) -> None:
        """Put a look in another's place.

        Raises:
            LookRefusedError: The name is taken, or the server's rules refuse it.
        """
        policy = await self._store.policies.read(interaction.guild_id)
        await self._check_words(policy, look, interaction.user.id)
        if found.origin is LookOrigin.PERSONAL:
            look_id, user_id = int(found.key[2:]), interaction.user.id
            await self._store.looks.save(look_id, look, user_id=user_id)
            return
        looks = [look if _is(one, found) else one for one in policy.server("looks")]
        await self._set(interaction, looks=tuple(looks))

    async def do(
        self, interaction: discord.Interaction[Any], verb: str, found: OfferedLook
    ) -> str | None:
        """Remove a look, move it in the list, or switch it; return what else is to be said.

        Raises:
            LookRefusedError: It is not there any more.
        """
        if found.origin is LookOrigin.PERSONAL:
            if verb == "remove-sure":
                await self._store.looks.remove(int(found.key[2:]), user_id=interaction.user.id)
            return None
        policy = await self._store.policies.read(interaction.guild_id)
        if found.origin is LookOrigin.BUILT_IN:
            word = found.key[2:]
            hidden = policy.server("hidden_looks")
            hidden = hidden | {word} if verb == "hide" else hidden - {word}
            return await self._set(interaction, hidden_looks=hidden)
        looks = list(policy.server("looks"))
        place = next((at for at, one in enumerate(looks) if _is(one, found)), None)
        if place is None:
            raise LookRefusedError(look_texts.CHANGED_MEANWHILE)
        look = looks.pop(place)
        if verb == "earlier":
            looks.insert(max(0, place - 1), look)
        elif verb == "later":
            looks.insert(place + 1, look)
        return await self._set(interaction, looks=tuple(looks))

    async def _check_words(self, policy: Policy, look: Look, user_id: int) -> None:
        """Ask the server's prompt rules about a look, as about a prompt."""
        holds = policy.effective((), (), self._bot.settings)
        for text in (look.name, compose(look.words, "")):
            check = partial(check_rules, text, holds.prompt_rules, holds.seen_disguises)
            hit = await self._aside.run(user_id, check)
            if hit is not None and hit.action is RuleAction.REFUSE:
                raise LookRefusedError(look_texts.RULED_OUT)

    async def _set(self, interaction: discord.Interaction[Any], **values: Any) -> str | None:  # noqa: ANN401 - each setting has its own type
        """Change the server's settings, and have the change logged where it wants that."""
        changes = {SERVER: {name: value or UNSET for name, value in values.items()}}
        guild_id = guild_key(interaction.guild_id)
        before = await self._store.policies.read(guild_id)
        try:
            after, action = await self._store.policies.change(
                guild_id, changes, user_id=interaction.user.id, operator=self._bot.settings
            )
        except SettingRefusedError as exc:
            flaws = {problem.flaw for problem in exc.problems}
            full = Flaw.TOO_MANY in flaws
            raise LookRefusedError(look_texts.FULL if full else look_texts.NAME_TAKEN) from exc
        log.info("guild %s: looks changed by user %s", guild_id, interaction.user.id)
        channels = log_channels(before, after)
        return await post_action(
            self._bot, interaction.guild, channels, action, what=look_texts.LOGGED
        )


def _is(look: Look, found: OfferedLook) -> bool:
    return server_key(look.name) == found.key


def _chosen(fields: FormData, field: str, otherwise: str | None) -> str | None:
    value = fields.text(field)
    if not value:
        return otherwise
    return None if value == forms.NONE else value
