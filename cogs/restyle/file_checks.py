"""Download what was attached, look into it, and plan what is done with it: nothing is stored."""

from __future__ import annotations

import asyncio
import logging
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from bot.engine.steps.sources import ORIGINAL, SENT
from bot.errors import (
    MediaBusyError,
    MediaError,
    MediaProbeError,
    MediaStorageError,
    MediaTooLargeError,
    MediaUnreadableError,
)
from bot.media.film_strip import draw_film_strip
from bot.media.probe import MOMENT, take_in
from bot.media.reference import read_reference, refuse_reference
from bot.media.turns import FairSlots
from bot.requests.clip_plan import Plan, plan_clip
from bot.requests.validation import MAX_REFERENCE_BYTES, Refusal, Rule
from bot.texts.clip import clock_time
from cogs.restyle.open_request import PartChoice
from cogs.restyle.refusals import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bot.cometapi.models import VideoModel
    from bot.media.download import Downloader
    from bot.media.process_pool import ProcessPool
    from bot.media.scratch import Scratch
    from bot.policy.levels import Effective
    from bot.requests.video_facts import VideoFacts
    from cogs.restyle.requests import Request, RequestedPicture

log = logging.getLogger(__name__)

INTAKE_SECONDS: Final = 600.0
"""How long downloading and checking may take; the interaction's token lives for 900 s.

Source: https://docs.discord.com/developers/interactions/receiving-and-responding
"""

INTAKES_AT_ONCE: Final = 4
"""Downloads and checks in flight; more would only share the same line and the same cores."""

_MOST_PICTURE_BYTES: Final = 256 * 1024

