"""RestyleBot: the connection to Discord, its command tree, and the extensions it loads."""

from __future__ import annotations

import asyncio
import functools
import importlib
import logging
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands
from yarl import URL

from bot.domain.conditions import Conditions
from bot.domain.guilds import guild_key
from bot.engine.model_choice import ModelChoice
from bot.extensions import EXTENSIONS
from bot.interaction_log import broke, note_interaction
from bot.option_checks import UNKNOWN_COMMAND, strangeness, wants_suggestions
from bot.policy.doors import closed_command
from bot.registration import Registration, follow_settings
from bot.requests.text_safety import cut
from bot.requests.upload_limits import UploadLimits
from bot.shards import ShardFacts, limit_pauses
from bot.system.clock import SystemClock
from bot.system.hidden_channels import keep_hidden_channels_out
from bot.texts import common as texts
from bot.texts.commands import CommandMentions
from bot.texts.refusal import refusal

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from bot.archive.archive import Archive
    from bot.engine.budget import Budget
    from bot.engine.extras import Extras
    from bot.engine.ports import ApprovalPrompts, Deliverer
    from bot.engine.provider_watch import ProviderWatch
    from bot.engine.settling import Settling
    from bot.media.download import Downloader
    from bot.media.process_pool import ProcessPool
    from bot.media.scratch import Scratch
    from bot.requests.validation import Refusal
    from bot.settings import Settings
    from bot.storage.store import Store

log = logging.getLogger(__name__)


RATE_LIMIT_SECONDS: Final = 60.0
"""A call that Discord wants to wait longer than this fails with ``discord.RateLimited`` instead of
sleeping; whoever made it comes back later. Discord's own waits are seconds; discord.py takes no
less than 30."""


DISCORD: Final = URL("https://discord.com")

_MESSAGE_CHARACTERS: Final = 2_000

DRAIN_SECONDS: Final = 3.0
"""How long a stop waits for commands under way: most clips are downloaded and checked by then."""
LAST_WORDS_SECONDS: Final = 2.0
"""How long the others then have to say that nothing was started."""


class RestyleTree(app_commands.CommandTree["RestyleBot"]):
    """The command tree; a command that breaks answers the person all the same."""

    def __init__(self, client: RestyleBot) -> None:
        super().__init__(client)
        self._under_way: set[asyncio.Task[Any]] = set()
        self._is_closing = False

    async def interaction_check(self, interaction: discord.Interaction[RestyleBot], /) -> bool:
        """Take a command unless the process is stopping; the one that follows it answers then.

        Where the operator lets nothing start it is answered with that instead.
        """
        note_interaction(interaction)
        is_typing = interaction.type is discord.InteractionType.autocomplete
        if is_typing and not wants_suggestions(self, interaction):
            return False
        task = asyncio.current_task()
        if self._is_closing or task is None:
            return False
        closed = _closed_to(interaction)
        if closed is not None:
            await answer_privately(interaction, refusal(closed, self.client.command_mentions.of))
            return False
        if (strange := strangeness(self, interaction)) is not None:
            await answer_privately(interaction, strange)
            return False
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return True

    async def drain(self) -> None:
        """Take no more commands, and let those under way end, for people were told to wait."""
        self._is_closing = True
        if not self._under_way:
            return
        _, late = await asyncio.wait(self._under_way, timeout=DRAIN_SECONDS)
        if late:
            log.warning("%d commands were still running when the process ended", len(late))
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=LAST_WORDS_SECONDS)

    async def on_error(
        self,
        interaction: discord.Interaction[RestyleBot],
        error: app_commands.AppCommandError,
        /,
    ) -> None:
        """Log ``error`` unless it is a refusal by rule, and tell the person."""
        if isinstance(error, app_commands.CheckFailure):
            await answer_privately(interaction, texts.NOT_ALLOWED)
            return
        if isinstance(error, UNKNOWN_COMMAND):
            log.info("interaction %s: not ours: %s", interaction.id, error)
            await answer_privately(interaction, texts.UNKNOWN_COMMAND)
            return
        await answer_privately(interaction, broke(interaction, error))


async def _do_nothing() -> None:
    """Stand for a look where nobody looks."""


def _closed_to(interaction: discord.Interaction[RestyleBot]) -> Refusal | None:
    """Return why a command does nothing here, if so."""
    if interaction.type is not discord.InteractionType.application_command:
        return None  # there is no message to answer an autocompletion with
    data: Mapping[str, Any] = interaction.data or {}
    is_copy = interaction.is_user_integration() and not interaction.is_guild_integration()
    name, guild_id = str(data.get("name")), guild_key(interaction.guild_id)
    return closed_command(name, guild_id, interaction.client.settings, is_own_copy=is_copy)


