from datetime import timedelta

from bot.domain.jobs import JobState
from bot.engine.wait_queue import LONGEST_SECONDS, SHORTEST_SECONDS, WaitQueue
from tests.storage.money import holders


def test_those_far_behind_ask_less_often_but_never_forget_to():
    line = WaitQueue()
    near, far = (line.wait(1, position) for position in (1, 1000))
    assert SHORTEST_SECONDS <= near <= 5
    assert 0.8 * LONGEST_SECONDS <= far <= 1.2 * LONGEST_SECONDS


def test_when_a_job_ends_only_the_first_of_those_that_wait_ask_now():
    line, hurried = WaitQueue(), []
    line.hurry = hurried.append
    for job_id, position in ((1, 1), (2, 2), (3, 3), (4, None), (5, 1)):
        line.wait(job_id, position)
    line.leave(5)
    line.wake()
    assert hurried == [1, 2]
    line.clear()
    line.wake()
    assert hurried == [1, 2]


async def waiting(bench, job_id, user_id):
    """Have a job find that it has to wait, and return what people are told of that."""
    handle = await bench.add(id=job_id, user_id=user_id, holders=holders(user_id))
    await bench.step(handle)
    await bench.show_all()
    assert handle.state is JobState.QUEUED
    shown = [progress for shown_id, progress in bench.deliverer.shown if shown_id == job_id]
    return shown[-1]


async def test_who_waits_is_told_when_their_turn_comes_by_how_long_the_last_ones_took(
    make_bench, store, deliverer, clock
):
    bench = make_bench(store, bot_running=1)
    bench.deliverer = deliverer
    first = await bench.add(id=1, holders=holders(7), user_id=7)
    await bench.run(first, until=lambda handle: handle.state is JobState.RUNNING)
    second = await waiting(bench, 2, 8)
    assert (second.position, second.starts_at) == (1, None), "nothing is known yet"
    for seconds in (80.0, 90.0, 100.0):
        bench.context.history.learn(first.model, first.bucket, seconds)
    third = await waiting(bench, 3, 8)
    assert (third.position, third.comes_after_others) == (2, False)
    assert third.starts_at == clock.now() + timedelta(seconds=180)
    fourth = await waiting(bench, 4, 9)
    assert (fourth.position, fourth.comes_after_others) == (2, True), "members take turns"
