"""Everything of the demo that rests on private names of SimCord 3.2.1, and what stands in for it.

SimCord shows one channel at a time and publishes only what a test asks it to. For a person who
just clicks around, some of its inside has to be turned. Each function here tells by its result
whether it could; where a name is missing the demo goes on with less comfort, as its docstring says.
"""

from __future__ import annotations

import asyncio
import io
import logging
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import simcord

log = logging.getLogger(__name__)


def start_clock_now(env: simcord.Env) -> bool:
    """Let the simulated time begin now; before ``env`` starts.

    Otherwise messages bear SimCord's own date, the first of January 2026.
    """
    clock = env.backend.clock
    if not hasattr(clock, "_epoch"):
        return False
    clock._epoch = datetime.now(UTC)  # noqa: SLF001 - this module's purpose
    return True


def steady_actions(
    preview: Any,  # noqa: ANN401 - private
    lock: asyncio.Lock,
    find_channel: Callable[[int], Any | None],
) -> bool:
    """Let what people press wait for ``lock``, and aim at what they see by then.

    Otherwise a click is refused while the clock advances, or when the page has changed since it
    was drawn, and the page's buttons stay off until it is reloaded.

    Args:
        preview: An entered preview.
        lock: What everything that works on the simulation takes turns by.
        find_channel: Returns a channel that a page may have been moved to, by its id.
    """
    try:
        act, find_page = preview._action, preview._get_page  # noqa: SLF001
        _ = preview.channel
    except AttributeError:
        log.warning("SimCord has changed: quick clicks may be refused")
        return False

    async def act_in_turn(context_id: str | None, body: Any) -> Any:  # noqa: ANN401
        async with lock:
            page = find_page(context_id)
            if isinstance(body, dict) and "published_revision" in body:
                body = {**body, "published_revision": page.revision}
            home = preview.channel
            # Commands run where the preview says it is, not where the page was moved to.
            preview.channel = find_channel(page.channel_id) or home
            try:
                return await act(context_id, body)
            finally:
                preview.channel = home

    preview._action = act_in_turn  # noqa: SLF001
    return True


def page_place(preview: Any, context_id: str) -> tuple[int, int] | None:  # noqa: ANN401 - private
    """Return whose eyes an open page has and which channel it shows, by their ids.

    ``None`` when that cannot be told.
    """
    page = getattr(preview, "_pages", {}).get(context_id)
    viewer, channel_id = getattr(page, "viewer", None), getattr(page, "channel_id", None)
    if not isinstance(channel_id, int) or viewer is None:
        return None
    return viewer.id, channel_id


def move_page(
    preview: Any,  # noqa: ANN401 - private
    context_id: str,
    viewer: simcord.MemberActor | simcord.UserHandle,
    channel_id: int,
) -> bool:
    """Let an open page show another channel, or the same to somebody else, in place.

    Otherwise the preview has to be closed and opened anew, as its first viewer.

    Args:
        preview: An entered preview.
        context_id: The page.
        viewer: Whose eyes it has from now on; in direct messages a user, else a member.
        channel_id: What it shows.
    """
    try:
        page = preview._pages[context_id]  # noqa: SLF001
        target = preview._initial_target(viewer, channel_id)  # noqa: SLF001
        publish = preview._publish  # noqa: SLF001
        changes = {
            "viewer": viewer,
            "channel_id": channel_id,
            "target_id": target,
            "window_end_id": target,
            "status": "current",
            "modal": None,
            "modal_handle": None,
            "navigation_query": "",
            "navigation_cursor": None,
            "generation": page.generation + 1,
        }
        if not all(hasattr(page, name) for name in changes):
            return False
        page.candidate_queries.clear()
        if viewer.id != page.viewer.id:
            preview._redact_page_receipts(page)  # noqa: SLF001
        preview._clear_page_assets(page)  # noqa: SLF001
    except (AttributeError, KeyError, TypeError):
        return False
    for name, value in changes.items():
        setattr(page, name, value)
    publish(page, reason="navigation")
    return True