async def answer_privately(
    interaction: discord.Interaction[Any], text: str, *, view: discord.ui.View | None = None
) -> None:
    """Show ``text`` to the person alone, whether the interaction was answered before or not.

    A refusal by Discord is logged, not raised: there is no other way to reach the person.
    ``view`` stands under the text; its buttons must be alive after a restart.
    """
    text = cut(text, _MESSAGE_CHARACTERS)
    shown: dict[str, Any] = {"ephemeral": True} | ({} if view is None else {"view": view})
    try:
        if interaction.response.is_done():
            await interaction.followup.send(text, **shown)
        else:
            await interaction.response.send_message(text, **shown)
    except (discord.HTTPException, discord.InteractionResponded) as exc:
        log.warning("interaction %s: could not be answered: %s", interaction.id, exc)


class RestyleBot(commands.AutoShardedBot):
    """The bot; it closes its own connection only, nothing of what it is given.

    An extension that fails to load stops the start.

    Attributes:
        extras: What the buttons under an answer make; set by ``cogs/delivery`` when it is loaded.
        command_permission_changes: How often a server changed who may use commands, since the
            process started, by the server's id.
    """

    extras: Extras

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        downloader: Downloader,
        scratch: Scratch,
        process_pool: ProcessPool,
        archive: Archive | None = None,
        budget: Budget | None = None,
        models: ModelChoice | None = None,
        extensions: Sequence[str] = EXTENSIONS,
    ) -> None:
        # Voice is not used; without this discord.py warns about it at every start.
        discord.VoiceClient.warn_nacl = False
        discord.VoiceClient.warn_dave = False
        super().__init__(
            command_prefix=commands.when_mentioned,  # there are no prefix commands
            help_command=None,
            tree_cls=RestyleTree,
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=RATE_LIMIT_SECONDS,
            shard_ids=settings.shard_ids,  # type: ignore[arg-type] # None is its own default
            shard_count=settings.shard_count,
            proxy=settings.proxy.way_to(DISCORD),
            http_trace=budget.trace() if budget else None,  # type: ignore[arg-type] # as above
        )
        keep_hidden_channels_out(self._connection.parsers, get_guild=self.get_guild)
        self.settings = settings
        self.upload_limits = UploadLimits()
        self.store = store
        self.downloader = downloader
        self.scratch = scratch
        self.process_pool = process_pool
        self._extensions_to_load = tuple(extensions)
        self.archive = archive
        self.models = models or ModelChoice(settings.models, clock=SystemClock())
        self.watch: ProviderWatch | None = None  # these two are set once the bot has logged in
        self.settling: Settling | None = None
        self._deliverer: Deliverer | None = None
        self.approval_prompts: ApprovalPrompts | None = None  # set by cogs that ask people
        # what cogs do about presses on messages posted earlier; see cogs/common/items.py
        self.presses: dict[type, Callable[[discord.Interaction[Any], Any], Awaitable[None]]] = {}
        self._draining: asyncio.Task[None] | None = None
        self._templates: set[re.Pattern[str]] = set()
        self.command_permission_changes: Counter[int] = Counter()
        self.command_mentions = CommandMentions()
        self.registration = Registration(self, settings, self.command_mentions)
        self.conditions = Conditions()
        """What is wrong at present; the process's own once it looks at itself."""
        self.look_at_itself: Callable[[], Awaitable[None]] = _do_nothing
        """Brings ``conditions`` up to date; set where there is somebody who looks."""
        self._silent_places: set[str] = set()

    async def on_shard_connect(self, shard_id: int) -> None:
        """Keep the pauses short in which the shard tries to connect once it has lost Discord."""
        limit_pauses(self.shards[shard_id])

    async def on_raw_app_command_permissions_update(
        self, payload: discord.RawAppCommandPermissionsUpdateEvent
    ) -> None:
        """Note that who may use a command was changed on a server: see ``cogs/common/grants.py``.

        Discord tells the process that also gets the server's interactions.
        """
        self.command_permission_changes[payload.guild.id] += 1

    def add_dynamic_items(self, *items: type[discord.ui.DynamicItem[Any]]) -> None:
        """Know these controls again, whichever process posted them."""
        super().add_dynamic_items(*items)
        self._templates.update(item.__discord_ui_compiled_template__ for item in items)

    def knows_control(self, custom_id: str) -> bool:
        """Tell whether some control has this custom id."""
        return any(template.fullmatch(custom_id) for template in self._templates)

    @property
    def deliverer(self) -> Deliverer:
        """What the engine sees of Discord; there once the bot has logged in.

        Raises:
            RuntimeError: The bot has not logged in yet.
        """
        if self._deliverer is None:
            raise RuntimeError("there is no deliverer before the bot has logged in")
        return self._deliverer

    @deliverer.setter
    def deliverer(self, deliverer: Deliverer) -> None:
        self._deliverer = deliverer

    @property
    def owner_user_ids(self) -> frozenset[int]:
        """Who runs the bot: ``OWNER_IDS``, else the application's owner or its team's people."""
        if self.settings.owners:
            return self.settings.owners
        if self.application is None:  # not logged in yet
            return frozenset()
        team = self.application.team
        if team is None:
            return frozenset({self.application.owner.id})
        return frozenset(
            member.id
            for member in team.members
            if member.membership_state is discord.TeamMembershipState.accepted
            and member.role is not discord.TeamMemberRole.read_only
        )

    async def setup_hook(self) -> None:
        """Set the extensions up and register the commands where they have changed.

        Raises:
            ImportError: An extension is not there.
        """
        for name in self._extensions_to_load:
            # Not load_extension: to be able to reload, it runs each module again, whose classes are
            # then others than those that its neighbours have imported.
            await importlib.import_module(name).setup(self)
        follow_settings(self.tree, self.settings)
        self.registration.start()

    def shard_facts(self) -> list[ShardFacts]:
        """Return how each shard of this process is connected; empty before the first connects.

        ``is_ready()`` does not say it: once true, it stays so when the connection is lost.
        """
        expected = self.settings.shard_ids or range(self.shard_count or 0)
        shards = self.shards
        return [ShardFacts.of(shard_id, shards.get(shard_id)) for shard_id in expected]

    async def tell_owners(
        self,
        text: str | None = None,
        *,
        view: discord.ui.View | discord.ui.LayoutView | None = None,
    ) -> bool:
        """Post something in the alert channel, or else write it to each of the bot's owners.

        Returns whether anybody can read it now.
        """
        return bool(await self.post_to_owners(text, view=view))

    async def post_to_owners(
        self,
        text: str | None = None,
        *,
        view: discord.ui.View | discord.ui.LayoutView | None = None,
    ) -> list[discord.Message]:
        """Write to the alert channel, or to each of the bot's owners; return what was posted.

        The owners also get what the channel does not take. That a place takes nothing is logged
        once, until it does; the text itself is for the caller to log. There is no mention in it.
        """
        shown: dict[str, Any] = (
            {"content": text} if view is None else {"content": text, "view": view}
        )
        direct = {
            f"direct messages with {one}": functools.partial(self._direct, one)
            for one in sorted(self.owner_user_ids)
        }
        channel_id = self.settings.alert_channel_id
        channel = {f"channel {channel_id}": self._alert_channel} if channel_id else {}
        for places in (channel, direct):
            tries = [
                await self._post(name, open_place, shown) for name, open_place in places.items()
            ]
            if sent := [message for message in tries if message is not None]:
                return sent
        return []

    async def _post(
        self,
        name: str,
        open_place: Callable[[], Awaitable[discord.abc.Messageable]],
        shown: Mapping[str, Any],
    ) -> discord.Message | None:
        try:
            message = await (await open_place()).send(**shown)
        except (discord.HTTPException, discord.RateLimited, aiohttp.ClientError, OSError) as exc:
            level = logging.DEBUG if name in self._silent_places else logging.WARNING
            words = "The owner cannot be told in %s (ALERT_CHANNEL_ID can name a channel): %s"
            log.log(level, words, name, exc)
            self._silent_places.add(name)
            return None
        self._silent_places.discard(name)
        return message

    async def _alert_channel(self) -> discord.abc.Messageable:
        return self.get_partial_messageable(int(self.settings.alert_channel_id))

    async def _direct(self, user_id: int) -> discord.abc.Messageable:
        return await self.create_dm(discord.Object(user_id))

    def stop_taking(self) -> None:
        """Take no more commands; those under way get their time while other things close."""
        if self._draining is None and isinstance(self.tree, RestyleTree):
            self._draining = asyncio.create_task(self.tree.drain())

    async def close(self) -> None:
        """End the commands under way, then disconnect."""
        self.registration.stop()
        self.stop_taking()
        if self._draining is not None:
            await self._draining
        await super().close()
