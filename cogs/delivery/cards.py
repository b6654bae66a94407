"""What people see of a job, as components: record, status, answer, outcome."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.cometapi.models import model_rules
from bot.engine.deliverer import Answer, Delay
from bot.jobs import Charge, FailureReason, Job, JobState
from bot.quoting import cut, harmless, one_line, quote
from bot.texts import clip as clip_texts
from bot.texts import common as texts
from bot.texts import outcome as outcome_texts
from cogs.appeals.button import AppealButton
from cogs.delivery.buttons import answer_buttons
from cogs.restyle.cancel import CancelButton

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.engine.deliverer import Extra, Progress

GREY: Final = discord.Colour(0x80848E)
BLURPLE: Final = discord.Colour.blurple()
GREEN: Final = discord.Colour(0x23A55A)
RED: Final = discord.Colour(0xDA373C)
YELLOW: Final = discord.Colour(0xF0B132)

OUTPUT_FILENAME: Final = "restyled.mp4"
PICTURE_FILENAME: Final = "before-and-after.png"
POSTER_FILENAME: Final = "restyled.jpg"

_PLAYABLE: Final = frozenset({"mp4", "mov", "webm", "gif", "png", "jpg", "jpeg", "webp"})
"""Others are shown as files.

Source: https://docs.discord.com/developers/reference#uploading-files
"""

_SAME_SECONDS: Final = 0.3
"""A part that lacks no more than that is the whole clip to people."""

_NOT_YET: Final = frozenset({JobState.HELD, JobState.QUEUED})
"""Nothing is spent yet, so it can be cancelled for nothing."""

_LINK_CHARACTERS: Final = 2500
"""Longer links are left out: a message has room for 4,000 characters of text."""

_COLOURS: Final = {
    JobState.HELD: GREY,
    JobState.QUEUED: GREY,
    JobState.SUBMITTING: GREY,
    JobState.RUNNING: BLURPLE,
    JobState.WITHHELD: BLURPLE,
    JobState.DELIVERING: BLURPLE,
    JobState.DONE: GREEN,
    JobState.FAILED: RED,
    JobState.CANCELLED: GREY,
    JobState.UNCERTAIN: YELLOW,
}


def mention(user_id: int) -> str:
    """Return a user's mention."""
    return f"<@{user_id}>"


def jump_url(guild_id: int | None, channel_id: int, message_id: int) -> str:
    """Return the link to a message."""
    return f"https://discord.com/channels/{guild_id or '@me'}/{channel_id}/{message_id}"


def mark(job_id: int, kind: str) -> int:
    """Return the component id by which a message of ours is known again: 1 to 2³¹ - 1.

    Discord keeps the ids that components are given, whereas a nonce is not told again later.

    Source: https://docs.discord.com/developers/components/reference#anatomy-of-a-component
    """
    digest = hashlib.sha256(f"{job_id}{kind}".encode()).digest()
    return int.from_bytes(digest[:4], "big") % (2**31 - 1) + 1


def answer_mark(job: Job) -> int:
    """Return the mark of the job's outcome."""
    if job.state in {JobState.DELIVERING, JobState.DONE}:
        return mark(job.id, "answer")
    return mark(job.id, job.state.value)


def bears_mark(message: discord.Message, wanted: int) -> bool:
    """Tell whether ``message`` is the one that was posted with this mark."""
    return any(getattr(component, "id", None) == wanted for component in message.components)


def card(
    colour: discord.Colour, lines: Sequence[str], *items: ui.Item[Any], id_: int | None = None
) -> ui.LayoutView:
    """Return a card: lines of text, then ``items``; ``id_`` is its :func:`mark`."""
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=colour, id=id_)
    for block in _blocks(lines):
        container.add_item(ui.TextDisplay("\n".join(block)))
    for item in items:
        container.add_item(item)
    view = ui.LayoutView(timeout=None)
    view.add_item(container)
    return view


