"""The picture of what a server used."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from bot.domain.jobs import JobState
from bot.domain.quotas import LedgerStatus
from bot.domain.usage import SpendSum, summarise
from bot.media.chart import draw
from bot.media.process_pool import ProcessPool
from bot.media.scratch import Scratch
from bot.texts import usage as usage_texts

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def chart_of(*amounts):
    sums = [
        SpendSum(
            user_id=number,
            day=f"2026-02-{number + 1:02}",
            state=JobState.DONE,
            failure=None,
            standing=LedgerStatus.COMMITTED,
            jobs=1,
            micros=micros,
        )
        for number, micros in enumerate(amounts)
    ]
    return usage_texts.chart(summarise(sums, NOW))


async def drawn(folder, chart):
    png = await draw(ProcessPool(), Scratch(folder), chart)
    return Image.open(io.BytesIO(png)).convert("RGB")


def is_bar(colour):
    return colour[2] > 240 and colour[0] < 200


def ink(image, box=None):
    """How many pixels in a box are a bar's."""
    colours = image.crop(box).getcolors(1 << 20)
    return sum(count for count, colour in colours if is_bar(colour))


def rows(image, below=400):
    """The first and last column of each bar below the columns, from the top."""
    found, was_bar = [], False
    for y in range(below, image.height):
        line = [x for x in range(image.width) if is_bar(image.getpixel((x, y)))]
        if line and not was_bar:
            found.append((line[0], line[-1]))
        was_bar = bool(line)
    return found


async def test_more_money_is_a_longer_bar_and_nothing_is_left_behind(tmp_path):
    image = await drawn(tmp_path, chart_of(2_000_000, 1_000_000))
    assert image.width == 1000
    first, second, delivered = rows(image)
    assert first[0] == second[0] == delivered[0]
    assert first[1] - first[0] == pytest.approx(2 * (second[1] - second[0]), abs=2)
    assert list(tmp_path.iterdir()) == []


async def test_large_sums_stay_inside_the_picture_and_leave_room_for_bars(tmp_path):
    image = await drawn(tmp_path, chart_of(*[99_999_990_000] * 10))
    lengths = {end - start for start, end in rows(image)}
    assert len(lengths) == 1  # all are the most
    assert min(lengths) > 300
    edge = image.crop((980, 0, 1000, image.height)).getcolors()
    assert len(edge) == 1  # the background alone


async def test_money_of_nothing_draws_no_bars(tmp_path):
    image = await drawn(tmp_path, chart_of(0))
    assert ink(image, (0, 0, 1000, 580)) == 0
