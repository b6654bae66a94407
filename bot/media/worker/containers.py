"""Opening a stranger's file for decoding; in the child processes only."""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn

import av
from av.stream import Disposition

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.sniff import is_animated, is_cut_off, name_container, read_sniff
from bot.media.worker.codecs import CODEC_WHITELIST, is_known_video
from bot.media.worker.memory import memory_limit, was_full

if TYPE_CHECKING:
    from types import TracebackType

    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.stream import VideoStream

# Demuxers by name, because some of the others (playlists, concatenations) open further files.
# Those for sound alone are there to tell people what they attached.
_FORMATS: Final = "mov,matroska,avi,mpegts,mpeg,ogg,flv,asf,gif,mp3,wav,flac,aac,aiff,amr,caf"
CONTAINER_OPTIONS: Final = {
    "format_whitelist": _FORMATS,
    "codec_whitelist": CODEC_WHITELIST,
    "protocol_whitelist": "",
}
"""What FFmpeg may use to find out what a file is."""
_ALL_FRAMES: Final = {"ignore_editlist": "1"}
_STILLS: Final = frozenset({"still", "jpeg", "png", "webp"})
_MAX_PIXELS: Final = 8192 * 4608  # above what phones film; a frame of it takes 60 MB
_OWN_BYTES: Final = 128 * 1024**2  # of a process that decodes next to nothing
_HELD_FRAMES: Final = 5  # that any decoder of films has at once; most have more

HDR_TRANSFERS: Final = {16: "smpte2084", 18: "arib-std-b67"}
"""Those of HDR, as FFmpeg numbers and names them.

Source: https://ffmpeg.org/doxygen/trunk/pixfmt_8h.html
"""


def _refuse_further_files(*_args: object) -> NoReturn:
    """Stand in for the opening of a file that the given one names."""
    raise PermissionError("a media file may not name another one")


@dataclass(slots=True)
class OpenVideo:
    """A file whose video track can be read; a context manager that closes it."""

    file: BinaryIO
    container: InputContainer
    stream: VideoStream
    """The track that a player would show."""
    name: str
    """Of the container, as people say it: ``mp4``, ``webm`` …"""
    is_cut_off: bool
    """Whether its outermost parts claim more bytes than there are."""

    def __enter__(self) -> OpenVideo:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.container.close()
        self.file.close()


def open_video(path: str | Path, *, threads: int = 1, ignore_edits: bool = False) -> OpenVideo:
    """Open a file that should be a video, and choose its track.

    Each of the decoder's ``threads`` holds frames, so memory grows with them. With
    ``ignore_edits`` the frames come as well that an edit list hides.

    Raises:
        MediaUnreadableError: It is none.
    """
    file = Path(path).open("rb")  # noqa: SIM115 - handed over to whoever asked
    try:
        return _open_video(file, threads, ignore_edits=ignore_edits)
    except BaseException:
        file.close()
        raise


def _open_video(file: BinaryIO, threads: int, *, ignore_edits: bool) -> OpenVideo:
    if not file.read(1):
        raise MediaUnreadableError("no bytes", reason=UnreadableReason.EMPTY)
    sniff = read_sniff(file)
    if sniff in _STILLS:
        moves = is_animated(file, sniff)
        reason = UnreadableReason.ANIMATED_PICTURE if moves else UnreadableReason.STILL_IMAGE
        raise MediaUnreadableError(f"a picture ({sniff})", reason=reason)
    cut_off = is_cut_off(file, sniff)
    file.seek(0)
    try:
        container = av.open(
            file,
            mode="r",
            container_options={**CONTAINER_OPTIONS, **(_ALL_FRAMES if ignore_edits else {})},
            metadata_errors="replace",
            io_open=_refuse_further_files,
        )
    except av.FFmpegError as exc:
        # A container that announces itself and cannot be opened is broken; all else is no video.
        reason = UnreadableReason.DAMAGED if sniff else UnreadableReason.NOT_VIDEO
        raise MediaUnreadableError(type(exc).__name__, reason=reason) from exc
    try:
        stream = _choose_stream(container, is_known=sniff is not None)
    except BaseException:
        container.close()
        raise
    stream.codec_context.thread_count = threads
    return OpenVideo(
        file=file,
        container=container,
        stream=stream,
        name=name_container(file, container.format.name),
        is_cut_off=cut_off,
    )


def _choose_stream(container: InputContainer, *, is_known: bool) -> VideoStream:
    """Return the video track that a player would show; cover pictures are none."""
    tracks = [
        track
        for track in container.streams.video
        if not track.disposition & Disposition.attached_pic
    ]
    if not tracks:
        if container.streams.audio:
            raise MediaUnreadableError("no video track", reason=UnreadableReason.AUDIO_ONLY)
        reason = UnreadableReason.DAMAGED if is_known else UnreadableReason.NOT_VIDEO
        raise MediaUnreadableError("no track", reason=reason)
    best = container.streams.best("video")
    stream = next((track for track in tracks if track is best), tracks[0])
    if stream.codec_context is None:
        raise MediaUnreadableError("the codec is unknown")
    if not is_known_video(stream):
        codec = stream.codec_context.codec.name
        raise MediaUnreadableError(f"made with {codec}", reason=UnreadableReason.OTHER_CODEC)
    _check_size(stream.codec_context)
    # The decoder checks each change of size by itself.
    stream.codec_context.options = {"max_pixels": str(_MAX_PIXELS)}
    return stream


def _check_size(context: VideoCodecContext) -> None:
    """Refuse by the header alone what cannot be decoded in the memory that there is."""
    room = memory_limit() - _OWN_BYTES
    needed = _frame_bytes(context) * _HELD_FRAMES
    if context.width * context.height > _MAX_PIXELS or needed > max(room, _OWN_BYTES):
        raise _too_large(context)


def _frame_bytes(context: VideoCodecContext) -> float:
    bits = 12
    if context.pix_fmt:
        bits = av.VideoFormat(context.pix_fmt, 16, 16).padded_bits_per_pixel
    return context.width * context.height * max(bits, 12) / 8


def _too_large(context: VideoCodecContext) -> MediaUnreadableError:
    """Return the error for pictures that do not fit the memory; it says how large they are."""
    return MediaUnreadableError(
        f"{context.width}x{context.height}", reason=UnreadableReason.PICTURE_TOO_LARGE
    )


def mind_memory(error: av.FFmpegError, context: VideoCodecContext) -> None:
    """Raise the error for pictures that do not fit the memory, if that is why FFmpeg failed."""
    if error.errno == errno.ENOMEM or was_full(2 * _frame_bytes(context)):
        raise _too_large(context) from error