def _blocks(lines: Sequence[str]) -> list[list[str]]:
    """Return the lines in blocks, one of which ends after each quotation and each list.

    Markdown lets those swallow the line after them; Discord's own clients do not, others do.
    """
    blocks: list[list[str]] = [[]]
    in_list = False
    for line in lines:
        was_in_list, in_list = in_list, _LISTED.match(line) is not None
        if was_in_list and not in_list:
            blocks.append([])
        blocks[-1].append(line)
        if line.startswith("> "):
            blocks.append([])
    return [block for block in blocks if block]


_LISTED: Final = re.compile(r"(?:-|[0-9]+\.) ")


def _cancel_row(job: Job) -> list[ui.Item[Any]]:
    if job.state not in _NOT_YET:
        return []
    return [ui.ActionRow(CancelButton(job.id))]


def _known_before(job: Job) -> str:
    is_part = job.restyled_seconds < job.source_seconds - 0.1
    return "-# " + texts.before_spending(
        model=job.model,
        price=job.price_micros,
        part=(job.part_start, job.restyled_seconds) if is_part else None,
    )


@dataclass(frozen=True, slots=True)
class Look:
    """What a card shows, comparable: an edit that would change nothing is not sent."""

    colour: int
    lines: tuple[str, ...]
    can_cancel: bool


def _words(job: Job, progress: Progress, fraction: float | None) -> str:
    """Return where the job stands, in a few words."""
    found = None
    if job.state in _NOT_YET and not _is_past(job, progress):
        found = clip_texts.waiting(progress.delay, progress.position)
    return found or texts.phase_words(job.state, progress.phase, fraction)


def _detail(job: Job, progress: Progress) -> str | None:
    """Return the line under it."""
    found = None
    if job.state in _NOT_YET and not _is_past(job, progress):
        found = clip_texts.waiting_detail(progress.delay, progress.position)
    return found or texts.status_detail(
        job,
        phase=progress.phase,
        typical_seconds=progress.typical_seconds,
        overdue=progress.overdue,
    )


def _is_past(job: Job, progress: Progress) -> bool:
    """Tell whether the job has been prepared meanwhile."""
    return progress.delay is Delay.PREPARING and job.prepared_at is not None


def status_look(job: Job, progress: Progress) -> Look:
    """Return what the status message says."""
    lines = [f"**{_words(job, progress, progress.fraction)}**"]
    detail = _detail(job, progress)
    if detail is not None:
        lines.append(detail)
    return Look(_COLOURS[job.state].value, tuple(lines), job.state in _NOT_YET)


def status_card(job: Job, progress: Progress) -> ui.LayoutView:
    """Return the status message."""
    look = status_look(job, progress)
    return card(
        discord.Colour(look.colour), look.lines, *_cancel_row(job), id_=mark(job.id, "status")
    )


def record_look(job: Job, progress: Progress, *, alone: bool, quoted: bool = True) -> Look:
    """Return what the record says.

    Args:
        job: The job.
        progress: How far it is.
        alone: Whether there is no status message, so that the record stands for it as well.
        quoted: Whether the prompt is shown; a server's AutoMod may block it.
    """
    lines = [texts.record_title(job.state, mention(job.user_id))]
    if quoted:
        lines.append(quote(job.prompt))
    fraction = progress.fraction if alone else None
    lines.append(f"**{_words(job, progress, fraction)}**")
    if job.state in _NOT_YET | {JobState.SUBMITTING, JobState.RUNNING, JobState.WITHHELD}:
        if alone and (detail := _detail(job, progress)):
            lines.append(detail)
        lines.append(_known_before(job))
    can_cancel = alone and job.state in _NOT_YET
    return Look(_COLOURS[job.state].value, tuple(lines), can_cancel)


def record_card(
    job: Job,
    progress: Progress,
    *,
    alone: bool,
    quoted: bool = True,
    outcome_url: str | None = None,
) -> ui.LayoutView:
    """Return the record; ``outcome_url`` leads to the answer or the message that says why not."""
    look = record_look(job, progress, alone=alone, quoted=quoted)
    items: list[ui.Item[Any]] = _cancel_row(job) if look.can_cancel else []
    if outcome_url is not None:
        label = "Watch" if job.state is JobState.DONE else "Details"
        items.append(ui.ActionRow(ui.Button(label=label, url=outcome_url)))
    return card(discord.Colour(look.colour), look.lines, *items)


