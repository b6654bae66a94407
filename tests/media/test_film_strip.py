"""The film strip: nine frames in rows of three, each with its time."""

import io

import pytest
from PIL import Image

from bot.media.film_strip import draw_film_strip
from tests.media.clips import make_clip
from tests.media.direct import DirectWorkshop


@pytest.mark.parametrize(("size", "rows"), [((64, 48), 3), ((48, 128), 3)])
async def test_nine_frames_lie_in_rows_of_three_and_none_is_cropped(tmp_path, size, rows):
    clip = make_clip(tmp_path / "clip.mp4", seconds=3, fps=5, width=size[0], height=size[1])
    moments = {number * 0.3: f"0:0{number}" for number in range(9)}
    drawn = await draw_film_strip(DirectWorkshop(), clip, tmp_path / "strip", moments)
    sheet = Image.open(io.BytesIO(drawn))
    assert sheet.format == "JPEG"
    assert sheet.width <= 1200
    assert sheet.height <= 1600
    frame = (sheet.width - 12) / 3, (sheet.height - 12) / rows
    assert frame[0] / frame[1] == pytest.approx(size[0] / size[1], rel=0.05)


async def test_the_times_can_be_read_on_any_picture(tmp_path):
    clip = make_clip(tmp_path / "clip.mp4", seconds=1, fps=5)
    plain = await draw_film_strip(DirectWorkshop(), clip, tmp_path / "a", {0.0: ""})
    timed = await draw_film_strip(DirectWorkshop(), clip, tmp_path / "b", {0.0: "0:00"})
    corners = []
    for drawn in (plain, timed):
        picture = Image.open(io.BytesIO(drawn)).convert("L")
        corners.append(picture.crop((0, picture.height - 30, 60, picture.height)).getextrema())
    assert corners[1][1] - corners[1][0] > 120  # light words on a dark ground
