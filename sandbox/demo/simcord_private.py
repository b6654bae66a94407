"""Everything of the demo that rests on private names of SimCord 3.2.1, and what stands in for it.

SimCord shows one channel at a time and publishes only what a test asks it to. For a person who
just clicks around, some of its inside has to be turned. Each function here tells by its result
whether it could; where a name is missing the demo goes on with less comfort, as its docstring says.
"""

from __future__ import annotations

import asyncio
import io
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import discord
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


def page_channel(preview: Any, context_id: str) -> int | None:  # noqa: ANN401 - private
    """Return which channel an open page shows; ``None`` when that cannot be told."""
    page = getattr(preview, "_pages", {}).get(context_id)
    found = getattr(page, "channel_id", None)
    return found if isinstance(found, int) else None


def move_page(preview: Any, context_id: str, channel_id: int) -> bool:  # noqa: ANN401 - private
    """Let an open page show another channel, in place.

    Otherwise the preview has to be closed and opened anew for the other channel.
    """
    try:
        page = preview._pages[context_id]  # noqa: SLF001
        target = preview._initial_target(page.viewer, channel_id)  # noqa: SLF001
        publish = preview._publish  # noqa: SLF001
        changes = {
            "channel_id": channel_id,
            "target_id": target,
            "window_end_id": target,
            "modal": None,
            "modal_handle": None,
            "navigation_query": "",
            "navigation_cursor": None,
            "generation": page.generation + 1,
        }
        if not all(hasattr(page, name) for name in changes):
            return False
        page.candidate_queries.clear()
    except (AttributeError, KeyError, TypeError):
        return False
    for name, value in changes.items():
        setattr(page, name, value)
    publish(page, reason="navigation")
    return True


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


def show_linked_files(env: simcord.Env, message: discord.Message) -> dict[str, tuple[str, bytes]]:
    """Let a message show files that are attached to other messages, as Discord does.

    Otherwise such a picture is "unavailable": SimCord shows no attachment of another message, even
    if its link is known. The links in the message are replaced by others.

    Returns:
        Names and contents by the new links, for ``env.preview(…, assets=…)``.
    """
    files: dict[str, tuple[str, bytes]] = {}
    try:
        stored = env.backend.get_message(message.channel.id, message.id)
        for part in _parts(stored.components):
            media = part.get("media")
            if not isinstance(media, dict):
                continue
            data = env.backend.cdn.get(media["url"])
            if data is not None:
                name = media["url"].partition("?")[0].rpartition("/")[2]
                media["url"] = f"https://shown.invalid/{len(files)}/{name}"
                files[media["url"]] = (name, data)
    except (AttributeError, KeyError, TypeError):
        log.warning("SimCord has changed: linked files are not shown")
    return files


def _parts(found: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - JSON
    if isinstance(found, dict):
        yield found
        found = list(found.values())
    if isinstance(found, list):
        for one in found:
            yield from _parts(one)
