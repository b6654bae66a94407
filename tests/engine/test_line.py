from bot.engine.wait_queue import LONGEST_SECONDS, SHORTEST_SECONDS, WaitQueue


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
