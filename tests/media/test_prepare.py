"""Preparing clips, and looking at what came out."""

import dataclasses
import os

import av
import pytest
from PIL import Image

from bot.cometapi.models import model_rules
from bot.domain.quotas import Decider
from bot.errors import MediaUnfitError, MediaUnreadableError
from bot.media.probe import MOMENT, probe_video
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor
from bot.media.worker.encoder import encode_to_fit
from bot.media.worker.frames import read_pictures
from bot.media.worker.sound_track import Sound
from bot.requests.clip_plan import Mode, Plan, plan_clip
from bot.requests.validation import Limit
from tests.media.boxes import turn
from tests.media.clips import make_clip, make_gif
from tests.media.direct import DirectWorkshop
from tests.media.scenes import index_is_in_front, is_encoded, loud_from, make_scene, read_images

ALEPH, ALEPH2 = model_rules("gen4_aleph"), model_rules("aleph2")
LAX = dataclasses.replace(ALEPH2, min_seconds=None, max_seconds=None, max_fps=None)
PLAN = Plan(
    mode=Mode.ENCODE, start_seconds=0, seconds=1, width=64, height=48, fps=None,
    max_bytes=1_000_000, tone_map=False, has_audio=False, reasons=(),
)  # fmt: skip


@pytest.fixture
def process_pool():
    return DirectWorkshop()


async def make(
    process_pool, source, *, model=LAX, part=(None, None), served="video/mp4", **changes
):
    """Plan and prepare a clip; return the plan, what a look into the result finds, its file."""
    facts = await probe_video(source, process_pool=process_pool)
    plan = plan_clip(
        facts,
        size_bytes=source.stat().st_size,
        content_type=served,
        model=model,
        start=part[0],
        length=part[1],
        max_seconds=Limit(value=30, decided_by=Decider.OPERATOR),
        upload_bytes=10_000_000,
    )
    plan = dataclasses.replace(plan, **changes)
    target = source.with_name("prepared.mp4")
    await MediaProcessor(process_pool).prepare(source, target, plan)
    return plan, await probe_video(target, process_pool=process_pool), target


def moments(path):
    with av.open(str(path)) as video:
        return [frame.time for frame in video.decode(video=0)]


def packets(path, kind):
    with av.open(str(path)) as file:
        return [bytes(packet) for packet in file.demux(**{kind: 0}) if packet.size]


def numbers(path):
    """Return which frames of ``make_clip`` are shown: their brightness tells."""
    with av.open(str(path)) as video:
        return [_number(frame) for frame in video.decode(video=0)]


def _number(frame):
    plane = frame.planes[0]
    return bytes(plane)[plane.line_size * 20 + 20] - 40


async def test_a_clip_in_a_wrong_container_keeps_its_pictures_and_sound_to_the_bit(tmp_path):
    source = make_clip(tmp_path / "a.mkv", form="matroska", seconds=2, audio=True)
    plan, facts, target = await make(ProcessPool(), source, served="video/x-matroska")
    assert (plan.mode, is_encoded(target), facts.content_type) == (Mode.COPY, False, "video/mp4")
    assert packets(target, "video")[1:] == packets(source, "video")[1:]
    assert len(packets(target, "audio")) == len(packets(source, "audio"))
    assert index_is_in_front(target)
    assert (facts.container, facts.codec, facts.audio_codec) == ("mp4", "h264", "aac")
    assert (facts.width, facts.height) == (64, 48)
    assert facts.duration_seconds == pytest.approx(2.0, abs=0.01)


