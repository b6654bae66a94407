"""Files that are broken, hostile or no video at all, made from the clips of the corpus.

``DAMAGED`` is the list. Everything is the same at every call: no file depends on chance.
"""

import os
import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.media.boxes import boxes
from tests.media.clips import make_audio, make_image
from tests.media.corpus import BY_NAME, write_clip
from tests.media.hostile import HOSTILE, huge_png
from tests.media.hostile_bytes import MORE_HOSTILE


@dataclass(frozen=True, kw_only=True)
class Damaged:
    """One broken file; ``make(clips)`` returns its bytes, ``clips(name)`` those of a clip."""

    name: str
    kind: str
    base: str | None = None
    make: Callable


@dataclass(frozen=True)
class Clips:
    """The clips of the corpus by name, each made once in ``folder``.

    Several processes may share it, so what is not whole yet has a name of its own.
    """

    folder: object

    def path(self, name):
        spec = BY_NAME[name]
        path = self.folder / f"{name}{spec.suffix}"
        return path if path.exists() else write_clip(spec, self.unfinished(name)).rename(path)

    def unfinished(self, name):
        """Return where something can be made."""
        return self.folder / f"{os.getpid()}-{name}"

    def __call__(self, name):
        return self.path(name).read_bytes()


DAMAGED = []


def _add(kind, name, make, base=None):
    DAMAGED.append(Damaged(name=f"{kind}-{name}", kind=kind, base=base, make=make))


# Cut off: FFmpeg reads what is left of some containers as if nothing had happened.

TELLS_ITS_LENGTH = (
    "h264", "h264-faststart", "phone-hlg-turned", "prores", "mkv-h264", "webm-vp8", "webm-av1",
)  # fmt: skip
PLAYS_ON = ("h264-fragmented", "webm-live", "ts-h264", "avi-mpeg4", "ogv-theora", "gif", "flv")
PLACES = (0.01, 0.12, 0.35, 0.6, 0.85, 0.99)


def _cut(base, share):
    return lambda clips: clips(base)[: int(len(clips(base)) * share)]


for _base in TELLS_ITS_LENGTH + PLAYS_ON:
    for _share in PLACES:
        _add("cut", f"{_base}-{_share:.0%}", _cut(_base, _share), _base)


# Bits turned over, anywhere and in the pictures alone; stretches of noise; splices.


def _flipped(base, seed):
    def make(clips):
        data, dice = bytearray(clips(base)), random.Random(f"{base} {seed}")  # noqa: S311
        for _ in range(4 ** (seed + 1)):
            data[dice.randrange(32, len(data))] ^= 1 << dice.randrange(8)
        return data

    return make


for _base in (
    "60-fps", "hevc", "prores", "mkv-h264", "webm-vp8", "webm-av1", "webm-live",
    "avi-mpeg4", "ts-h264", "ogv-theora", "gif", "flv", "3gp-h263",
):  # fmt: skip
    for _seed in range(5):
        _add("flipped", f"{_base}-{4 ** (_seed + 1)}", _flipped(_base, _seed), _base)


def _noise(base, begin):
    def make(clips):
        data = bytearray(clips(base))
        start, length = next((at + 8, n - 8) for kind, at, n in boxes(data) if kind == b"mdat")
        at, end = start + int(length * begin), start + int(length * (begin + 0.34))
        data[at:end] = random.Random(base).randbytes(end - at)  # noqa: S311
        return data

    return make


for _base in ("silent", "cut-by-edit-list", "prores", "mp4-mpeg4"):
    for _begin in (0, 0.33, 0.66):
        _add("noise", f"{_base}-from-{_begin:.0%}", _noise(_base, _begin), _base)


def _spliced(head, tail):
    return lambda clips: clips(head)[: len(clips(head)) // 2] + clips(tail)[len(clips(tail)) // 2 :]


for _head, _tail in (
    ("h264-faststart", "hevc"), ("h264", "60-fps"), ("mkv-h264", "mkv-vp9"), ("ts-h264", "ts-hevc"),
    ("webm-vp8", "webm-vp9"), ("webm-live", "webm-vp8"), ("avi-mpeg4", "avi-mjpeg"),
    ("gif", "h264"), ("ogv-theora", "ogv-vp8"), ("flv", "wmv"), ("h264-fragmented", "h264"),
    ("ts-h264", "mkv-h264"),
):  # fmt: skip
    _add("spliced", f"{_head}-and-{_tail}", _spliced(_head, _tail), _head)
_add("spliced", "ts-h264-twice", lambda clips: clips("ts-h264") * 2, "ts-h264")


# No video at all, whatever its name says.


def _made(maker, *arguments):
    def make(clips):
        path = clips.unfinished("made")
        maker(path, *arguments)
        data = path.read_bytes()
        path.unlink()
        return data

    return make


for _name, _data in {
    "nothing": b"",
    "one-byte": b"\0",
    "zeros": bytes(10_000),
    "noise": random.Random(0).randbytes(10_000),  # noqa: S311
    "text": "Ceci n'est pas une vidéo.\n".encode() * 200,
    "html": b"<!DOCTYPE html><html><body>Sign in</body></html>" * 20,
    "json": b'{"message": "404: Not Found"}',
    "xml": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "zip": b"PK\x03\x04" + bytes(2000) + b"PK\x05\x06" + bytes(18),
    "pdf": b"%PDF-1.7\n" + bytes(range(256)) * 8,
    "program": b"\x7fELF\x02\x01\x01" + bytes(4000),
    "script": b"#!/bin/sh\nexec cat /etc/passwd\n",
    "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "concatenation": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "session": b"v=0\no=- 0 0 IN IP4 127.0.0.1\nc=IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    "subtitles": b"1\n00:00:00,000 --> 00:00:02,000\nHello\n",
}.items():
    _add("other", _name, lambda _, data=_data: data)
for _name, _make in {
    "mp3": _made(make_audio, "mp3"),
    "wav": _made(make_audio, "wav"),
    "png": _made(make_image),
    "huge-png": lambda _: huge_png(12_000),
}.items():
    _add("other", _name, _make)
for _kind, _name, _make in HOSTILE + MORE_HOSTILE:
    _add(_kind, _name, _make)