def final_status_card(job: Job) -> ui.LayoutView:
    """Return the status message of a job that is over; the outcome stands below it."""
    return card(
        _COLOURS[job.state],
        [f"**{texts.phase_words(job.state)}**"],
        id_=mark(job.id, "status"),
    )


def markdown_url(url: str) -> str | None:
    """Return ``url`` so that it can stand in a markdown link, or ``None`` when it cannot."""
    if not url.startswith(("https://", "http://")) or len(url) > _LINK_CHARACTERS:
        return None
    for character, code in (("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E")):
        url = url.replace(character, code)
    return None if any(character.isspace() for character in url) else url


def answer_card(
    job: Job,
    answer: Answer,
    *,
    attached: bool,
    linked: bool = True,
    quoted: bool = True,
    elsewhere: bool = False,
) -> ui.LayoutView:
    """Return the answer.

    Args:
        job: The finished job.
        answer: What there is besides its words.
        attached: Whether its files come along, under ``OUTPUT_FILENAME`` and ``picture_filename``.
        linked: Whether the output's link is shown; a server's AutoMod may block it.
        quoted: Whether the prompt is shown; likewise.
        elsewhere: Whether it comes as a direct message because the server took nothing.
    """
    who = mention(job.user_id)
    view = ui.LayoutView(timeout=None)
    title = texts.answer_title(who)
    if elsewhere:
        title += "\n" + texts.elsewhere()
    view.add_item(ui.TextDisplay(title))
    if attached:
        for gallery in _galleries(job, answer):
            view.add_item(gallery)
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=GREEN, id=answer_mark(job))
    if quoted:  # apart from the rest, for which see _blocks
        container.add_item(ui.TextDisplay(quote(job.prompt)))
    lines = _answer_lines(job, answer, attached=attached, linked=linked)
    container.add_item(ui.TextDisplay("\n".join(lines)))
    view.add_item(container)
    view.add_item(answer_buttons(job.id, answer.offers))
    return view


def picture_filename(answer: Answer) -> str:
    """Return under which name the answer's picture is posted."""
    return POSTER_FILENAME if answer.is_poster else PICTURE_FILENAME


def _galleries(job: Job, answer: Answer) -> list[ui.MediaGallery[ui.LayoutView]]:
    """Return the video and the picture, each in a gallery of its own: in one, both are cropped."""
    shown: list[tuple[str, str]] = []
    if answer.video is not None:
        prompt = cut(one_line(job.prompt), 900)
        shown.append((OUTPUT_FILENAME, texts.file_description(prompt)))
    if answer.picture is not None:
        words = clip_texts.picture_description(is_poster=answer.is_poster)
        shown.append((picture_filename(answer), words))
    galleries: list[ui.MediaGallery[ui.LayoutView]] = []
    for name, description in shown:
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        gallery.add_item(media=f"attachment://{name}", description=description, spoiler=job.spoiler)
        galleries.append(gallery)
    return galleries


def _answer_lines(job: Job, answer: Answer, *, attached: bool, linked: bool) -> list[str]:
    model = model_rules(job.model)
    seconds = job.restyled_seconds
    link = job.archive_url or job.output_url
    return [
        texts.answer_link(
            markdown_url(link) if linked and link else None,
            None if job.archive_url else job.output_expires_at,
            attached=attached and answer.video is not None,
            smaller=attached and answer.is_smaller,
            archived=job.archive_url is not None,
        ),
        "-# "
        + texts.answer_facts(
            model=job.model,
            seconds=min(seconds, model.used_seconds) if model.used_seconds else seconds,
            seed=job.seed,
            cost=job.cost_credits,
        ),
        "-# " + _provenance(job),
    ]


def _provenance(job: Job) -> str:
    requester = mention(job.user_id)
    if job.source_message_url is None or job.source_author_id == job.user_id:
        return texts.provenance(requester)
    author = mention(job.source_author_id) if job.source_author_id is not None else None
    return texts.provenance(requester, author=author, clip=markdown_url(job.source_message_url))


