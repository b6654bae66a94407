"""Where pictures lie on a canvas."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.media.worker.layout import plan_pair, plan_sheet

SIZES = st.tuples(st.integers(16, 8192), st.integers(16, 8192))


@pytest.mark.parametrize(
    ("source", "output", "canvas"),
    [
        ((1280, 720), (1280, 720), (1914, 536)),
        ((3840, 2160), (1280, 720), (1914, 536)),
        ((720, 1280), (720, 1280), (1222, 1080)),
        ((320, 180), (320, 180), (646, 180)),
    ],
)
def test_source_and_output_are_equally_high_side_by_side(source, output, canvas):
    pair = plan_pair(source, output)
    assert pair.source.height == pair.output.height == pair.height
    assert pair.output.x > pair.source.width
    assert (pair.width, pair.height) == pytest.approx(canvas, abs=6)


def test_an_output_of_other_proportions_keeps_them():
    pair = plan_pair((1280, 720), (960, 960))
    assert pair.source.width / pair.source.height == pytest.approx(16 / 9, abs=0.01)
    assert pair.output.width == pair.output.height


def test_cinema_pictures_lie_one_above_the_other():
    pair = plan_pair((1920, 800), (1584, 672))
    assert pair.source.width == pair.output.width == pair.width
    assert pair.output.y > pair.source.height


def test_a_small_clip_is_not_blown_up():
    pair = plan_pair((160, 90), (160, 90))
    assert (pair.source.width, pair.source.height) == (160, 90)


@settings(max_examples=100)
@given(SIZES, SIZES)
def test_every_pair_fits_an_even_canvas(source, output):
    pair = plan_pair(source, output)
    for box in (pair, pair.source, pair.output):
        assert box.width % 2 == box.height % 2 == 0
        assert box.width > 0
        assert box.height > 0
    assert pair.width <= 1924
    assert pair.height <= 1084
    for box in (pair.source, pair.output):
        assert box.x + box.width <= pair.width
        assert box.y + box.height <= pair.height


@settings(max_examples=100)
@given(SIZES, SIZES, st.sampled_from((1200, 720)))
def test_every_frame_lies_on_its_sheet_above_its_counterpart(source, output, width):
    sheet = plan_sheet(source, output, width=width)
    assert sheet.width <= width
    assert sheet.height <= 1602
    for above, below in zip(sheet.sources, sheet.outputs, strict=True):
        assert (above.x, above.width) == (below.x, below.width)
        assert above.y + above.height < below.y
        assert below.y + below.height == sheet.height
    assert sheet.outputs[-1].x + sheet.outputs[-1].width == sheet.width


def test_a_sheet_of_widescreen_frames_fills_its_width():
    sheet = plan_sheet((1280, 720), (1280, 720), width=1200)
    assert (sheet.width, sheet.height) == (1200, 452)