@pytest.mark.parametrize(("form", "name"), [("mp4", "a"), ("matroska", "b"), ("mpegts", "c")])
async def test_a_part_that_begins_at_a_key_frame_is_cut_out_without_encoding(
    process_pool, tmp_path, form, name
):
    source = make_clip(tmp_path / name, form=form, seconds=6, fps=10, key_every=20, audio=True)
    plan, made, target = await make(process_pool, source, part=(3.8, 2.0), served=None)
    assert (plan.mode, is_encoded(target)) == (Mode.COPY, False)
    shown = numbers(target)
    assert shown[0] == pytest.approx(38, abs=2)
    assert shown == sorted(shown)
    assert 1.5 <= made.duration_seconds <= 2.01
    assert moments(target)[0] == 0


@pytest.mark.parametrize("form", ["mp4", "matroska", "mpegts", "avi"])
async def test_any_other_part_begins_and_ends_at_the_very_frame(process_pool, tmp_path, form):
    source = make_clip(
        tmp_path / "a", form=form, seconds=6, fps=10, key_every=60,
        codec="mpeg4" if form == "avi" else "libx264",
    )  # fmt: skip
    plan, made, target = await make(process_pool, source, part=(2.5, 1.5), served=None)
    assert (plan.mode, is_encoded(target)) == (Mode.ENCODE, True)
    assert numbers(target) == pytest.approx(list(range(25, 40)), abs=2)
    assert moments(target) == pytest.approx([number / 10 for number in range(15)], abs=0.001)
    assert made.duration_seconds == pytest.approx(1.5, abs=0.01)


async def test_a_frame_that_lasts_into_the_part_is_its_first(process_pool, tmp_path):
    times = [0, 100, 200, 3000, 3100, 3200]
    source = make_clip(tmp_path / "a.mp4", times=times, codec="mpeg4")
    _, made, target = await make(process_pool, source, part=(1.0, 2.15))
    assert moments(target) == pytest.approx([0, 2.0, 2.1], abs=0.001)
    assert numbers(target) == pytest.approx([2, 3, 4], abs=2)
    assert made.duration_seconds == pytest.approx(2.15, abs=0.06)


async def test_a_variable_rate_keeps_its_moments(process_pool, tmp_path):
    times = [0, 20, 40, 60, 80, 1000, 1500, 2000, 2500, 2540, 3000]
    source = make_clip(tmp_path / "a.mp4", times=times, codec="mpeg4")
    _, _, target = await make(process_pool, source)
    assert moments(target) == pytest.approx([time / 1000 for time in times], abs=0.001)


@pytest.mark.parametrize(("fps", "count"), [(60, 30), (50, 30), (48, 30), (120, 30)])
async def test_frames_beyond_the_models_rate_are_dropped_evenly(process_pool, tmp_path, fps, count):
    source = make_clip(tmp_path / "a.mp4", seconds=2, fps=fps)
    plan, made, target = await make(process_pool, source, model=ALEPH2)
    assert (plan.fps, made.fps) == (30, pytest.approx(count, abs=0.5))
    gaps = [b - a for a, b in zip(moments(target), moments(target)[1:], strict=False)]
    assert max(gaps) <= 2 / 30 + 0.001
    assert made.duration_seconds == pytest.approx(2.0, abs=0.05)


async def test_a_slow_variable_rate_with_peaks_is_thinned_and_nothing_is_repeated(
    process_pool, tmp_path
):
    times = [*range(0, 200, 8), 1000, 1500, 2400]
    source = make_clip(tmp_path / "a.mp4", times=times, codec="mpeg4")
    plan, _, target = await make(process_pool, source, model=ALEPH2)
    assert plan.fps == 30
    assert len(moments(target)) == pytest.approx(6 + 3, abs=1)