INTAKES_WAITING: Final = 1000
"""They take little while they wait, and end after ``INTAKE_SECONDS`` by themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeResult:
    """What was found in the files."""

    facts: VideoFacts
    size_bytes: int
    model: VideoModel
    """Whose rules the plan keeps."""
    plan: Plan
    convert_reference: bool
    choice: PartChoice | None = None
    """What there is to choose of the clip; ``None`` where somebody has chosen, or need not."""
    strip: bytes | None = None
    """The film strip for it, a JPEG."""
    moment: bytes | None = None
    """What the clip shows where the part begins, as a small JPEG, where that was cheap to draw."""


class FileChecks:
    """Looks into the files of a few requests at once; the others wait.

    Args:
        downloader: For the attachments.
        scratch: For temporary files.
        process_pool: Looks into files.
    """

    def __init__(
        self,
        *,
        downloader: Downloader,
        scratch: Scratch,
        process_pool: ProcessPool,
    ) -> None:
        self._downloader = downloader
        self._scratch = scratch
        self._process_pool = process_pool
        self._slots = FairSlots(INTAKES_AT_ONCE, INTAKES_WAITING)

    async def run(
        self,
        request: Request,
        model: VideoModel,
        holds: Effective,
        *,
        upload_bytes: int,
        keep: Callable[[str, Path], None] = lambda *_: None,
    ) -> ProbeResult:
        """Download the files and look into them.

        Args:
            request: What is asked for.
            model: The provider's model, whose rules the plan keeps.
            holds: What holds for it.
            upload_bytes: The largest file that the bot may post where it was asked for.
            keep: Called with ``ORIGINAL`` or ``SENT`` and that file, to keep it for the job.

        Raises:
            RefusedError: A file breaks a rule, or could not be had.
        """
        try:
            async with asyncio.timeout(INTAKE_SECONDS), self._slots.slot():
                read = await self._read_clip(
                    request,
                    model,
                    holds,
                    upload_bytes=upload_bytes,
                    keep=keep,
                )
                convert = request.reference is not None and await self._must_convert(
                    request.reference
                )
        except TimeoutError as exc:
            raise RefusedError(Refusal(rule=Rule.TOOK_TOO_LONG)) from exc
        except MediaBusyError as exc:
            raise RefusedError(Refusal(rule=Rule.TOO_BUSY)) from exc
        return replace(read, convert_reference=convert)

    async def _read_clip(
        self,
        request: Request,
        model: VideoModel,
        holds: Effective,
        *,
        upload_bytes: int,
        keep: Callable[[str, Path], None],
    ) -> ProbeResult:
        source, limit = request.source, holds.limit("max_video_bytes")
        too_big = Refusal(
            rule=Rule.VIDEO_TOO_BIG,
            value=max(source.size_bytes, limit.value + 1),
            limit=limit.value,
            decided_by=limit.decided_by,
        )
        with self._fetching(too_big) as folder:
            fetched = await self._downloader.download(
                source.url, folder / "source", max_bytes=int(limit.value), trusted=True
            )
            if fetched.size_bytes == 0:
                raise RefusedError(Refusal(rule=Rule.EMPTY_FILE))
            try:
                facts, packed = await take_in(
                    fetched.path,
                    folder / "packed.mp4",
                    max_bytes=min(model.max_url_bytes, upload_bytes),
                    process_pool=self._process_pool,
                    start=request.start or 0.0,
                )
            except MediaUnreadableError as exc:
                raise RefusedError(
                    Refusal(rule=Rule.VIDEO_UNREADABLE, value=exc.reason.value, words=(str(exc),))
                ) from exc
            plan = plan_clip(
                facts,
                size_bytes=fetched.size_bytes,
                content_type=source.content_type,
                model=model,
                start=request.start,
                length=request.length,
                max_seconds=holds.limit("max_video_seconds"),
                upload_bytes=upload_bytes,
            )
            if isinstance(plan, Refusal):
                raise RefusedError(plan)
            choice = None
            is_chosen = request.start is not None or request.length is not None
            if holds.film_strip and not is_chosen:
                choice = PartChoice.of(facts, plan, model)
            strip = None if choice is None else await self._draw(choice, fetched.path, folder)
            moment = await asyncio.to_thread(_read_picture, folder / MOMENT)
            if moment is not None:
                keep(MOMENT, folder / MOMENT)
            if packed is not None and choice is None and plan.is_whole_copy(facts.duration_seconds):
                keep(SENT, packed)
            else:
                keep(ORIGINAL, fetched.path)
        return ProbeResult(
            facts=facts,
            size_bytes=fetched.size_bytes,
            model=model,
            plan=plan,
            convert_reference=False,
            choice=choice,
            strip=strip,
            moment=moment,
        )

    async def _draw(self, choice: PartChoice, clip: Path, folder: Path) -> bytes | None:
        """Draw the film strip; without it the part is chosen by its times alone."""
        moments = {start: clock_time(start) for start in choice.starts()}
        try:
            return await draw_film_strip(self._process_pool, clip, folder / "strip", moments)
        except MediaError as exc:
            log.warning("a film strip was not drawn: %s", exc)
            return None

    async def _must_convert(self, reference: RequestedPicture) -> bool:
        """Look into the style image; tell whether the provider needs a copy of it."""
        too_big = Refusal(
            rule=Rule.REFERENCE_TOO_BIG,
            value=max(reference.size_bytes or 0, MAX_REFERENCE_BYTES + 1),
            limit=MAX_REFERENCE_BYTES,
        )
        with self._fetching(too_big) as folder:
            fetched = await self._downloader.download(
                reference.url, folder / "reference", max_bytes=MAX_REFERENCE_BYTES, trusted=True
            )
            try:
                facts = await read_reference(
                    self._process_pool, fetched.path, served_as=reference.content_type
                )
            except MediaUnreadableError as exc:
                raise RefusedError(refuse_reference(exc)) from exc
        return facts.needs_converting

    @contextmanager
    def _fetching(self, too_big: Refusal) -> Iterator[Path]:
        """Hand out a folder for one file, and turn what goes wrong with it into a refusal."""
        try:
            with self._scratch.folder() as folder:
                yield folder
        except MediaTooLargeError as exc:
            raise RefusedError(too_big) from exc
        except MediaBusyError as exc:
            raise RefusedError(Refusal(rule=Rule.TOO_BUSY)) from exc
        except MediaError as exc:
            log.warning("an attachment could not be checked: %s", exc)
            is_ours = isinstance(exc, MediaProbeError | MediaStorageError)
            rule = Rule.MACHINE_TROUBLE if is_ours else Rule.DOWNLOAD_FAILED
            raise RefusedError(Refusal(rule=rule)) from exc


def _read_picture(path: Path) -> bytes | None:
    """Return a small picture that a child process may have drawn; none that is not small."""
    if not path.is_file() or path.stat().st_size > _MOST_PICTURE_BYTES:
        return None
    return path.read_bytes()
