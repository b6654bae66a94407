"""Which decoders a stranger's file reaches."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from av.codec import Codec

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.probe import probe_video
from bot.media.worker.codecs import AUDIO_DECODERS, VIDEO_DECODERS
from bot.media.worker.containers import CONTAINER_OPTIONS
from tests.media.corpus import paint

OTHERS = [
    ("magicyuv", "yuv420p", "avi"),  # CVE-2026-8461
    ("utvideo", "yuv420p", "avi"),
    ("huffyuv", "yuv422p", "avi"),
    ("ffvhuff", "yuv420p", "avi"),
    ("cinepak", "rgb24", "mov"),
    ("png", "rgb24", "mov"),
    ("tiff", "rgb24", "mov"),
    ("rawvideo", "yuv420p", "avi"),
    ("snow", "yuv420p", "matroska"),
    ("zmbv", "bgr0", "avi"),
    ("flashsv", "bgr24", "flv"),
    ("svq1", "yuv410p", "mov"),
    ("jpeg2000", "yuv420p", "mov"),
    ("cfhd", "yuv422p10le", "mov"),
]


def write(path, codec, pix_fmt, form, *, seconds=1, sound=None):
    """Write some frames of a codec that a phone never made."""
    with av.open(str(path), "w", format=form) as out:
        stream = out.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 176, 144, pix_fmt
        stream.codec_context.options = {"strict": "experimental"}
        heard = out.add_stream(sound, rate=48000, layout="stereo") if sound else None
        for number in range(seconds * 10):
            frame = paint(176, 144, number, pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, 10)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
        if heard is not None:
            for number in range(seconds * 48):
                noise = av.AudioFrame("s16", "stereo", 1000)
                noise.planes[0].update(bytes(4000))
                noise.rate, noise.pts = 48000, number * 1000
                out.mux(heard.encode(noise))
            out.mux(heard.encode())
    return path


@pytest.mark.parametrize(("codec", "pix_fmt", "form"), OTHERS)
async def test_a_clip_of_another_codec_is_refused_as_that(
    forked_pool, tmp_path, codec, pix_fmt, form
):
    path = write(tmp_path / "a.mp4", codec, pix_fmt, form)
    with pytest.raises(MediaUnreadableError) as caught:
        await probe_video(path, process_pool=forked_pool)
    assert caught.value.reason is UnreadableReason.OTHER_CODEC


def test_no_other_decoder_sees_a_single_frame_while_a_file_is_opened(tmp_path):
    path = write(tmp_path / "a.avi", "ffvhuff", "yuv444p", "avi")

    def pixel_format(options):
        with av.open(str(path), container_options=options) as container:
            return container.streams.video[0].codec_context.pix_fmt

    assert pixel_format({}) == "yuv444p"  # only decoding tells
    assert pixel_format(CONTAINER_OPTIONS | {"protocol_whitelist": "file"}) is None


async def test_sound_of_another_codec_is_silence(forked_pool, tmp_path):
    path = write(tmp_path / "a.mkv", "mpeg4", "yuv420p", "matroska", sound="wavpack")
    facts = await probe_video(path, process_pool=forked_pool)
    assert (facts.codec, facts.has_audio, facts.audio_codec) == ("mpeg4", False, None)


def test_every_decoder_that_is_named_is_there():
    assert {Codec(name, "r").name for name in VIDEO_DECODERS} == VIDEO_DECODERS
    assert {Codec(name, "r").name for name in AUDIO_DECODERS} == AUDIO_DECODERS


def test_people_can_read_which_codecs_are_opened():
    page = Path(__file__).parents[2] / "docs" / "media.md"
    words = set(page.read_text(encoding="utf-8").replace("`", " ").replace(",", " ").split())
    assert words >= VIDEO_DECODERS | AUDIO_DECODERS
