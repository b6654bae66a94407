"""What the panel of ``/restyle-settings`` does: shows, previews, saves, undoes."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING, Any

from bot.errors import StoreError
from bot.policy.changes import check_changes, undoing
from bot.policy.own_benefit import lifted
from bot.policy.problems import Flaw, Problem, SettingRefusedError
from bot.texts import panel_answer as answers
from bot.texts import policy as policy_texts
from cogs.common.permission_checks import permissions_everywhere, role_ids_of
from cogs.settings.controls import PanelData
from cogs.settings.drafts import Draft, Drafts, own_values
from cogs.settings.log import log_channels, post_action
from cogs.settings.page import draft_page, settings_page
from cogs.settings.preview import effect_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import discord

    from bot.app import RestyleBot
    from bot.cometapi.models import VideoModel
    from bot.policy.changes import PolicyChange
    from bot.policy.levels import Policy
    from bot.policy.problems import Target
    from bot.settings import Settings
    from bot.storage.store import Store
    from cogs.common.aside import Aside
    from cogs.common.pages import Page
    from cogs.settings.drafts import Changes
    from cogs.settings.items import PanelLocation

log = logging.getLogger(__name__)


class SettingsPanel:
    """Answers what moderators do on the panel; every answer is a page, or words alone.

    Args:
        bot: For what it knows of servers, and for the log channel.
        settings: The operator's settings.
        store: Where the servers' are.
        model: What the provider's model takes.
        aside: Does what takes a while.
    """

    def __init__(
        self,
        bot: RestyleBot,
        *,
        settings: Settings,
        store: Store,
        model: VideoModel,
        aside: Aside,
    ) -> None:
        self._bot = bot
        self._operator = settings
        self._store = store
        self._model = model
        self._aside = aside
        self._drafts = Drafts()

    @property
    def _own_command(self) -> str:
        return self._bot.command_mentions.of("restyle-settings")

    def out_of_date(self) -> str:
        """Return the answer to a control that this version does not have."""
        return answers.out_of_date(self._own_command)

    async def panel(
        self, guild_id: int, location: PanelLocation, *, said: str | None = None
    ) -> Page:
        """Return the panel as things stand now."""
        data = PanelData(
            policy=await self._store.policies.read(guild_id),
            changes=await self._store.policies.changes(guild_id),
            guild=self._bot.get_guild(guild_id),
            operator=self._operator,
            model=self._model,
            command=self._bot.command_mentions.of,
        )
        return settings_page(location, data, said=said)

    # Changing

    async def propose(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        changes: Mapping[Target, Mapping[str, Any]],
        *,
        what: str = answers.CHANGED,
        unchanged: str | None = None,
    ) -> str | Page:
        """Save changes at once, or show first what they would have done.

        Args:
            interaction: The press or form.
            location: Where on the panel.
            changes: As ``Policies.change`` takes them.
            what: What the action is called in the log channel.
            unchanged: What is said when all of it is set already.
        """
        guild_id = _guild_id(interaction)
        policy = await self._store.policies.read(guild_id)
        try:
            checked = self._check(changes, policy)
        except SettingRefusedError as exc:
            return await self.panel(guild_id, location, said=policy_texts.not_saved(exc.problems))
        real = _really_changed(checked, policy)
        if not real:
            return await self.panel(guild_id, location, said=unchanged)
        own = lifted(policy, real, role_ids_of(interaction), self._operator)
        if own and not _could_anyway(interaction):
            return await self.panel(guild_id, location, said=answers.lifts_oneself(own))
        now = interaction.created_at
        aside = partial(self._aside.run, interaction.user.id)
        effect = await effect_of(self._store, policy, real, self._operator, now, aside)
        draft = Draft(
            guild_id=guild_id,
            user_id=interaction.user.id,
            changes=real,
            before=own_values(policy, real),
            what=what,
        )
        if not effect.is_any and what != answers.IMPORTED and not own:
            return await self._save(interaction, location, draft, policy)
        lines = [
            policy_texts.changed(name, draft.before[target][name], value, target)
            for target, values in real.items()
            for name, value in values.items()
        ]
        words = answers.proposed(
            lines, effect.words or answers.NO_EFFECT, warning=answers.lifting_oneself(own)
        )
        return draft_page(location, words, self._drafts.add(draft))

    async def decide(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        key: str,
        *,
        save: bool,
    ) -> str | Page:
        """Save what waits, or drop it."""
        guild_id = _guild_id(interaction)
        draft = self._drafts.take(key, guild_id=guild_id, user_id=interaction.user.id)
        if draft is None or not save:
            said = answers.DRAFT_GONE if save else None
            return await self.panel(guild_id, location, said=said)
        policy = await self._store.policies.read(guild_id)
        if draft.is_overtaken(policy):
            return await self.panel(guild_id, location, said=answers.SAVE_OVERTAKEN)
        # They may have been given the role meanwhile.
        own = lifted(policy, draft.changes, role_ids_of(interaction), self._operator)
        if own and not _could_anyway(interaction):
            return await self.panel(guild_id, location, said=answers.lifts_oneself(own))
        return await self._save(interaction, location, draft, policy)

    async def undo(
        self, interaction: discord.Interaction[Any], location: PanelLocation, newest_id: int
    ) -> str | Page:
        """Take the last action back, if it is the one whose newest change was shown."""
        guild_id = _guild_id(interaction)
        before = await self._store.policies.read(guild_id)
        latest = await self._store.policies.last_action(guild_id)
        if not latest:
            return await self.panel(guild_id, location, said=answers.NOTHING_TO_UNDO)
        if latest[0].id != newest_id:
            return await self.panel(guild_id, location, said=answers.UNDO_OVERTAKEN)
        try:
            own = lifted(before, undoing(latest), role_ids_of(interaction), self._operator)
        except ValueError:  # a former value is not taken any more; below that is told
            own = []
        if own and not _could_anyway(interaction):
            return await self.panel(guild_id, location, said=answers.lifts_oneself(own))
        try:
            undone = await self._store.policies.undo(
                guild_id, latest, user_id=interaction.user.id, operator=self._operator
            )
        except SettingRefusedError as exc:
            return await self.panel(guild_id, location, said=policy_texts.not_saved(exc.problems))
        except StoreError as exc:
            log.warning("guild %s: not undone: %s", guild_id, exc)
            return answers.perhaps_not_saved(self._own_command)
        if undone is None:
            return await self.panel(guild_id, location, said=answers.UNDO_OVERTAKEN)
        after, action = undone
        return await self._done(interaction, location, (before, after), action, answers.UNDID)

    def _check(self, changes: Mapping[Target, Mapping[str, Any]], policy: Policy) -> Changes:
        checked = check_changes(changes, self._operator, policy.allowance)
        least = self._model.min_seconds
        problems = [
            Problem(
                name="max_video_seconds",
                flaw=Flaw.TOO_LOW,
                target=target,
                value=seconds,
                lowest=least,
            )
            for target, values in checked.items()
            # Lower would close the command without saying so.
            if isinstance(seconds := values.get("max_video_seconds"), int | float)
            and least is not None
            and seconds < least
        ]
        if problems:
            raise SettingRefusedError(problems)
        return checked

    async def _save(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        draft: Draft,
        before: Policy,
    ) -> str | Page:
        guild_id = draft.guild_id
        try:
            after, action = await self._store.policies.change(
                guild_id, draft.changes, user_id=draft.user_id, operator=self._operator
            )
        except SettingRefusedError as exc:
            return await self.panel(guild_id, location, said=policy_texts.not_saved(exc.problems))
        except StoreError as exc:
            log.warning("guild %s: settings not saved: %s", guild_id, exc)
            return answers.perhaps_not_saved(self._own_command)
        return await self._done(interaction, location, (before, after), action, draft.what)

    async def _done(
        self,
        interaction: discord.Interaction[Any],
        location: PanelLocation,
        policies: tuple[Policy, Policy],
        action: Sequence[PolicyChange],
        what: str,
    ) -> Page:
        """Post what was done in the log channel, and show the panel."""
        guild_id, user_id = _guild_id(interaction), interaction.user.id
        log.info("guild %s: user %s %s", guild_id, user_id, what)
        said = None
        if channel_ids := log_channels(*policies):
            guild = self._bot.get_guild(guild_id)
            said = await post_action(self._bot, guild, channel_ids, action, what=what)
        return await self.panel(guild_id, location, said=said)


def _could_anyway(interaction: discord.Interaction[Any]) -> bool:
    """Tell whether Discord lets this person give roles, and so have what any role has."""
    return permissions_everywhere(interaction).manage_roles


def _guild_id(interaction: discord.Interaction[Any]) -> int:
    assert interaction.guild_id is not None  # noqa: S101 - asked for before
    return interaction.guild_id


def _really_changed(changes: Mapping[Target, Mapping[str, Any]], policy: Policy) -> Changes:
    """Return the changes that change anything."""
    found: Changes = {}
    for target, values in changes.items():
        for name, value in values.items():
            if policy.own(name, target) != value:
                found.setdefault(target, {})[name] = value
    return found
