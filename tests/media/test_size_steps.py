"""How a video is made smaller."""

from bot.media.worker.size_steps import find_size_steps, floor_bits, sound_bits


def test_the_picture_keeps_its_size_while_the_bits_suffice():
    first = find_size_steps(1280, 720, fps=30, bits=2_000_000)[0]
    assert (first.width, first.height, first.max_fps, first.lowered) == (1280, 720, None, False)


def test_pixels_are_given_up_before_quality():
    first = find_size_steps(1280, 720, fps=30, bits=300_000)[0]
    assert first.lowered
    assert first.height < 720
    assert floor_bits(first.width, first.height, 30) <= 300_000


def test_each_rung_is_smaller_than_the_one_before():
    found = find_size_steps(1080, 1920, fps=30, bits=10_000_000)
    assert [size_step.width for size_step in found] == [1080, 720, 540, 480, 360, 240, 180]
    assert all(size_step.height > size_step.width for size_step in found)


def test_a_smaller_picture_needs_no_sixty_frames_a_second():
    found = find_size_steps(1280, 720, fps=60, bits=10_000_000)
    assert [size_step.max_fps for size_step in found[:2]] == [None, 30]


def test_nothing_is_offered_below_the_floor():
    assert find_size_steps(1280, 720, fps=30, bits=20_000) == ()


def test_a_small_picture_has_a_floor_of_its_own():
    assert find_size_steps(160, 90, fps=10, bits=50_000)[0].lowered is False


def test_odd_sizes_become_even():
    first = find_size_steps(853, 481, fps=30, bits=10_000_000)[0]
    assert first.width % 2 == first.height % 2 == 0


def test_sound_gives_way_when_there_is_little_to_share_out():
    assert sound_bits(10_000_000, 30) == 160_000
    assert sound_bits(2_000_000, 40) == 64_000
