"""The picture of what a server used."""

import io
from datetime import UTC, datetime

from PIL import Image

from bot.jobs import JobState
from bot.media.chart import draw
from bot.media.scratch import Scratch
from bot.media.workshop import Workshop
from bot.moderation import Standing
from bot.spending import SpendSum
from bot.texts import usage as usage_texts
from bot.usage import summarise

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def chart_of(*amounts):
    sums = [
        SpendSum(
            user_id=number,
            day=f"2026-02-{number + 1:02}",
            state=JobState.DONE,
            failure=None,
            standing=Standing.COMMITTED,
            jobs=1,
            micros=micros,
        )
        for number, micros in enumerate(amounts)
    ]
    return usage_texts.chart(summarise(sums, NOW))


def ink(image, box):
    """How many pixels in a box are a bar's."""
    colours = image.crop(box).getcolors(1 << 20)
    return sum(count for count, colour in colours if colour[2] > 240 and colour[0] < 200)


async def test_more_money_is_a_longer_bar_and_nothing_is_left_behind(tmp_path):
    png = await draw(Workshop(), Scratch(tmp_path), chart_of(2_000_000, 1_000_000))
    image = Image.open(io.BytesIO(png)).convert("RGB")
    assert image.width == 1000
    rows = [ink(image, (200, 440 + n * 34, 800, 470 + n * 34)) for n in range(2)]
    assert rows[0] > 1.8 * rows[1] > 0
    assert list(tmp_path.iterdir()) == []


async def test_money_of_nothing_draws_no_bars(tmp_path):
    png = await draw(Workshop(), Scratch(tmp_path), chart_of(0))
    image = Image.open(io.BytesIO(png)).convert("RGB")
    assert ink(image, (0, 100, 1000, 480)) == 0
