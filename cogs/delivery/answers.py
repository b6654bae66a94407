"""What people see of a job's end, as components: answer, outcome, and what lies beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from discord import ui

from bot.cometapi.models import model_rules
from bot.domain.jobs import Charge, FailureReason, Job, JobState
from bot.domain.source_faults import own_fault, provider_fault
from bot.requests.text_safety import cut, one_line, quote, quote_all, without_mentions
from bot.texts import choice as choice_texts
from bot.texts import clip as clip_texts
from bot.texts import common as texts
from bot.texts import outcome as outcome_texts
from bot.texts import source_fault as source_texts
from bot.texts.common import mention
from cogs.appeals.button import AppealButton
from cogs.common.cards import (
    GREEN,
    STATE_COLOURS,
    card,
    mark,
    markdown_url,
)
from cogs.common.media import attached, attached_media
from cogs.delivery.buttons import answer_buttons
from cogs.restyle.again_buttons import (
    NextPartButton,
    button_after,
    next_part,
)

if TYPE_CHECKING:
    from bot.domain.jobs import Extra
    from bot.engine.ports import AnswerContent
    from bot.texts.commands import CommandNaming

OUTPUT_FILENAME: Final = "restyled.mp4"
PICTURE_FILENAME: Final = "before-and-after.png"
POSTER_FILENAME: Final = "restyled.jpg"

_SAME_SECONDS: Final = 0.3
"""A part that lacks no more than that is the whole clip to people."""


def answer_mark(job: Job) -> int:
    """Return the mark of the job's outcome."""
    if job.state in {JobState.DELIVERING, JobState.DONE}:
        return mark(job.id, "answer")
    return mark(job.id, job.state.value)


def answer_card(
    job: Job,
    answer: AnswerContent,
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
        quoted: Whether the prompt is shown: where the record does not stand above, and a server's
            AutoMod does not block it.
        elsewhere: Whether it comes as a direct message because the server took nothing.
    """
    who = mention(job.user_id)
    view = ui.LayoutView(timeout=None)
    title = texts.answer_title(who)
    if elsewhere:
        title += "\n" + texts.ELSEWHERE
    view.add_item(ui.TextDisplay(title))
    if attached:
        for shown in _galleries(job, answer):
            view.add_item(shown)
    container: ui.Container[ui.LayoutView] = ui.Container(accent_colour=GREEN, id=answer_mark(job))
    if quoted:  # apart from the rest, for which see ``cards.blocks``
        container.add_item(ui.TextDisplay("\n".join([quote(job.shown_prompt), *texts.edited(job)])))
    lines = _answer_lines(job, answer, attached=attached, linked=linked)
    container.add_item(ui.TextDisplay("\n".join(lines)))
    view.add_item(container)
    view.add_item(answer_buttons(job.id, answer.offers, starts=not elsewhere))
    if not elsewhere and next_part(job) is not None:
        view.add_item(ui.ActionRow(NextPartButton(job.id)))
    return view


def picture_filename(answer: AnswerContent) -> str:
    """Return under which name the answer's picture is posted."""
    return POSTER_FILENAME if answer.is_poster else PICTURE_FILENAME


def _galleries(job: Job, answer: AnswerContent) -> list[ui.Item[Any]]:
    """Return the video and the picture, each in a gallery of its own: in one, both are cropped."""
    shown: list[tuple[str, str]] = []
    if answer.video is not None:
        prompt = cut(without_mentions(one_line(job.shown_prompt)), 900)
        shown.append((OUTPUT_FILENAME, texts.file_description(prompt)))
    if answer.picture is not None:
        words = clip_texts.picture_description(is_poster=answer.is_poster)
        shown.append((picture_filename(answer), words))
    return [attached_media(name, words, spoiler=job.spoiler) for name, words in shown]


def _answer_lines(job: Job, answer: AnswerContent, *, attached: bool, linked: bool) -> list[str]:
    model = model_rules(job.model)
    seconds = job.restyled_seconds
    used = min(seconds, model.used_seconds) if model.used_seconds else seconds
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
            seconds=used,
            seed=job.seed,
            cost=job.bill_micros,
            part=choice_texts.part_of_clip(job.part_start, used) if _is_part(job) else None,
        ),
        "-# " + _provenance(job),
    ]


def _is_part(job: Job) -> bool:
    return job.part_start > 0 or next_part(job) is not None


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
    for item in source_items(job, clip=clip, prepared=prepared):
        view.add_item(item)
    if reference is not None:
        picture: ui.Thumbnail[Any] = ui.Thumbnail(
            attached(reference, spoiler=job.spoiler),
            description=clip_texts.REFERENCE_DESCRIPTION,
            spoiler=job.spoiler,
        )
        view.add_item(ui.Section(f"-# {clip_texts.KEPT_REFERENCE}", accessory=picture))
    return view


