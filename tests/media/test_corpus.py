"""Clips of every kind go all the way, and a strict provider takes whatever is sent of them."""

import asyncio

import av
import pytest

from tests.media.corpus import BY_NAME, CLIPS
from tests.media.journey import Attached, decide, in_words, run_all

LONGEST_SECONDS = 900  # many times what it takes: against hanging, not against being slow

# What is decided for aleph2 (2 to 30 s, 30 fps, 1080p), what is sent, and what is decided for
# gen4_aleph (the first 5 s of anything, under 16 MB).
EXPECTED = {
    "h264": ("as is", "160x96, 2.5 s", "as is"),
    "h264-faststart": ("as is", "160x96, 2.5 s", "as is"),
    "h264-fragmented": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "silent": ("as is", "160x96, 2.5 s", "as is"),
    "smallest": ("as is", "64x64, 2.5 s", "as is"),
    "24-fps": ("as is", "160x96, 2.5 s", "as is"),
    "30-fps": ("as is", "160x96, 2.5 s", "as is"),
    "50-fps": ("encode: too_fast", "160x96, 2.5 s", "as is"),
    "60-fps": ("encode: too_fast", "160x96, 2.5 s", "as is"),
    "120-fps": ("encode: too_fast", "160x96, 2.0 s", "as is"),
    "720p": ("as is", "1280x720, 2.2 s", "as is"),
    "1080p": ("as is", "1920x1080, 2.2 s", "as is"),
    "1080p-portrait": ("as is", "1080x1920, 2.2 s", "as is"),
    "4k": ("encode: picture_too_large", "1920x1080, 2.2 s", "as is"),
    "ultrawide": ("encode: picture_too_large", "1920x810, 2.2 s", "as is"),
    "turned-90": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "turned-180": ("encode: rotated", "160x96, 2.5 s", "encode: rotated"),
    "turned-270": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "phone-4k-turned": (
        "encode: picture_too_large, rotated", "1080x1920, 2.2 s", "encode: rotated"),
    "phone-hlg-turned": (
        "encode: too_fast, rotated, hdr", "96x160, 2.5 s", "encode: rotated, hdr"),
    "hevc": ("as is", "160x96, 2.5 s", "as is"),
    "hevc-pq": ("encode: hdr", "160x96, 2.5 s", "encode: hdr"),
    "hevc-10-bit": ("as is", "160x96, 2.5 s", "as is"),
    "prores": ("as is", "160x96, 2.5 s", "as is"),
    "prores-alpha": ("encode: pixel_format", "160x96, 2.5 s", "encode: pixel_format"),
    "mov-mjpeg": ("encode: codec, pixel_format", "160x96, 2.5 s", "encode: codec, pixel_format"),
    "mov-animation": (
        "encode: codec, pixel_format", "160x96, 2.5 s", "encode: codec, pixel_format"),
    "mkv-h264": ("copy: container", "160x96, 2.5 s", "copy: container"),
    "mkv-h264-flac": ("copy: container", "160x96, 2.5 s", "copy: container"),
    "mkv-hevc-1080p": ("copy: container", "1920x1080, 2.2 s", "copy: container"),
    "mkv-vp9": ("copy: container", "160x96, 2.4 s", "copy: container"),
    "mkv-ffv1": ("encode: container, codec", "160x96, 2.5 s", "encode: container, codec"),
    "mkv-mjpeg": ("encode: container, codec", "160x96, 2.5 s", "encode: container, codec"),
    "webm-vp8": ("copy: extras", "160x96, 2.4 s", "copy: extras"),
    "webm-vp9": ("copy: extras", "160x96, 2.4 s", "copy: extras"),
    "webm-vp9-alpha": ("copy: extras", "160x96, 2.4 s", "copy: extras"),
    "webm-av1": ("copy: extras", "160x96, 2.4 s", "copy: extras"),
    "webm-av1-pq": ("encode: hdr", "160x96, 2.5 s", "encode: hdr"),
    "webm-live": ("copy: extras", "160x96, 2.4 s", "copy: extras"),
    "mp4-mpeg4": ("encode: codec", "160x96, 2.5 s", "encode: codec"),
    "mp4-av1": ("as is", "160x96, 2.5 s", "as is"),
    "mp4-vp9": ("as is", "160x96, 2.5 s", "as is"),
    "mp4-mp3": ("as is", "160x96, 2.5 s", "as is"),
    "avi-mpeg4": ("encode: container, codec", "160x96, 2.5 s", "encode: container, codec"),
    "avi-mjpeg": ("encode: container, codec", "160x96, 2.5 s", "encode: container, codec"),
    "ts-h264": ("copy: container", "160x96, 2.5 s", "copy: container"),
    "ts-hevc": ("copy: container", "160x96, 2.5 s", "copy: container"),
    "ts-interlaced": (
        "encode: container, codec, pixel_aspect", "768x576, 2.5 s",
        "encode: container, codec, pixel_aspect"),
    "ogv-theora": ("encode: pixel_format", "64x48, 2.5 s", "encode: pixel_format"),
    "ogv-vp8": ("encode: extras", "160x96, 2.5 s", "encode: extras"),
    "3gp-h263": (
        "encode: container, codec, pixel_aspect", "192x144, 2.5 s",
        "encode: container, codec, pixel_aspect"),
    "3gp-h264": ("copy: container", "160x96, 2.5 s", "copy: container"),
    "flv": ("encode: container, codec", "160x96, 2.4 s", "encode: container, codec"),
    "wmv": ("encode: container, codec", "160x96, 2.4 s", "encode: container, codec"),
    "gif": (
        "encode: container, codec, pixel_format", "160x96, 2.5 s",
        "encode: container, codec, pixel_format"),
    "unnamed": ("copy: container", "160x96, 2.5 s", "copy: container"),
    "odd-size": ("encode: odd_size", "160x96, 2.5 s", "encode: odd_size"),
    "odd-size-444": (
        "encode: pixel_format, odd_size", "160x96, 2.5 s", "encode: pixel_format, odd_size"),
    "h264-10-bit": ("as is", "160x96, 2.5 s", "as is"),
    "h264-422": ("encode: pixel_format", "160x96, 2.5 s", "encode: pixel_format"),
    "wide-pixels": ("encode: pixel_aspect", "160x96, 2.5 s", "encode: pixel_aspect"),
    "interlaced": ("as is", "160x96, 2.5 s", "as is"),
    "variable-rate": ("as is", "160x96, 2.6 s", "as is"),
    "key-every-20-s": ("copy: too_long", "64x64, 30.0 s", "as is"),
    "cut-by-edit-list": ("encode: trimmed", "160x96, 2.5 s", "encode: trimmed"),
    "starts-late": ("as is", "160x96, 2.5 s", "as is"),
    "two-videos": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "cover-art": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "long": ("copy: too_long", "64x64, 30.0 s", "as is"),
    "30-seconds": ("as is", "64x64, 30.0 s", "as is"),
    "31-seconds": ("copy: too_long", "64x64, 30.0 s", "as is"),
    "short": ("refused: video_too_short", "nothing", "as is"),
    "one-frame": ("unreadable: still_image", "nothing", "unreadable: still_image"),
    "heavy": ("as is", "1280x720, 3.0 s", "encode: too_big"),
    "shown-mirrored-mp4": ("encode: rotated", "160x96, 2.5 s", "encode: rotated"),
    "shown-mirrored-90-mp4": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "shown-mirrored-180-mp4": ("encode: rotated", "160x96, 2.5 s", "encode: rotated"),
    "shown-mirrored-270-mp4": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "shown-90-mp4": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "shown-180-mp4": ("encode: rotated", "160x96, 2.5 s", "encode: rotated"),
    "shown-270-mp4": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "shown-mirrored-mov": ("encode: rotated", "160x96, 2.5 s", "encode: rotated"),
    "shown-mirrored-90-mov": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "shown-mirrored-180-mov": ("encode: rotated", "160x96, 2.5 s", "encode: rotated"),
    "shown-mirrored-270-mov": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "shown-90-mov": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "shown-180-mov": ("encode: rotated", "160x96, 2.5 s", "encode: rotated"),
    "shown-270-mov": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "trim-end": ("copy: trimmed", "160x96, 3.0 s", "copy: trimmed"),
    "trim-both": ("encode: trimmed", "160x96, 2.8 s", "encode: trimmed"),
    "trim-start-at-a-key": ("copy: trimmed", "160x96, 3.0 s", "copy: trimmed"),
    "trim-end-mov": ("copy: trimmed", "160x96, 3.0 s", "copy: trimmed"),
    "trim-end-hevc": ("copy: trimmed", "160x96, 3.0 s", "copy: trimmed"),
    "trim-silent": ("copy: trimmed", "160x96, 3.0 s", "copy: trimmed"),
    "trim-long": ("copy: too_long, trimmed", "64x64, 30.0 s", "copy: trimmed"),
    "trim-too-short": ("refused: video_too_short", "nothing", "copy: trimmed"),
    "place-mp4": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "place-mov": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "place-silent": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "place-hevc": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "place-mkv": ("copy: container", "160x96, 2.5 s", "copy: container"),
    "place-webm": ("copy: extras", "160x96, 2.4 s", "copy: extras"),
    "place-webm-vp8": ("copy: extras", "160x96, 2.4 s", "copy: extras"),
    "place-prores": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "place-and-turned": ("encode: rotated", "96x160, 2.5 s", "encode: rotated"),
    "title": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "dated": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "chapters": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "box-behind-the-end": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "bytes-behind-the-end": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "notes-in-padding": ("copy: extras", "160x96, 2.5 s", "copy: extras"),
    "empty-padding": ("as is", "160x96, 2.5 s", "as is"),
    "sound-longer": ("copy: too_long", "64x64, 29.0 s", "as is"),
    "sound-a-bit-longer": ("as is", "160x96, 2.5 s", "as is"),
    "sound-shorter": ("as is", "160x96, 2.5 s", "as is"),
    "size-changes-webm": ("encode: changing", "96x160, 2.5 s", "encode: changing"),
    "size-changes-mkv": ("encode: container, changing", "96x160, 2.5 s",
        "encode: container, changing"),
    "size-changes-mjpeg": ("encode: container, codec, changing", "160x96, 2.5 s",
        "encode: container, codec, changing"),
    "tiny": ("refused: picture_shape", "nothing", "refused: picture_shape"),
    "slim": ("refused: picture_shape", "nothing", "refused: picture_shape"),
    "very-slim": ("refused: picture_shape", "nothing", "refused: picture_shape"),
    "upright-and-slim": ("refused: picture_shape", "nothing", "refused: picture_shape"),
    "still-for-3-seconds": ("unreadable: still_image", "nothing", "unreadable: still_image"),
    "nearly-square-pixels": ("encode: pixel_aspect", "162x96, 2.5 s", "encode: pixel_aspect"),
    "dvd-wide": ("encode: pixel_aspect", "1024x576, 2.2 s", "encode: pixel_aspect"),
    "tall-pixels": ("encode: pixel_aspect", "160x192, 2.5 s", "encode: pixel_aspect"),
}  # fmt: skip