def source_card(
    job: Job, *, clip: str | None, prepared: bool, reference: str | None
) -> ui.LayoutView:
    """Return the message that keeps what the provider gets.

    Args:
        job: Whose clip it is.
        clip: The name of the attached clip; ``None`` when it is not there.
        prepared: Whether that is the prepared part, and not the clip as it was attached.
        reference: The name of the attached style image, if it is there.
    """
    view = ui.LayoutView(timeout=None)
    seconds = job.restyled_seconds
    if prepared:
        title = clip_texts.kept_part(job.part_start, seconds)
    else:
        whole = seconds >= job.source_seconds - _SAME_SECONDS
        title = clip_texts.kept_clip(job.part_start, seconds, is_whole=whole)
    view.add_item(ui.TextDisplay(f"-# {title}", id=mark(job.id, "source")))
    if clip is not None:
        _add_media(view, clip, clip_texts.source_description(seconds))
    if reference is not None:
        view.add_item(ui.TextDisplay(f"-# {clip_texts.kept_reference()}"))
        _add_media(view, reference, clip_texts.REFERENCE_DESCRIPTION)
    return view


def _add_media(view: ui.LayoutView, name: str, description: str) -> None:
    """Show an attached file; as a player or picture where Discord's clients have one."""
    if name.rpartition(".")[2] in _PLAYABLE:
        gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
        view.add_item(gallery.add_item(media=f"attachment://{name}", description=description))
    else:
        view.add_item(ui.File(f"attachment://{name}"))


def extra_card(job: Job, extra: Extra) -> ui.LayoutView:
    """Return the message with something made of an answer."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(clip_texts.extra_title(extra), id=mark(job.id, extra.value)))
    gallery: ui.MediaGallery[ui.LayoutView] = ui.MediaGallery()
    gallery.add_item(
        media=f"attachment://{extra_filename(extra)}",
        description=clip_texts.extra_description(extra),
        spoiler=job.spoiler,
    )
    view.add_item(gallery)
    view.add_item(ui.TextDisplay("-# " + _provenance(job)))
    return view


def extra_filename(extra: Extra) -> str:
    """Return what the video of an extra is called."""
    return f"restyled-{extra.value}.mp4"


def _outcome_lines(job: Job) -> list[str]:
    match job.state:
        case JobState.UNCERTAIN:
            return outcome_texts.uncertain()
        case JobState.CANCELLED:
            return outcome_texts.cancelled(
                job.cancel_reason,
                spent=job.task_id is not None,
                by=mention(job.cancelled_by) if job.cancelled_by else None,
                note=harmless(one_line(job.cancel_note)) if job.cancel_note else None,
                author=mention(job.source_author_id) if job.source_author_id else None,
            )
        case _:
            return outcome_texts.failure(
                job.failure or FailureReason.PROVIDER_TROUBLE,
                job.charge or Charge.UNKNOWN,
                cost=job.cost_credits,
                threshold=job.public_figure_threshold if job.guild_id is not None else None,
            )


def outcome_card(job: Job, *, elsewhere: bool = False, can_appeal: bool = False) -> ui.LayoutView:
    """Return the message about a job that ended without a video, or of which nobody knows."""
    first, *others = _outcome_lines(job)
    head = mention(job.user_id)
    if elsewhere:
        head += " " + texts.elsewhere()
    items: list[ui.Item[Any]] = [ui.ActionRow(AppealButton(job.id))] if can_appeal else []
    return card(_COLOURS[job.state], [f"{head} {first}", *others], *items, id_=answer_mark(job))


def plain_outcome(job: Job) -> str:
    """Return the outcome as mere text, for when Discord does not take the components."""
    who = mention(job.user_id)
    if job.state not in {JobState.DELIVERING, JobState.DONE}:
        return "\n".join([who, *_outcome_lines(job)])
    lines = [texts.answer_title(who)]
    link = job.archive_url or job.output_url
    if link is not None and len(link) < 1800:
        lines.append(f"<{link}>")
    return "\n".join(lines)