@pytest.mark.parametrize(("degrees", "corner"), [(90, 1), (180, 2), (270, 3)])
async def test_a_turned_clip_is_sent_upright(process_pool, tmp_path, degrees, corner):
    """Corners are counted clockwise from the upper left one, which is marked in the file."""
    source = make_scene(tmp_path / "a.mp4", corner=(0, 240, 0))
    data = bytearray(source.read_bytes())
    turn(data, degrees)
    source.write_bytes(data)
    _, made, target = await make(process_pool, source)
    upright = (90, 160) if degrees != 180 else (160, 90)
    assert (made.width, made.height) == upright
    assert made.rotation == 0
    image = read_images(target)[0][1]
    places = [(5, 5), (-6, 5), (-6, -6), (5, -6)]
    green = [image.getpixel((x % image.width, y % image.height))[1] > 150 for x, y in places]
    assert green.index(True) == corner
    assert sum(green) == 1


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
async def test_hdr_is_told_from_sdr(process_pool, tmp_path, transfer):
    facts = await probe_video(make_hdr(tmp_path / "a.mp4", transfer), process_pool=process_pool)
    assert (facts.is_hdr, facts.transfer, facts.primaries) == (True, transfer, "bt2020")


async def test_hdr_becomes_sdr_with_its_brightness_mapped(process_pool, tmp_path):
    source = make_hdr(tmp_path / "a.mp4", "smpte2084")
    _, _, target = await make(process_pool, source, tone_map=False)
    taken_for_sdr = luma(target)
    _, _, target = await make(process_pool, source)
    facts = await probe_video(target, process_pool=process_pool)
    assert (facts.is_hdr, facts.pixel_format, facts.primaries) == (False, "yuv420p", "bt709")
    # 700 of 1023 are 620 nits: nearly white on an ordinary screen, and grey when taken for SDR.
    assert luma(target) > taken_for_sdr + 8
    with Image.open(target.with_name(MOMENT)) as picture:  # which a look into HDR does not draw
        assert (picture.format, picture.size) == ("JPEG", (64, 64))


