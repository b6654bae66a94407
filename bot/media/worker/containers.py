"""Opening a stranger's file for decoding; in the child processes only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NoReturn

from bot.media.sniff import is_cut_off, name_container, read_sniff

if TYPE_CHECKING:
    from types import TracebackType

    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

# Demuxers by name, because some of the others (playlists, concatenations) open further files.
_VIDEO_FORMATS: Final = "mov,matroska,avi,mpegts,mpeg,ogg,flv,asf,gif"
_AUDIO_FORMATS: Final = "mp3,wav,flac,aac,aiff,amr,caf"

STILL_FORMATS: Final = {"jpeg": "jpeg_pipe", "png": "png_pipe", "webp": "webp_pipe"}
MAX_VIDEO_PIXELS: Final = 8192 * 4608
"""Above what phones film; a frame of it takes 60 MB."""


class Unreadable(Exception):  # noqa: N818 - an answer, not a fault
    """The file cannot be used, for a reason that ``bot.errors.UnreadableReason`` names."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def refuse_further_files(*_args: object) -> NoReturn:
    """Stand in for the opening of a file that the given one names."""
    raise PermissionError("a media file may not name another one")


def open_media(file: BinaryIO, formats: str, *, form: str | None = None) -> InputContainer:
    """Open what lies in ``file``, with the demuxers named in ``formats`` only."""
    import av

    return av.open(
        file,
        mode="r",
        format=form,
        container_options={"format_whitelist": formats, "protocol_whitelist": ""},
        metadata_errors="replace",
        io_open=refuse_further_files,
    )


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


def open_video(path: str | Path, *, threads: int = 1) -> OpenVideo:
    """Open a file that should be a video, and choose its track.

    Args:
        path: Where it lies.
        threads: Of the decoder; each of them holds frames, so memory grows with them.

    Raises:
        Unreadable: It is none.
    """
    file = Path(path).open("rb")  # noqa: SIM115 - handed over to whoever asked
    try:
        return _open_video(file, threads)
    except BaseException:
        file.close()
        raise


def _open_video(file: BinaryIO, threads: int) -> OpenVideo:
    import av

    if not file.read(1):
        raise Unreadable("empty", "no bytes")
    sniff = read_sniff(file)
    if sniff in {"still", *STILL_FORMATS}:
        raise Unreadable("still_image", f"a picture ({sniff})")
    cut_off = is_cut_off(file, sniff)
    file.seek(0)
    try:
        container = open_media(file, f"{_VIDEO_FORMATS},{_AUDIO_FORMATS}")
    except av.FFmpegError as exc:
        # A container that announces itself and cannot be opened is broken; all else is no video.
        raise Unreadable("damaged" if sniff else "not_video", f"{type(exc).__name__}") from exc
    try:
        stream = choose_stream(container, is_known=sniff is not None)
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


def choose_stream(container: InputContainer, *, is_known: bool) -> VideoStream:
    """Return the video track that a player would show; cover pictures are none."""
    from av.stream import Disposition

    tracks = [
        track
        for track in container.streams.video
        if not track.disposition & Disposition.attached_pic
    ]
    if not tracks:
        if container.streams.audio:
            raise Unreadable("audio_only", "no video track")
        raise Unreadable("damaged" if is_known else "not_video", "no track")
    best = container.streams.best("video")
    stream = next((track for track in tracks if track is best), tracks[0])
    if stream.codec_context is None:
        raise Unreadable("damaged", "the codec is unknown")
    check_size(stream.codec_context.width, stream.codec_context.height, MAX_VIDEO_PIXELS)
    # The decoder checks each change of size by itself.
    stream.codec_context.options = {"max_pixels": str(MAX_VIDEO_PIXELS)}
    return stream


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Refuse pictures whose mere size is an attack."""
    if width * height > max_pixels:
        raise Unreadable("too_complex", f"{width} x {height} pixels")


def turned_by(frame: VideoFrame) -> int:
    """Return by how many degrees clockwise a frame is turned to be shown: 0, 90, 180 or 270."""
    return -round(frame.rotation / 90) * 90 % 360  # FFmpeg counts the other way round
