"""What somebody asked for that is not started yet, as it is kept: to be chosen, agreed or mended.

Its id is that of the interaction in which it was made, and becomes the job's. So however often, and
by whichever process, it is pressed: one open request becomes one job.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from bot.domain.guilds import guild_key
from bot.requests.validation import Refusal, Rule
from bot.storage.open_requests import KeptRequest
from cogs.common.limits import store_deadline
from cogs.restyle.forms import FilledIn
from cogs.restyle.refusals import RefusedError
from cogs.restyle.requests import RequestedClip, RequestedPicture

if TYPE_CHECKING:
    from collections.abc import Sequence

    import discord

    from bot.cometapi.models import VideoModel
    from bot.requests.clip_plan import Plan
    from bot.requests.video_facts import VideoFacts
    from bot.storage.store import Store


_MOMENTS: Final = 9
"""Frames of a film strip."""
_LONGER_SECONDS: Final = 0.5
_LEAST_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class PartChoice:
    """The part of a longer clip that somebody is choosing; in seconds."""

    total: float
    """How long the clip is."""
    start: float
    length: float
    least: float
    """The shortest part that can be restyled."""
    most: float
    """The longest one."""
    model: str
    """By whose rules and price."""

    @classmethod
    def of(cls, facts: VideoFacts, plan: Plan, model: VideoModel) -> PartChoice | None:
        """Return what there is to choose of a clip, from its beginning and as long as may be.

        ``None`` where so little of it is left over that nobody would see the difference.
        """
        if facts.duration_seconds - plan.seconds <= _LONGER_SECONDS:
            return None
        return cls(
            total=facts.duration_seconds,
            start=0.0,
            length=plan.seconds,
            least=model.min_seconds or _LEAST_SECONDS,
            most=plan.seconds,
            model=model.name,
        )

    @property
    def latest(self) -> float:
        """The last moment at which the part can begin."""
        return max(self.total - self.length, 0.0)

    def starts(self) -> tuple[float, ...]:
        """Return up to nine moments at which the part can begin, evenly over the clip."""
        digits = 0 if self.latest >= _MOMENTS * 2 else 1
        step = self.latest / (_MOMENTS - 1)
        scale = 10**digits
        return tuple(
            dict.fromkeys(int(step * number * scale) / scale for number in range(_MOMENTS))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRequest:
    """A request as it was typed, and how far its maker has come with it."""

    id: int
    guild_id: int | None
    user_id: int
    filled: FilledIn
    """The words, as typed."""
    clips: tuple[RequestedClip, ...] = ()
    """Those to choose from; empty where it is about an earlier job's clip."""
    job_id: int | None = None
    """The earlier job whose clip it is."""
    reference: RequestedPicture | None = None
    model: str | None = None
    choice: PartChoice | None = None
    """What was found out about the clip, once its part is to be chosen."""
    shown_micros: int | None = None
    """What it was last said to cost, in micro-dollars; ``None`` while nobody could say."""
    is_agreed: bool = field(default=False)
    """Whether the part and what it costs were shown, and its maker said yes."""

    @classmethod
    def of(
        cls,
        interaction: discord.Interaction[Any],
        clips: Sequence[RequestedClip] = (),
        *,
        filled: FilledIn | None = None,
        **others: Any,  # noqa: ANN401 - the fields that are left
    ) -> OpenRequest:
        """Return the request that an interaction is."""
        return cls(
            id=interaction.id,
            guild_id=interaction.guild_id,
            user_id=interaction.user.id,
            clips=tuple(clips),
            filled=filled or FilledIn(),
            **others,
        )

    @property
    def clip(self) -> RequestedClip:
        """The clip with the number of the form, from 1 on; the first one without a number."""
        number = int(self.filled.file) if self.filled.file.isdecimal() else 1
        return self.clips[min(max(number, 1), len(self.clips)) - 1]

    def with_part(self, choice: PartChoice) -> OpenRequest:
        """Return the request with a part that was chosen, also in its form."""
        filled = replace(
            self.filled, start=f"{choice.start:g}", length=f"{round(choice.length, 3):g}"
        )
        return replace(self, choice=choice, filled=filled)

    # As it is kept

    async def keep(self, store: Store) -> None:
        """Store it, in place of what was kept of it before.

        Raises:
            StoreError: The database does not answer.
        """
        kept = KeptRequest(
            id=self.id, guild_id=guild_key(self.guild_id), user_id=self.user_id, words=self._dump()
        )
        async with store_deadline():
            await store.open_requests.keep(kept)

    def _dump(self) -> str:
        values = asdict(self)
        for name in ("id", "guild_id", "user_id"):
            values.pop(name)
        for clip in values["clips"]:
            clip["people_ids"] = sorted(clip["people_ids"])
        return json.dumps(values)

    @classmethod
    def load(cls, kept: KeptRequest) -> OpenRequest:
        """Return what :meth:`keep` stored.

        Raises:
            ValueError: Another version of the bot wrote it, in a way that this one cannot read.
        """
        values = json.loads(kept.words)
        try:
            clips = [
                RequestedClip(**clip | {"people_ids": frozenset(clip["people_ids"])})
                for clip in values.pop("clips")
            ]
            picture, choice = values.pop("reference"), values.pop("choice")
            return cls(
                id=kept.id,
                guild_id=kept.guild_id or None,
                user_id=kept.user_id,
                clips=tuple(clips),
                filled=FilledIn(**values.pop("filled")),
                reference=None if picture is None else RequestedPicture(**picture),
                choice=None if choice is None else PartChoice(**choice),
                **values,
            )
        except (KeyError, TypeError) as exc:
            raise ValueError(f"request {kept.id} is another version's") from exc


async def find_open(
    interaction: discord.Interaction[Any], store: Store, request_id: int
) -> OpenRequest:
    """Return the request that a control or form is about.

    Raises:
        RefusedError: It is gone, was started already, or belongs to another place.
        StoreError: The database does not answer.
    """
    async with store_deadline():
        kept = await store.open_requests.get(request_id, user_id=interaction.user.id)
        job = await store.get(request_id)
    if job is not None and job.user_id == interaction.user.id:
        raise RefusedError(Refusal(rule=Rule.STARTED_ALREADY))
    if kept is None or kept.guild_id != guild_key(interaction.guild_id):
        raise RefusedError(Refusal(rule=Rule.REQUEST_GONE))
    try:
        return OpenRequest.load(kept)
    except ValueError as exc:
        raise RefusedError(Refusal(rule=Rule.REQUEST_GONE)) from exc
