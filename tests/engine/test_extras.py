"""Comparisons and sound, made when somebody presses for them: once, and for whoever asks."""

import asyncio

import pytest

from bot.domain.jobs import Extra, ExtraFailure
from bot.engine.extras import WAITING, ExtraError, Extras
from bot.engine.ports import Delivered
from bot.errors import (
    DeliveryImpossibleError,
    DeliveryTooLargeError,
    MediaBusyError,
    MediaNoSoundError,
    MediaProbeError,
    MediaUnreachableError,
)
from tests.engine.conftest import LIVE_SOURCE, RecordingDeliverer

ANSWER = "https://cdn.discordapp.com/attachments/1/3/restyled.mp4"
LIMIT = 50_000_000


class AnswerDeliverer(RecordingDeliverer):
    """Discord, where the answer's video lies and extras can be posted."""

    def __init__(self):
        super().__init__()
        self.posted = []
        self.answer_url = ANSWER
        self.found = None
        self.extra_troubles = []

    async def refresh_answer(self, job):
        return self.answer_url

    async def find_extra(self, job, extra):
        return self.found

    async def post_extra(self, job, extra, video):
        if self.extra_troubles:
            raise self.extra_troubles.pop(0)
        self.posted.append((extra, video.read_bytes()))
        return Delivered(channel_id=1, message_id=2)


@pytest.fixture
def deliverer():
    return AnswerDeliverer()


@pytest.fixture
async def extras(lone_bench, deliverer):
    made = Extras(
        deliverer=deliverer,
        downloader=lone_bench.downloader,
        scratch=lone_bench.scratch,
        media=lone_bench.media,
        clock=lone_bench.clock,
        max_output_bytes=LIMIT,
    )
    yield made
    await made.close()
    assert lone_bench.scratch.used_bytes == 0


@pytest.fixture
async def job(lone_bench):
    return await lone_bench.job(await lone_bench.add())


async def why_not(extras, job, extra=Extra.COMPARE):
    with pytest.raises(ExtraError) as caught:
        await extras.make(job, extra)
    return caught.value.why


async def test_a_comparison_is_made_of_source_and_result_and_posted(
    extras, job, lone_bench, deliverer
):
    await extras.make(job, Extra.COMPARE)
    assert lone_bench.media.calls == [("compare", 0.0)]
    [(extra, data)] = deliverer.posted
    assert extra is Extra.COMPARE
    assert data.startswith(b"compared ")


async def test_two_who_press_at_once_get_the_same_one(extras, job, deliverer):
    both = await asyncio.gather(*(extras.make(job, Extra.SOUND) for _ in range(2)))
    assert both[0] == both[1]
    assert len(deliverer.posted) == 1


async def test_who_asks_again_is_led_to_what_is_there(extras, job, lone_bench, deliverer):
    deliverer.found = Delivered(channel_id=5, message_id=6)
    assert await extras.make(job, Extra.COMPARE) == deliverer.found
    assert lone_bench.media.calls == []


async def test_one_who_leaves_takes_it_from_nobody_else(extras, job, deliverer):
    leaving = asyncio.create_task(extras.make(job, Extra.COMPARE))
    staying = asyncio.create_task(extras.make(job, Extra.COMPARE))
    await asyncio.sleep(0)
    leaving.cancel()
    await staying
    assert len(deliverer.posted) == 1


@pytest.mark.parametrize(
    ("trouble", "why"),
    [
        (MediaBusyError("full"), ExtraFailure.BUSY),
        (MediaNoSoundError("silent"), ExtraFailure.NO_SOUND),
        (MediaProbeError("broken"), ExtraFailure.BROKEN),
        (ValueError("a surprise"), ExtraFailure.BROKEN),
    ],
    ids=lambda value: getattr(value, "name", type(value).__name__),
)
async def test_each_trouble_has_a_reason_that_people_are_told(
    extras, job, lone_bench, trouble, why
):
    lone_bench.media.troubles = {"compare": [trouble]}
    assert await why_not(extras, job) is why


async def test_without_the_source_there_is_nothing_to_compare(extras, job, lone_bench):
    lone_bench.downloader.troubles = {LIVE_SOURCE: [MediaUnreachableError("gone", status=404)]}
    assert await why_not(extras, job) is ExtraFailure.NO_SOURCE


async def test_without_the_result_neither(extras, job, deliverer):
    deliverer.answer_url = None
    assert await why_not(extras, job) is ExtraFailure.NO_OUTPUT


async def test_a_place_that_takes_nothing_is_named(extras, job, deliverer):
    deliverer.extra_troubles = [DeliveryImpossibleError("closed")]
    assert await why_not(extras, job) is ExtraFailure.NO_PLACE


async def test_what_discord_finds_too_large_is_made_smaller(extras, job, lone_bench, deliverer):
    deliverer.extra_troubles = [DeliveryTooLargeError("413")]
    await extras.make(job, Extra.COMPARE)
    assert [name for name, *_ in lone_bench.media.calls] == ["compare", "compare"]
    first, second = lone_bench.media.limits
    assert second < first
    assert len(deliverer.posted) == 1


async def test_the_queue_has_an_end_and_nobody_who_is_in_it_is_turned_away(extras, lone_bench):
    jobs = [
        await lone_bench.job(await lone_bench.add(id=number)) for number in range(1, WAITING + 2)
    ]
    tasks = [asyncio.create_task(extras.make(job, Extra.COMPARE)) for job in jobs[:-1]]
    await asyncio.sleep(0)
    assert await why_not(extras, jobs[-1]) is ExtraFailure.BUSY
    assert not extras.is_full(jobs[0], Extra.COMPARE)
    await asyncio.gather(*tasks)
    await extras.make(jobs[-1], Extra.COMPARE)
