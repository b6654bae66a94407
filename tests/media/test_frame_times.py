"""Which frame is shown when."""

import pytest

from bot.media.worker.frame_times import grid, shown_at


def frames(fps, count):
    return [(number / fps, number) for number in range(count)]


def test_a_frame_is_shown_until_the_next_begins():
    assert list(shown_at(frames(2, 3), [0, 0.2, 0.5, 0.9, 1.0])) == [0, 0, 1, 1, 2]


def test_two_rates_stay_together_over_time():
    moments = [number / 30 for number in range(30 * 5)]
    film = list(shown_at(frames(24, 24 * 5), moments))
    phone = list(shown_at(frames(60, 60 * 5), moments))
    for moment, one, other in zip(moments, film, phone, strict=True):
        assert one / 24 == pytest.approx(moment, abs=1 / 24)
        assert other / 60 == pytest.approx(moment, abs=1 / 60)


def test_rounded_times_skip_no_frame():
    rounded = [(round(number / 30, 3), number) for number in range(90)]
    assert list(shown_at(rounded, [number / 30 for number in range(90)])) == list(range(90))


def test_a_video_that_ends_early_stays_at_its_last_frame():
    assert list(shown_at(frames(10, 3), [0.0, 0.3, 5.0])) == [0, 2, 2]


def test_a_video_that_begins_late_shows_its_first_frame_before():
    assert list(shown_at([(0.4, "a"), (0.6, "b")], [0.0, 0.5, 0.7])) == ["a", "a", "b"]


def test_without_frames_nothing_is_shown():
    assert list(shown_at([], [0.0, 1.0])) == []


@pytest.mark.parametrize(
    ("source", "output", "expected"),
    [(60, 24, 30), (25, 24, 25), (10, 24, 24), (0, 0, 1), (120, 120, 30)],
)
def test_the_faster_one_sets_the_rate_up_to_thirty(source, output, expected):
    assert grid(source_fps=source, output_fps=output, seconds=2) == (expected, expected * 2)


def test_a_blink_is_still_one_frame():
    assert grid(source_fps=30, output_fps=30, seconds=0.001)[1] == 1