def one_of_each_way(journeys):
    """Return the name of one clip of each way of preparing, that which is restyled the soonest."""
    made = [journey for journey in journeys if journey.made is not None]
    made.sort(key=lambda one: one.made.width * one.made.height * one.made.frames, reverse=True)
    return {journey.decision: journey.attached.name for journey in made}.values()


@pytest.fixture(scope="session")
def run(tmp_path_factory, clips, forked_pool):
    """Take the whole corpus all the way, once.

    Every twelfth clip has the processes that the program starts; see ``test_damage.py`` for why the
    others need none.
    """
    folder = tmp_path_factory.mktemp("corpus")
    files = [
        Attached(name=spec.name, path=clips.path(spec.name), served_as=spec.served_as)
        for spec in CLIPS
    ]

    async def go():
        async with asyncio.timeout(LONGEST_SECONDS):
            return await run_all(
                files, folder / "scratch", forked_pool=forked_pool,
                started={spec.name for spec in CLIPS[::12]}, outputs=one_of_each_way, keep=folder,
            )  # fmt: skip

    return asyncio.run(go())


@pytest.mark.parametrize("name", [spec.name for spec in CLIPS])
def test_each_clip_is_left_alone_prepared_or_refused_as_expected(run, name):
    journey = run.journeys[name]
    for_aleph = journey.decision  # where it is refused for whatever model
    if journey.facts is not None:
        for_aleph = in_words(decide(journey.facts, journey.attached, model="gen4_aleph"))
    assert (journey.decision, journey.result, for_aleph) == EXPECTED[name]


