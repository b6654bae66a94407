"""The source's sound over an output, listened to."""

import av
import pytest

from bot.errors import MediaNoSoundError
from bot.media.probe import probe_video
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor, SourceFile
from tests.media.direct import DirectWorkshop
from tests.media.scenes import index_is_in_front, loud_from, make_scene


@pytest.fixture
def process_pool():
    return DirectWorkshop()


async def lay(process_pool, folder, source, output, *, start=0.0, max_bytes=1_000_000):
    source = SourceFile(path=source, start_seconds=start)
    target = folder / "loud.mp4"
    await MediaProcessor(process_pool).add_sound(source, output, target, max_bytes=max_bytes)


def picture_bytes(path):
    with av.open(str(path)) as video:
        return [bytes(packet) for packet in video.demux(video=0) if packet.size]


async def test_the_pictures_are_copied_and_the_sound_is_laid_over(tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=2, sound=True)
    output = make_scene(tmp_path / "b.mp4", seconds=1, fps=24)
    await lay(ProcessPool(), tmp_path, source, output, start=0.5)
    target = tmp_path / "loud.mp4"
    assert picture_bytes(target) == picture_bytes(output)
    assert loud_from(target) == pytest.approx(0.5, abs=0.025)
    facts = await probe_video(target)
    assert (facts.codec, facts.audio_codec) == ("h264", "aac")
    assert facts.duration_seconds == pytest.approx(1.0, abs=0.01)
    assert index_is_in_front(target)


async def test_the_sound_is_cut_to_the_length_of_the_output(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=3, sound=True)
    await lay(process_pool, tmp_path, source, make_scene(tmp_path / "b.mp4", seconds=1))
    with av.open(str(tmp_path / "loud.mp4")) as video:
        frames = list(video.decode(audio=0))
    assert frames[-1].time + frames[-1].samples / 48000 == pytest.approx(1.0, abs=0.025)


async def test_sound_that_ends_early_leaves_the_pictures_whole(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=1, sound=True)
    output = make_scene(tmp_path / "b.mp4", seconds=2)
    await lay(process_pool, tmp_path, source, output, start=0.2)
    assert (
        await probe_video(tmp_path / "loud.mp4", process_pool=process_pool)
    ).duration_seconds == pytest.approx(2.0)
    assert loud_from(tmp_path / "loud.mp4") == pytest.approx(0.3, abs=0.025)


async def test_sound_of_another_kind_is_encoded(process_pool, tmp_path):
    source = make_scene(
        tmp_path / "a.webm", form="webm", codec="libvpx", sound=True, sound_codec="libopus"
    )
    await lay(process_pool, tmp_path, source, make_scene(tmp_path / "b.mp4"))
    assert (
        await probe_video(tmp_path / "loud.mp4", process_pool=process_pool)
    ).audio_codec == "aac"
    assert loud_from(tmp_path / "loud.mp4") == pytest.approx(0.5, abs=0.025)


async def test_the_outputs_own_sound_is_replaced(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", seconds=2, sound=True)
    output = make_scene(tmp_path / "b.mp4", seconds=1, sound=True)
    await lay(process_pool, tmp_path, source, output, start=0.8)
    with av.open(str(tmp_path / "loud.mp4")) as video:
        assert len(video.streams.audio) == 1
    assert loud_from(tmp_path / "loud.mp4") == pytest.approx(0.2, abs=0.025)


async def test_pictures_that_no_mp4_player_expects_are_encoded(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", sound=True)
    output = make_scene(tmp_path / "b.webm", form="webm", codec="libvpx")
    await lay(process_pool, tmp_path, source, output)
    facts = await probe_video(tmp_path / "loud.mp4", process_pool=process_pool)
    assert (facts.codec, facts.audio_codec) == ("h264", "aac")


async def test_what_became_too_big_is_made_to_fit(process_pool, tmp_path):
    source = make_scene(tmp_path / "a.mp4", sound=True)
    output = make_scene(tmp_path / "b.mp4", fps=24, width=320, height=180, noise=True)
    await lay(process_pool, tmp_path, source, output, max_bytes=200_000)
    assert (tmp_path / "loud.mp4").stat().st_size <= 200_000
    assert loud_from(tmp_path / "loud.mp4") == pytest.approx(0.5, abs=0.025)


@pytest.mark.parametrize(("sound", "start"), [(False, 0.0), (True, 1.5)])
async def test_a_silent_part_is_an_error_of_its_own(tmp_path, sound, start):
    source = make_scene(tmp_path / "a.mp4", sound=sound)
    output = make_scene(tmp_path / "b.mp4")
    with pytest.raises(MediaNoSoundError):
        await lay(ProcessPool(), tmp_path, source, output, start=start)
    assert not (tmp_path / "loud.mp4").exists()
