"""Source and output in one video, probed and looked at."""

import pytest

from bot.errors import MediaUnreadableError
from bot.media.probe import probe_video
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor, SourceFile
from tests.media.boxes import turn
from tests.media.direct import DirectWorkshop
from tests.media.scenes import colour, index_is_in_front, loud_from, make_scene, read_images

GREEN = (20, 220, 20)


@pytest.fixture
def process_pool():
    return DirectWorkshop()


async def compare(process_pool, folder, source, output, *, start=0.0, max_bytes=1_000_000):
    """Make the comparison, and return what a look into it finds."""
    source = SourceFile(path=source, start_seconds=start)
    target = folder / "both.mp4"
    await MediaProcessor(process_pool).compare(source, output, target, max_bytes=max_bytes)
    return await probe_video(target, process_pool=process_pool)


def red(image, x, y):
    return image.getpixel((x, y))[0]


async def test_both_are_seen_at_the_same_moment_in_a_process_of_its_own(tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=2, sound=True)
    output = make_scene(tmp_path / "b.mp4", seconds=1, corner=GREEN)
    facts = await compare(ProcessPool(), tmp_path, source, output, start=0.5)
    target = tmp_path / "both.mp4"
    assert (facts.container, facts.codec, facts.audio_codec) == ("mp4", "h264", "aac")
    assert (facts.width, facts.height) == (326, 90)
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.01)
    assert index_is_in_front(target)
    images = read_images(target)
    assert len(images) == 10
    for moment, image in images:
        assert red(image, 80, 45) == pytest.approx(colour((moment + 0.5) * 10, 10)[0], abs=8)
        assert red(image, 246, 45) == pytest.approx(colour(moment * 10, 10)[0], abs=8)
        assert image.getpixel((172, 5))[1] > 180  # the output's corner, right of the gap
        assert image.getpixel((5, 5))[1] < 100
    assert loud_from(target) == pytest.approx(0.5, abs=0.025)  # a second into the source


@pytest.mark.parametrize(("source_fps", "output_fps", "rate"), [(30, 12, 30), (12, 25, 25)])
async def test_different_rates_stay_together(process_pool, tmp_path, source_fps, output_fps, rate):
    source = make_scene(tmp_path / "a.mp4", fps=source_fps)
    output = make_scene(tmp_path / "b.mp4", fps=output_fps)
    await compare(process_pool, tmp_path, source, output)
    images = read_images(tmp_path / "both.mp4")
    assert len(images) == rate
    for _, image in images:  # 10 steps of red a second; no more than one frame of the slower apart
        assert abs(red(image, 80, 45) - red(image, 246, 45)) <= 10 * (10 / 12 + 1) + 4


async def test_it_ends_with_the_shorter_one(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=1)
    output = make_scene(tmp_path / "b.mp4", seconds=2)
    made = await compare(process_pool, tmp_path, source, output)
    assert made.duration_seconds == pytest.approx(1.0)
    made = await compare(process_pool, tmp_path, output, source, start=1.6)
    assert made.duration_seconds == pytest.approx(0.4)


async def test_a_clip_filmed_upright_stands_beside_its_upright_output(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", corner=GREEN)
    data = bytearray(source.read_bytes())
    turn(data, 90)
    source.write_bytes(data)
    output = make_scene(tmp_path / "b.mp4", width=90, height=160)
    made = await compare(process_pool, tmp_path, source, output)
    assert (made.width, made.height) == (186, 160)
    image = read_images(tmp_path / "both.mp4")[0][1]
    assert image.getpixel((84, 6))[1] > 180
    assert image.getpixel((6, 6))[1] < 100


async def test_another_shape_of_output_keeps_its_proportions(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4")
    output = make_scene(tmp_path / "b.mp4", width=60, height=60)
    made = await compare(process_pool, tmp_path, source, output)
    assert (made.width, made.height) == (160 + 6 + 90, 90)


async def test_cinema_pictures_lie_one_above_the_other(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", width=240, height=100)
    output = make_scene(tmp_path / "b.mp4", width=240, height=100, corner=GREEN)
    made = await compare(process_pool, tmp_path, source, output)
    assert (made.width, made.height) == (240, 206)
    image = read_images(tmp_path / "both.mp4")[0][1]
    assert image.getpixel((5, 112))[1] > 180
    assert image.getpixel((5, 5))[1] < 100


async def test_a_silent_source_makes_a_silent_comparison(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4")
    assert not (await compare(process_pool, tmp_path, source, source)).has_audio


async def test_it_keeps_to_the_bytes_of_the_place(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", fps=24, width=320, height=240, noise=True)
    made = await compare(process_pool, tmp_path, source, source, max_bytes=40_000)
    assert (tmp_path / "both.mp4").stat().st_size <= 40_000
    assert made.height < 240
    assert made.width / made.height == pytest.approx(646 / 240, abs=0.05)


async def test_a_part_past_the_end_of_the_source_is_refused(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4")
    with pytest.raises(MediaUnreadableError):
        await compare(process_pool, tmp_path, source, source, start=3)
    assert not (tmp_path / "both.mp4").exists()