def show_form(preview: Any, context_id: str, result: simcord.InteractionResult) -> bool:  # noqa: ANN401
    """Show the form with which the bot answered something that the page has no button for.

    Otherwise nothing is seen of it.
    """
    try:
        page = preview._pages[context_id]  # noqa: SLF001
        if result.modal is not None:
            page.modal, page.modal_handle = result, f"m_{secrets.token_urlsafe(12)}"
        preview._publish(page)  # noqa: SLF001
    except (AttributeError, KeyError):
        return False
    return True


def can_see(env: simcord.Env, channel_id: int, viewer: simcord.MemberActor) -> bool:
    """Tell whether somebody sees a channel; where that cannot be told, they do."""
    try:
        from simcord.backend.access import can_access_channel
    except ImportError:
        return True
    return bool(can_access_channel(env, channel_id, viewer, history=True))


def newest_message(env: simcord.Env, channel_id: int, person_id: int) -> int:
    """Return the id of the newest message of others that somebody sees in a channel, or 0."""
    messages = env.backend.messages.get(channel_id, {}).values()
    seen = (one.id for one in messages if one.author_id != person_id and one.visible_to(person_id))
    return max(seen, default=0)


def pass_videos_through(preview: Any) -> bool:  # noqa: ANN401 - private
    """Show MP4 videos as they are, at once.

    Otherwise SimCord turns each into VP9 first, which takes seconds and fails at 1080p.
    """
    try:
        from simcord.preview._media import MediaInfo, MediaWorker

        _ = preview._media_worker  # noqa: SLF001
    except (ImportError, AttributeError):
        log.warning("SimCord has changed: videos appear late, large ones not at all")
        return False

    class PassThrough(MediaWorker):
        async def validate(
            self, key: str, blob: bytes, *, media_time: float | None = None
        ) -> MediaInfo:
            if blob[4:8] == b"ftyp":
                return await asyncio.to_thread(_describe_mp4, MediaInfo, blob)
            return await super().validate(key, blob, media_time=media_time)

    preview._media_worker = PassThrough()  # noqa: SLF001
    return True


def _describe_mp4(media_info: Any, blob: bytes) -> Any:  # noqa: ANN401 - private
    import av

    with av.open(io.BytesIO(blob), "r") as container:
        stream = container.streams.video[0]
        frame = next(container.decode(stream))
        poster = io.BytesIO()
        frame.to_image().save(poster, format="PNG")  # type: ignore[no-untyped-call] # PyAV's gap
        return media_info(
            "mp4",
            frame.width,
            frame.height,
            max(1, stream.frames),
            frame.width * frame.height * 4,
            blob,
            "video/mp4",
            kind="video",
            duration=float((container.duration or 0) / av.time_base),
            capture=poster.getvalue(),
            poster=poster.getvalue(),
            source_codecs={"video": stream.codec_context.name},
            display_codecs={"video": stream.codec_context.name},
            transformation="preserved",
        )


def show_linked_files(preview: Any, env: simcord.Env) -> bool:  # noqa: ANN401 - private
    """Let messages show files that are attached to other messages, as Discord does.

    Otherwise such a picture is "unavailable": SimCord shows no attachment of another message, even
    where its link is known.
    """
    try:
        from simcord.preview import _pages

        given = preview._explicit_assets  # noqa: SLF001
        names = vars(_pages)
        _ = names["CDN_BASE"], env.backend.cdn.get
    except (ImportError, AttributeError, KeyError):
        log.warning("SimCord has changed: linked files are not shown")
        return False
    # SimCord uses this name for one thing: to tell which links it does not follow.
    names["CDN_BASE"] = "nowhere:"
    preview._explicit_assets = _Files(given, env.backend.cdn.get)  # noqa: SLF001
    return True


class _Files:
    """What lies behind links: what was given, and everything that was ever attached."""

    def __init__(
        self,
        given: Mapping[str, tuple[str, bytes]],
        attached: Callable[[str], bytes | None],
    ) -> None:
        self._given = given
        self._attached = attached

    def get(self, url: str) -> tuple[str, bytes] | None:
        """Return name and content."""
        if (found := self._given.get(url)) is not None:
            return found
        data = self._attached(url)
        return None if data is None else (url.rpartition("/")[2], data)
