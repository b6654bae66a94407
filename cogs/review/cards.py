"""What moderators see in the review channel, as components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import ui

from bot.domain.jobs import JobState
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.texts import review as review_texts
from cogs.common.cards import GREEN, GREY, RED, YELLOW, card, mark, markdown_url
from cogs.common.media import attached, gallery, name_of
from cogs.common.messages import NOBODY
from cogs.delivery.answers import OUTPUT_FILENAME
from cogs.review.buttons import AskAgainButton, ReviewButton, ShowNextButton

if TYPE_CHECKING:
    from bot.domain.jobs import Job
    from bot.domain.reviews import Review

_COLOURS: Final = {
    ReviewStatus.OPEN: YELLOW,
    ReviewStatus.APPROVED: GREEN,
    ReviewStatus.DENIED: RED,
    ReviewStatus.EXPIRED: GREY,
    ReviewStatus.WITHDRAWN: GREY,
}
_NAMES: Final = ("The clip", "The reference image")


@dataclass(frozen=True, slots=True)
class Media:
    """The pictures on a card.

    Attributes:
        urls: The clip, and the reference image if there is one.
        is_attached: Whether the clip is a file of the message itself.
    """

    urls: tuple[str, ...] = ()
    is_attached: bool = False


ATTACHED: Final = Media((attached(OUTPUT_FILENAME, spoiler=True),), is_attached=True)
NO_MEDIA: Final = Media()


def review_mark(job_id: int, stage: ReviewStage) -> int:
    """Return the mark of a card."""
    return mark(job_id, f"review-{stage}")


def _galleries(media: Media, *, spoiler: bool) -> list[ui.Item[Any]]:
    """Return the pictures, each in a gallery of its own: in one, all are cropped."""
    shown = zip(media.urls, _NAMES, strict=False)
    return [gallery(url, name, spoiler=spoiler) for url, name in shown]


def review_card(review: Review, job: Job, media: Media, *, quoted: bool = True) -> ui.LayoutView:
    """Return the card of a review, open or closed.

    Args:
        review: As it stands.
        job: What it is about.
        media: What can be shown.
        quoted: Whether people's words are shown; a server's AutoMod may block them.
    """
    id_ = review_mark(job.id, review.stage)
    colour = _COLOURS[review.standing]
    # A finished clip nobody approved is shown to nobody by accident.
    galleries = _galleries(media, spoiler=review.stage is ReviewStage.PUBLISHING or job.spoiler)
    if review.standing is not ReviewStatus.OPEN:
        lines = review_texts.closed_lines(review, job, quoted=quoted)
        return card(colour, lines, *(galleries if keeps_media(review) else []), id_=id_)
    above, below = review_texts.card_lines(
        review, job, has_clip=bool(galleries), link=_link(review, job, media), quoted=quoted
    )
    first = "take" if review.taken_by is None else "release"
    verbs = [first, "approve", "deny"]
    if review.stage is ReviewStage.SPENDING:
        verbs.append("edit")
    row = ui.ActionRow[Any](*(ReviewButton(job.id, review.stage, verb) for verb in verbs))
    return card(colour, above, *galleries, ui.TextDisplay("\n".join(below)), row, id_=id_)


def keeps_media(review: Review) -> bool:
    """Tell whether a closed card still shows the clip.

    A paid clip that was not published lies nowhere else, and an appeal may ask about it.
    """
    published = review.standing is ReviewStatus.APPROVED
    return review.stage is ReviewStage.PUBLISHING and not published


def _link(review: Review, job: Job, media: Media) -> str | None:
    if review.stage is ReviewStage.SPENDING or media.urls or job.output_url is None:
        return None
    return markdown_url(job.output_url)


def media_on(message: discord.Message) -> Media:
    """Return what a card of ours shows, so that an edit can show it again."""
    for found in message.attachments:
        if name_of(found) == OUTPUT_FILENAME:
            return Media((f"attachment://{found.filename}",), is_attached=True)
    urls = [
        item.media.url
        for component in _walk(message.components)
        if isinstance(component, discord.MediaGalleryComponent)
        for item in component.items
    ]
    return Media(tuple(urls))


def card_edit(review: Review, job: Job, message: discord.Message) -> dict[str, Any]:
    """Return what to edit on ``message``, a card of ours, so that it shows ``review`` as it stands.

    The file of a clip that was published is dropped: moderators decided, and it lies elsewhere.
    """
    media = media_on(message)
    changes: dict[str, Any] = {}
    is_open = review.standing is ReviewStatus.OPEN
    if message.attachments and not is_open and not keeps_media(review):
        media, changes = NO_MEDIA, {"attachments": []}
    return {"view": review_card(review, job, media), "allowed_mentions": NOBODY, **changes}


def is_open_card(message: discord.Message) -> bool:
    """Tell whether a card of ours still has its buttons."""
    return any(isinstance(component, discord.Button) for component in _walk(message.components))


def _walk(components: Any) -> list[Any]:  # noqa: ANN401 - discord.py's own union of kinds
    found = []
    for component in components or []:
        found += [component, *_walk(getattr(component, "children", None))]
    return found


def words_on(message: discord.Message | None) -> str:
    """Return what people read in a message of ours."""
    if message is None:
        return ""
    shown = [
        part.content for part in _walk(message.components) if isinstance(part, discord.TextDisplay)
    ]
    return "\n".join([message.content, *shown] if message.content else shown)


def fold_card(guild_id: int, count: int) -> ui.LayoutView:
    """Return the message that stands for requests without a card."""
    row: ui.ActionRow[Any] = ui.ActionRow(ShowNextButton(guild_id))
    return card(GREY, [review_texts.folded(count)], row, id_=mark(guild_id, "fold"))


def unreachable_card(job: Job, *, channel: str | None, settings: str) -> ui.LayoutView:
    """Return the word in the thread that no moderator can be asked."""
    row: ui.ActionRow[Any] = ui.ActionRow(AskAgainButton(job.id))
    lines = review_texts.unreachable(job, channel=channel, settings=settings)
    return card(YELLOW, lines, row, id_=unreachable_mark(job))


def unreachable_mark(job: Job) -> int:
    """Return the mark of that word; both stages of a job have one."""
    is_output = job.state is JobState.WITHHELD
    return mark(job.id, "unreachable-output" if is_output else "unreachable")