def test_a_strict_provider_takes_every_clip_that_is_sent_and_restyles_it(run):
    sent = {name for name, (_, result, _) in EXPECTED.items() if result != "nothing"}
    assert run.statuses == dict.fromkeys(sent, "SUCCEEDED")


def test_what_is_prepared_has_no_more_bytes_than_are_allowed(run):
    made = [journey for journey in run.journeys.values() if journey.made]
    assert len(made) >= 30
    for journey in made:
        assert journey.made_bytes <= journey.plan.max_bytes
        # Copying is there to lose nothing, not even bytes; see test_prepare for the contents.
        assert journey.is_encoded == (not journey.decision.startswith("copy"))


@pytest.mark.parametrize("name", [name for name in EXPECTED if BY_NAME[name].matrix])
def test_a_picture_is_turned_and_mirrored_as_players_show_it(run, name):
    a, b, c, d = BY_NAME[name].matrix
    corner = -a - c, -b - d  # where the bright one is shown that is stored at (-1, -1)
    with av.open(str(run.sent[name])) as file:
        picture = next(file.decode(video=0))
        assert picture.side_data.get("DISPLAYMATRIX") is None
        image = picture.to_image().convert("L")
    wide, high = image.size
    bright = {
        (x, y): image.getpixel((wide * (2 + x) // 4, high * (2 + y) // 4))
        for x in (-1, 1)
        for y in (-1, 1)
    }
    assert max(bright, key=bright.get) == corner


def test_nothing_but_pictures_and_sound_is_sent(run):
    told = ("52.51", "iPhone", "Mustermann", "Unter den Linden", "2026-11-30")
    tested = 0
    for spec in CLIPS:
        sent = run.sent.get(spec.name)
        if not (spec.metadata or spec.chapters or spec.tail or spec.cover or spec.padding):
            continue
        tested += 1
        data = sent.read_bytes()
        assert not [word for word in told if word.encode() in data], spec.name
        with av.open(str(sent)) as file:
            assert len(file.streams) <= 2, spec.name
            assert not file.chapters(), spec.name
            assert not set(file.metadata) & {"creation_time", "location", "title", "artist"}
    assert tested >= 17


def test_what_an_edit_list_hides_is_not_sent(run):
    for name in ("trim-end", "trim-both", "trim-start-at-a-key", "trim-end-hevc", "trim-silent"):
        with av.open(str(run.sent[name]), container_options={"ignore_editlist": "1"}) as file:
            frames = sum(packet.size > 0 for packet in file.demux(video=0))
        # No more than what is shown; a copy may keep what the decoder needs to begin.
        assert frames <= round(BY_NAME[name].trim[1] * BY_NAME[name].fps) + 1, name


def test_the_half_in_another_size_is_fitted_between_bars(run):
    with av.open(str(run.sent["size-changes-webm"])) as file:
        pictures = list(file.decode(video=0))
    assert {(picture.width, picture.height) for picture in pictures} == {(96, 160)}
    last = pictures[-1].to_image().convert("L")
    assert last.getpixel((48, 8)) < 30  # above and below: bars
    assert last.getpixel((48, 150)) < 30
    assert last.getpixel((20, 65)) > 150  # the bright quarter of the picture between them


def test_the_output_of_each_way_of_preparing_is_a_video_like_the_one_that_was_sent(run):
    assert len(run.outputs) >= 15
    for name, output in run.outputs.items():
        sent = run.journeys[name]
        assert (output.container, output.codec) == ("mp4", "h264")
        assert (output.width, output.height) == (sent.made.width, sent.made.height)
        frame = 1 / min(output.fps, sent.facts.fps)  # the last one may last longer or shorter
        assert output.duration_seconds == pytest.approx(
            sent.made.duration_seconds, abs=frame + 0.01
        )


def test_the_run_leaves_nothing_behind_and_the_loop_goes_on(run):
    assert (run.left_files, run.left_processes) == ([], set())
    assert run.left_descriptors <= 0
    assert 0 < run.longest_pause < 30  # measured by make bench-media; here: it never hung