def source_items(job: Job, *, clip: str | None, prepared: bool) -> list[ui.Item[Any]]:
    """Return what a message says of the clip that it keeps, and the clip."""
    seconds = job.restyled_seconds
    if prepared:
        title = clip_texts.kept_part(job.part_start, seconds)
    else:
        whole = seconds >= job.source_seconds - _SAME_SECONDS
        title = clip_texts.kept_clip(job.part_start, seconds, is_whole=whole)
    if job.hold is not None:  # in a channel where others' clips lie as well
        title = f"{texts.held_title(job)} · {title}"
    items: list[ui.Item[Any]] = [ui.TextDisplay(f"-# {title}", id=mark(job.id, "source"))]
    if clip is not None:
        words = clip_texts.source_description(seconds)
        items.append(attached_media(clip, words, spoiler=job.spoiler))
    return items


def extra_card(job: Job, extra: Extra) -> ui.LayoutView:
    """Return the message with something made of an answer."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(clip_texts.EXTRA_TITLES[extra], id=mark(job.id, extra.value)))
    words = clip_texts.extra_description(extra)
    view.add_item(attached_media(extra_filename(extra), words, spoiler=job.spoiler))
    view.add_item(ui.TextDisplay("-# " + _provenance(job)))
    return view


def extra_filename(extra: Extra) -> str:
    """Return what the video of an extra is called."""
    return f"restyled-{extra.value}.mp4"


def _outcome_lines(job: Job, command: CommandNaming, *, can_ask: bool = False) -> list[str]:
    match job.state:
        case JobState.UNCERTAIN:
            return outcome_texts.uncertain()
        case JobState.CANCELLED:
            return outcome_texts.cancelled(
                job.cancel_reason,
                spent=job.task_id is not None,
                never_taken=job.charge is Charge.NO,
                unknown=job.quarantined_at is not None,
                by=_ended_by(job),
                note=quote_all(job.cancel_note) if job.cancel_note else None,
                author=mention(job.source_author_id) if job.source_author_id else None,
                model=job.model,
                price=job.price_micros,
                can_ask=can_ask,
                may_come=job.look_at is not None,
                command=command,
            )
        case _:
            return outcome_texts.failure(
                job.failure or FailureReason.PROVIDER_TROUBLE,
                job.charge or Charge.UNKNOWN,
                cost=job.bill_micros,
                threshold=job.public_figure_threshold if job.guild_id is not None else None,
                source=_about_source(job),
                command=command,
            )


def _ended_by(job: Job) -> str | None:
    """Return who ended a job; ``None`` for its requester or nobody, and for who has no name."""
    if job.cancelled_by is None or job.cancelled_by == job.user_id:
        return None
    return texts.moderator(job.cancelled_by, job)


def _about_source(job: Job) -> tuple[str, str] | None:
    """Return what was wrong with the clip, where that is why the job failed."""
    is_part = job.restyled_seconds < job.source_seconds - 1
    if job.failure is FailureReason.SOURCE_UNFIT:
        return source_texts.unfit(own_fault(job.failure_detail), is_part=is_part)
    if job.failure is FailureReason.SOURCE_REFUSED:
        return source_texts.refused(
            provider_fault(job.failure_detail),
            seconds=job.restyled_seconds,
            is_part=is_part,
            is_encoded=job.plan is not None and '"way": "encode"' in job.plan,
        )
    return None


def outcome_card(
    job: Job, command: CommandNaming, *, elsewhere: bool = False, can_appeal: bool = False
) -> ui.LayoutView:
    """Return the message about a job that ended without a video, or of which nobody knows."""
    first, *others = _outcome_lines(job, command, can_ask=can_appeal)
    head = mention(job.user_id)
    if elsewhere:
        head += " " + texts.ELSEWHERE
    row: ui.ActionRow[Any] = ui.ActionRow()
    following = button_after(job)
    if following is not None and not elsewhere:
        row.add_item(following)
    if can_appeal:
        row.add_item(AppealButton(job.id))
    items: list[ui.Item[Any]] = [row] if row.children else []
    return card(
        STATE_COLOURS[job.state], [f"{head} {first}", *others], *items, id_=answer_mark(job)
    )


def found_card(job: Job) -> ui.LayoutView:
    """Return what the message about an uncertain job becomes once it goes on."""
    first, *others = outcome_texts.found_after_all()
    return card(
        STATE_COLOURS[job.state],
        [f"{mention(job.user_id)} {first}", *others],
        id_=mark(job.id, JobState.UNCERTAIN.value),
    )


def plain_outcome(job: Job, command: CommandNaming) -> str:
    """Return the outcome as mere text, for when Discord does not take the components."""
    who = mention(job.user_id)
    if job.state not in {JobState.DELIVERING, JobState.DONE}:
        return "\n".join([who, *_outcome_lines(job, command)])
    lines = [texts.answer_title(who)]
    link = job.archive_url or job.output_url
    if link is not None and len(link) < 1800:
        lines.append(f"<{link}>")
    return "\n".join([*lines, _provenance(job)])
