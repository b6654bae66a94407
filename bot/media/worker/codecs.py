"""The decoders that a stranger's file reaches, by FFmpeg's names; in the child processes only.

FFmpeg has more than 500, most of them for games and programs of the nineties, and what is wrong in
one of them is anybody's to use who can attach a file. These are what phones, cameras, browsers,
screen recorders and editors make today. ``docs/media.md`` tells people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer
    from av.video.stream import VideoStream

VIDEO_DECODERS: Final = frozenset({
    # Phones, browsers, screen recorders, messengers.
    "h264", "hevc", "libdav1d", "vp8", "vp9", "mpeg4", "h263", "gif",
    # Cameras, camcorders, television, Windows and Flash.
    "mjpeg", "mpeg1video", "mpeg2video", "dvvideo", "wmv1", "wmv2", "wmv3", "vc1", "flv", "theora",
    # Editors and archives.
    "prores", "dnxhd", "qtrle", "ffv1",
})  # fmt: skip
AUDIO_DECODERS: Final = frozenset({
    "aac", "aac_latm", "mp3", "mp3float", "mp2", "mp2float", "opus", "vorbis", "flac", "alac",
    "ac3", "eac3", "amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb",
    "wmav1", "wmav2", "wmapro",
    "pcm_u8", "pcm_s8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le",
    "pcm_s32be", "pcm_f32le", "pcm_f32be", "pcm_alaw", "pcm_mulaw",
    "adpcm_ima_qt", "adpcm_ima_wav", "adpcm_ms",
})  # fmt: skip

CODEC_WHITELIST: Final = ",".join(sorted(VIDEO_DECODERS | AUDIO_DECODERS))
"""As FFmpeg takes it; without it, opening a file would let any decoder look at the first frames."""


def is_known_video(track: VideoStream) -> bool:
    """Tell whether a track's pictures are of a kind that is decoded here."""
    return track.codec_context.codec.name in VIDEO_DECODERS


def audio_tracks(container: InputContainer) -> list[AudioStream]:
    """Return the tracks whose sound is decoded here; to people the others are silence."""
    return [
        track
        for track in container.streams.audio
        if track.codec_context is not None and track.codec_context.codec.name in AUDIO_DECODERS
    ]