def make_hdr(path, transfer):
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx265", rate=10, options={"x265-params": "log-level=none"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p10le"
        context = stream.codec_context
        context.color_trc = {"smpte2084": 16, "arib-std-b67": 18}[transfer]
        context.color_primaries, context.colorspace, context.color_range = 9, 9, 1
        for number in range(5):
            frame = av.VideoFrame(64, 64, "yuv420p10le")
            for plane, value in zip(frame.planes, (700, 512, 512), strict=True):
                plane.update(value.to_bytes(2, "little") * (plane.buffer_size // 2))
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    return path


def luma(path):
    with av.open(str(path)) as video:
        frame = next(video.decode(video=0))
        return bytes(frame.planes[0])[frame.planes[0].line_size * 20 + 20]


async def test_a_gif_becomes_a_video(process_pool, tmp_path):
    source = make_gif(tmp_path / "a.gif", frames=20)
    plan, made, target = await make(process_pool, source, model=ALEPH, served="image/gif")
    facts = await probe_video(target, process_pool=process_pool)
    assert (plan.has_audio, facts.has_audio, facts.codec) == (False, False, "h264")
    assert (made.width, made.height) == (64, 48)
    assert made.duration_seconds == pytest.approx(2.0, abs=0.2)


@pytest.mark.parametrize(
    ("form", "codec", "sound"),
    [
        ("webm", "libvpx-vp9", "libopus"),
        ("avi", "mpeg4", "libmp3lame"),
        ("mov", "mpeg4", "aac"),
        ("matroska", "mpeg4", "ac3"),
    ],
)
async def test_any_sound_becomes_aac_at_its_moment(process_pool, tmp_path, form, codec, sound):
    source = make_scene(
        tmp_path / "a", form=form, codec=codec, seconds=2, sound=True, sound_codec=sound
    )
    _, _, target = await make(process_pool, source, served=None, part=(0.5, 1.5), mode=Mode.ENCODE)
    assert (await probe_video(target, process_pool=process_pool)).audio_codec == "aac"
    assert loud_from(target) == pytest.approx(0.5, abs=0.08)


async def test_oblong_pixels_become_square(process_pool, tmp_path):
    source = make_clip(tmp_path / "a.mp4", codec="mpeg4", width=64, height=48)
    _, made, target = await make(process_pool, source, width=96, height=48)
    assert (made.width, made.height) == (96, 48)
    assert (await probe_video(target, process_pool=process_pool)).pixel_aspect == 1


async def test_an_odd_size_loses_one_line_and_is_not_blurred(process_pool, tmp_path):
    path = tmp_path / "a.webm"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libvpx-vp9", rate=10, options={"lossless": "1"})
        stream.width, stream.height, stream.pix_fmt = 65, 49, "yuv420p"
        image = Image.new("L", (65, 49))
        image.putdata([255 * ((x + y) % 2) for y in range(49) for x in range(65)])
        for number in range(3):
            frame = av.VideoFrame.from_image(image.convert("RGB"))
            frame.pts = number
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    _, made, target = await make(process_pool, path, model=ALEPH, served="video/webm")
    assert (made.width, made.height) == (64, 48)
    pixels = read_images(target)[0][1].convert("L")
    assert pixels.getpixel((20, 20)) < 60
    assert pixels.getpixel((21, 20)) > 190


async def test_a_clip_is_made_to_fit_the_bytes(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=3, width=320, height=180, noise=True)
    limit = 120_000
    assert source.stat().st_size > 4 * limit
    _, _, target = await make(process_pool, source, mode=Mode.ENCODE, max_bytes=limit)
    assert limit * 0.4 < target.stat().st_size <= limit


async def test_what_cannot_be_made_to_fit_is_told(process_pool, tmp_path):
    source = make_clip(tmp_path / "a.mp4", seconds=3)
    with pytest.raises(MediaUnfitError):
        await make(process_pool, source, mode=Mode.ENCODE, max_bytes=2000)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def encode_counted(source, target, **limits):
    """Encode a scene of 3 s; return how many attempts that took, and whether it fits."""
    begun = []

    def pictures():
        begun.append("pictures")
        return read_pictures(source)

    try:
        encode_to_fit(target, pictures, width=160, height=90, fps=10, seconds=3, **limits)
    except MediaUnfitError:
        return len(begun), False
    return len(begun), True


@pytest.mark.parametrize("max_bytes", [120_000, 1_000_000])
def test_the_first_attempt_fits(tmp_path, max_bytes):
    source = make_scene(tmp_path / "a.mp4", seconds=3, noise=True)
    found = encode_counted(source, tmp_path / "b.mp4", max_bytes=max_bytes, sound_bits=0)
    assert found == (1, True)


def test_a_third_attempt_is_not_made(tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=3, sound=True, sound_bits=192_000)
    found = encode_counted(
        source, tmp_path / "b.mp4", max_bytes=40_000, sound_bits=0,
        sound=lambda: Sound(source, seconds=3),
    )  # fmt: skip
    assert found == (2, False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


async def test_a_copy_that_comes_out_too_large_is_encoded_after_all(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=3, width=320, height=180, noise=True)
    _, _, target = await make(process_pool, source, mode=Mode.COPY, max_bytes=200_000)
    assert is_encoded(target)
    assert target.stat().st_size <= 200_000


async def test_a_part_that_does_not_decode_is_told_and_leaves_nothing(process_pool, tmp_path):
    source = make_clip(tmp_path / "a.mp4", seconds=6, width=320, height=240, codec="mpeg4")
    data = source.read_bytes()
    source.write_bytes(data[:3000] + os.urandom(len(data) // 2) + data[3000 + len(data) // 2 :])
    with pytest.raises(MediaUnreadableError):
        await MediaProcessor(ProcessPool()).prepare(source, tmp_path / "b.mp4", PLAN)
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


async def test_a_clip_that_goes_as_it_is_is_not_prepared(process_pool, tmp_path):
    with pytest.raises(ValueError, match="nothing"):
        await MediaProcessor(process_pool).prepare(
            tmp_path / "a", tmp_path / "b", dataclasses.replace(PLAN, mode=Mode.AS_IS)
        )
