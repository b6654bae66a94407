"""Stills of videos: looked at."""

import pytest
from PIL import Image

from bot.errors import MediaUnreadableError
from bot.media.probe import MOMENT
from bot.media.process_pool import ProcessPool
from bot.media.processing import (
    MAX_POSTER_SIDE,
    MAX_SHEET_BYTES,
    MediaProcessor,
    SourceFile,
)
from bot.media.worker.tasks.before_after import save
from tests.media.boxes import turn
from tests.media.direct import DirectWorkshop
from tests.media.scenes import colour, make_scene

GREEN = (20, 220, 20)


@pytest.fixture
def process_pool():
    return DirectWorkshop()


async def draw(process_pool, folder, source, output, *, start=0.0):
    source = SourceFile(path=source, start_seconds=start)
    await MediaProcessor(process_pool).picture(source, output, folder / "b.png")
    assert (folder / "b.png").stat().st_size <= MAX_SHEET_BYTES
    with Image.open(folder / "b.png") as image:
        assert image.format == "PNG"
        return image.convert("RGB")


async def test_first_middle_and_last_lie_below_what_the_source_showed(tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=2)
    output = make_scene(tmp_path / "b.mp4", seconds=1.1, corner=GREEN)
    sheet = await draw(ProcessPool(), tmp_path, source, output, start=0.5)
    assert sheet.size == (1200, 452)
    with Image.open(tmp_path / MOMENT) as moment:  # of the result, for the record
        assert (moment.format, moment.size[0] <= 480) == ("JPEG", True)
        assert moment.getpixel((2, 2))[1] > 180
    for column, moment in enumerate((0.0, 0.5, 1.0)):
        x = column * 402 + 200
        assert sheet.getpixel((x, 110))[0] == pytest.approx(
            colour((moment + 0.5) * 10, 10)[0], abs=8
        )
        assert sheet.getpixel((x, 340))[0] == pytest.approx(colour(moment * 10, 10)[0], abs=8)
        assert sheet.getpixel((x - 190, 240))[1] > 180
        assert sheet.getpixel((x - 190, 10))[1] < 100


async def test_pictures_that_do_not_compress_stay_under_a_megabyte(process_pool, tmp_path):
    noisy = make_scene(tmp_path / "a.mp4", seconds=0.3, width=640, height=360, noise=True)
    sheet = await draw(process_pool, tmp_path, noisy, noisy)
    assert sheet.width >= 720


def test_upright_noise_stays_under_a_megabyte_with_fewer_colours(tmp_path):
    before, after = (
        [Image.merge("RGB", [Image.effect_noise((236, 420), 100) for _ in "RGB"]) for _ in range(3)]
        for _ in range(2)
    )
    save(before, after, tmp_path / "b.png", MAX_SHEET_BYTES)
    assert (tmp_path / "b.png").stat().st_size <= MAX_SHEET_BYTES
    with Image.open(tmp_path / "b.png") as sheet:
        assert (sheet.mode, sheet.width) == ("P", 720)


async def test_a_turned_source_is_drawn_upright_above_its_output(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", corner=GREEN)
    data = bytearray(source.read_bytes())
    turn(data, 90)
    source.write_bytes(data)
    sheet = await draw(
        process_pool, tmp_path, source, make_scene(tmp_path / "b.mp4", width=90, height=160)
    )
    assert sheet.height > sheet.width
    assert sheet.getpixel((380, 10))[1] > 180
    assert sheet.getpixel((10, 10))[1] < 100


async def test_a_source_that_ends_early_shows_its_last_frame(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=0.5)
    output = make_scene(tmp_path / "b.mp4", seconds=2)
    sheet = await draw(process_pool, tmp_path, source, output)
    assert sheet.getpixel((1000, 110))[0] == pytest.approx(colour(4, 10)[0], abs=8)


async def test_a_recording_without_an_index_is_drawn_to_its_end(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.ts", form="mpegts", seconds=2)
    sheet = await draw(process_pool, tmp_path, source, make_scene(tmp_path / "b.mp4", seconds=2))
    for x in (200, 602, 1004):
        assert sheet.getpixel((x, 110))[0] == pytest.approx(sheet.getpixel((x, 340))[0], abs=12)


async def test_one_frame_is_drawn_three_times(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=1)
    output = make_scene(tmp_path / "b.mp4", seconds=0.1)
    assert (await draw(process_pool, tmp_path, source, output)).size == (1200, 452)


async def test_a_damaged_source_is_no_picture(process_pool, tmp_path):
    output = make_scene(tmp_path / "b.mp4")
    (tmp_path / "a.mp4").write_bytes(output.read_bytes()[:600])
    with pytest.raises(MediaUnreadableError):
        await draw(process_pool, tmp_path, tmp_path / "a.mp4", output)
    assert not (tmp_path / "b.png").exists()


async def draw_poster(process_pool, folder, video):
    await MediaProcessor(process_pool).poster(video, folder / "p.jpg")
    with Image.open(folder / "p.jpg") as image:
        assert image.format == "JPEG"
        return image.convert("RGB")


async def test_a_poster_is_the_first_frame(tmp_path):
    image = await draw_poster(ProcessPool(), tmp_path, make_scene(tmp_path / "a.mp4"))
    assert image.size == (160, 90)
    assert image.getpixel((80, 45))[0] == pytest.approx(colour(0, 10)[0], abs=8)


async def test_a_poster_is_not_black(process_pool, tmp_path):
    faded = make_scene(tmp_path / "a.mp4", seconds=2, black_seconds=1)
    image = await draw_poster(process_pool, tmp_path, faded)
    assert image.getpixel((80, 45))[0] == pytest.approx(colour(11, 10)[0], abs=22)


async def test_a_dark_video_has_a_poster_all_the_same(process_pool, tmp_path):
    dark = make_scene(tmp_path / "a.mp4", black_seconds=1)
    assert (await draw_poster(process_pool, tmp_path, dark)).getpixel((80, 45))[0] < 26


async def test_a_poster_of_a_large_video_is_smaller(process_pool, tmp_path):
    large = make_scene(tmp_path / "a.mp4", seconds=0.1, width=1080, height=1920)
    image = await draw_poster(process_pool, tmp_path, large)
    assert image.size == (720, MAX_POSTER_SIDE)
