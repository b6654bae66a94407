"""Results that are too big for a place: encoded anew, and probed."""

import av
import pytest

from bot.errors import MediaUnfitError, MediaUnreadableError
from bot.media.probe import probe_video
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor
from tests.media.boxes import turn
from tests.media.direct import DirectWorkshop
from tests.media.scenes import index_is_in_front, loud_from, make_scene, read_images


@pytest.fixture
def process_pool():
    return DirectWorkshop()


async def fit(process_pool, source, target, *, max_bytes):
    """Make a video fit, and return what a look into it finds."""
    await MediaProcessor(process_pool).fit(source, target, max_bytes=max_bytes)
    return await probe_video(target, process_pool=process_pool)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory):
    """A second of pictures that do not compress, with sound: over 1 MB."""
    path = tmp_path_factory.mktemp("noisy") / "a.mp4"
    return make_scene(path, fps=24, width=320, height=180, noise=True, sound=True)


async def test_a_result_is_made_to_fit_in_a_process_of_its_own(noisy, tmp_path):
    target = tmp_path / "b.mp4"
    assert noisy.stat().st_size > 1_000_000
    facts = await fit(ProcessPool(), noisy, target, max_bytes=200_000)
    assert target.stat().st_size <= 200_000
    assert [path.name for path in tmp_path.iterdir()] == ["b.mp4"]
    assert (facts.container, facts.codec, facts.audio_codec) == ("mp4", "h264", "aac")
    assert (facts.width, facts.height) == (320, 180)
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.01)
    assert facts.frames == 24
    assert index_is_in_front(target)


async def test_the_picture_is_as_large_as_the_bytes_allow(process_pool, noisy, tmp_path):
    made = await fit(process_pool, noisy, tmp_path / "b.mp4", max_bytes=100_000)
    assert (made.width, made.fps) == (320, 24)
    lower = await fit(process_pool, make_large(tmp_path), tmp_path / "c.mp4", max_bytes=50_000)
    assert (tmp_path / "c.mp4").stat().st_size <= 50_000
    assert lower.height < 360
    assert lower.width / lower.height == pytest.approx(16 / 9, abs=0.03)


def make_large(folder):
    return make_scene(folder / "large.mp4", seconds=1, fps=30, width=640, height=360, noise=True)


async def test_bytes_that_are_not_needed_are_not_spent(process_pool, tmp_path):
    calm = make_scene(tmp_path / "a.mp4", seconds=2)
    await fit(process_pool, calm, tmp_path / "b.mp4", max_bytes=10_000_000)
    assert (tmp_path / "b.mp4").stat().st_size < 50_000


async def test_what_cannot_fit_is_refused_and_leaves_nothing(noisy, tmp_path):
    with pytest.raises(MediaUnfitError):
        await fit(ProcessPool(), noisy, tmp_path / "b.mp4", max_bytes=10_000)
    assert list(tmp_path.iterdir()) == []


async def test_sound_stays_in_step(process_pool, noisy, tmp_path):
    await fit(process_pool, noisy, tmp_path / "b.mp4", max_bytes=150_000)
    assert loud_from(tmp_path / "b.mp4") == pytest.approx(0.5, abs=0.025)


async def test_heavy_sound_is_made_lighter_with_the_picture(process_pool, tmp_path):
    heavy = make_scene(tmp_path / "a.mp4", seconds=2, sound=True, sound_bits=320_000)
    await fit(process_pool, heavy, tmp_path / "b.mp4", max_bytes=70_000)
    assert (tmp_path / "b.mp4").stat().st_size <= 70_000
    assert sound_bytes(tmp_path / "b.mp4") < sound_bytes(heavy) / 2
    assert loud_from(tmp_path / "b.mp4") == pytest.approx(1.0, abs=0.025)


def sound_bytes(path):
    with av.open(str(path)) as video:
        return sum(packet.size for packet in video.demux(audio=0))


async def test_sixty_frames_a_second_are_halved_before_they_blur(process_pool, tmp_path):
    fast = make_scene(tmp_path / "a.mp4", seconds=0.5, fps=60, width=640, height=360, noise=True)
    facts = await fit(process_pool, fast, tmp_path / "b.mp4", max_bytes=60_000)
    assert facts.fps == pytest.approx(30, abs=0.5)
    assert facts.duration_seconds == pytest.approx(0.5, abs=0.02)


async def test_a_result_filmed_upright_stays_upright(process_pool, tmp_path):
    path = make_scene(tmp_path / "a.mp4", corner=(250, 250, 0))
    data = bytearray(path.read_bytes())
    turn(data, 90)
    path.write_bytes(data)
    made = await fit(process_pool, path, tmp_path / "b.mp4", max_bytes=100_000)
    assert (made.width, made.height) == (90, 160)
    image = read_images(tmp_path / "b.mp4")[0][1]
    assert image.getpixel((85, 5))[1] > 150  # the corner went from the left to the right
    assert image.getpixel((5, 5))[1] < 120


@pytest.mark.parametrize(
    ("form", "codec", "sound"), [("webm", "libvpx", "libopus"), ("matroska", "mpeg4", "aac")]
)
async def test_other_formats_become_mp4(process_pool, tmp_path, form, codec, sound):
    path = make_scene(tmp_path / "a", form=form, codec=codec, sound=True, sound_codec=sound)
    await fit(process_pool, path, tmp_path / "b.mp4", max_bytes=100_000)
    with av.open(str(tmp_path / "b.mp4")) as video:
        assert video.streams.video[0].codec_context.name == "h264"
        assert video.streams.audio[0].codec_context.name == "aac"


async def test_what_is_no_video_is_unreadable(process_pool, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"<html>gone</html>")
    with pytest.raises(MediaUnreadableError):
        await fit(process_pool, tmp_path / "a.mp4", tmp_path / "b.mp4", max_bytes=100_000)
    assert not (tmp_path / "b.mp4").exists()
