"""Probing, in real processes, of clips made here."""

import asyncio
import os
import signal
import struct
from pathlib import Path

import pytest
from PIL import Image

from bot.errors import MediaProbeError, MediaUnreadableError, UnreadableReason
from bot.media.probe import ProbeLimits, probe_video
from bot.media.process_pool import ProcessPool
from bot.requests.validation import Refusal, Rule
from bot.texts.refusal import refusal
from tests.media.clips import make_audio, make_clip, make_gif, make_image, make_stills
from tests.media.processes import children

FASTSTART = {"movflags": "faststart"}


def boxes(data, start=0, end=None):
    """Yield (kind, offset, length) of the boxes of an MP4."""
    at = start
    end = len(data) if end is None else end
    while at + 8 <= end:
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        yield kind, at, length
        at += length


def find(data, *path):
    start, end = 0, len(data)
    for kind in path:
        start, end = next((at + 8, at + n) for k, at, n in boxes(data, start, end) if k == kind)
    return start


def environment_of(processes):
    """Return the environment of the process that probes, once it runs."""
    for process in processes:
        if b"bot.media.worker.worker_main" in Path(f"/proc/{process}/cmdline").read_bytes():
            return Path(f"/proc/{process}/environ").read_bytes()
    return b""


def limits_of(processes):
    """Return the soft limits of the process that probes, once it runs."""
    for process in processes:
        lines = Path(f"/proc/{process}/limits").read_text().splitlines()[1:]
        return {line[:26].strip(): line[26:].split()[0] for line in lines}
    return {}


async def reason_for(path, **limits):
    with pytest.raises(MediaUnreadableError) as caught:
        await probe_video(path, limits=ProbeLimits(**limits))
    return caught.value.reason


async def test_an_ordinary_clip_is_described(tmp_path):
    facts = await probe_video(make_clip(tmp_path / "a.mp4", seconds=2, fps=10, audio=True))
    assert (facts.container, facts.codec, facts.content_type) == ("mp4", "h264", "video/mp4")
    assert (facts.width, facts.height, facts.rotation) == (64, 48, 0)
    assert facts.duration_seconds == pytest.approx(2.0)
    assert facts.fps == pytest.approx(10)
    assert facts.has_audio


@pytest.mark.parametrize(
    ("form", "codec", "container", "name"),
    [
        ("mp4", "mpeg4", "mp4", "mpeg4"),
        ("mov", "libx264", "mov", "h264"),
        ("webm", "libvpx-vp9", "webm", "vp9"),
        ("matroska", "libx264", "matroska", "h264"),
        ("avi", "mpeg4", "avi", "mpeg4"),
        ("mpegts", "libx264", "mpegts", "h264"),
    ],
)
async def test_containers_are_known_by_content_not_by_name(tmp_path, form, codec, container, name):
    path = make_clip(tmp_path / "clip.txt", form=form, codec=codec, seconds=1.5)
    facts = await probe_video(path)
    assert (facts.container, facts.codec, facts.has_audio) == (container, name, False)
    assert facts.duration_seconds == pytest.approx(1.5, abs=0.15)


async def test_a_clip_filmed_upright_is_measured_as_it_is_shown(tmp_path):
    path = make_clip(tmp_path / "a.mp4", options=FASTSTART)
    data = bytearray(path.read_bytes())
    at = find(data, b"moov", b"trak", b"tkhd") + 40
    one = 0x10000
    data[at : at + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 0x40000000)  # 90 clockwise
    path.write_bytes(data)
    facts = await probe_video(path)
    assert (facts.width, facts.height, facts.rotation) == (48, 64, 90)


@pytest.mark.parametrize("form", ["mp4", "matroska"])
async def test_a_variable_rate_is_averaged(tmp_path, form):
    times = [0, 20, 40, 60, 80, 1000, 1500, 2000, 2500, 2540, 3000]
    facts = await probe_video(make_clip(tmp_path / "a", form=form, times=times))
    assert facts.duration_seconds == pytest.approx(3.0, abs=0.6)
    assert facts.fps == pytest.approx(11 / facts.duration_seconds, abs=0.01)


async def test_a_duration_that_the_header_invents_is_not_believed(tmp_path):
    path = make_clip(tmp_path / "a.mp4", seconds=2, options=FASTSTART)
    data = bytearray(path.read_bytes())
    for place, at in ((("moov", "mvhd"), 16), (("moov", "trak", "mdia", "mdhd"), 16)):
        offset = find(data, *(kind.encode() for kind in place)) + at
        data[offset : offset + 4] = struct.pack(">I", 99_000_000)
    path.write_bytes(data)
    assert (await probe_video(path)).duration_seconds == pytest.approx(2.0, abs=0.01)


async def test_a_live_recording_without_a_duration_is_measured(tmp_path):
    path = make_clip(
        tmp_path / "a.webm", form="webm", codec="libvpx", seconds=2, options={"live": "1"}
    )
    assert (await probe_video(path)).duration_seconds == pytest.approx(2.0, abs=0.15)


async def test_a_moving_gif_is_a_video(tmp_path):
    facts = await probe_video(make_gif(tmp_path / "a.gif", frames=5))
    assert (facts.container, facts.content_type) == ("gif", "image/gif")
    assert facts.duration_seconds == pytest.approx(0.5, abs=0.11)


async def test_an_empty_file_is_told_apart(tmp_path):
    (tmp_path / "a.mp4").touch()
    assert await reason_for(tmp_path / "a.mp4") is UnreadableReason.EMPTY


@pytest.mark.parametrize(
    "data",
    [
        b"hello\n" * 100,
        b"%PDF-1.7\n" + bytes(range(256)) * 8,
        b"PK\x03\x04" + bytes(1000),
        bytes(5000),
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"x",
    ],
    ids=["text", "pdf", "zip", "zeros", "playlist", "concat", "byte"],
)
async def test_what_is_no_video_is_told_apart(tmp_path, data):
    (tmp_path / "a.mp4").write_bytes(data)
    assert await reason_for(tmp_path / "a.mp4") is UnreadableReason.NOT_VIDEO


@pytest.mark.parametrize("form", ["wav", "mp3"])
async def test_sound_alone_is_told_apart(tmp_path, form):
    path = make_audio(tmp_path / "a.mp4", form)
    assert await reason_for(path) is UnreadableReason.AUDIO_ONLY


async def test_an_mp4_with_sound_alone_is_told_apart(tmp_path):
    path = make_clip(tmp_path / "a.mp4", video=False, audio=True)
    assert await reason_for(path) is UnreadableReason.AUDIO_ONLY


@pytest.mark.parametrize(
    ("codec", "pix_fmt"), [("png", "rgb24"), ("mjpeg", "yuvj420p"), ("bmp", "bgr24")]
)
async def test_a_picture_called_a_video_is_told_apart(tmp_path, codec, pix_fmt):
    path = make_image(tmp_path / "a.mp4", codec=codec, pix_fmt=pix_fmt)
    assert await reason_for(path) is UnreadableReason.STILL_IMAGE


@pytest.mark.parametrize("form", ["webp", "png"])
async def test_an_animated_picture_is_not_called_a_still_one(tmp_path, form):
    first, *others = (Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue"))
    path = tmp_path / f"a.{form}"
    first.save(path, save_all=True, append_images=others, duration=100)
    assert await reason_for(path) is UnreadableReason.ANIMATED_PICTURE
    first.save(path)
    assert await reason_for(path) is UnreadableReason.STILL_IMAGE
    path.write_bytes(path.read_bytes()[:16])
    assert await reason_for(path) is UnreadableReason.STILL_IMAGE


async def test_a_gif_that_does_not_move_is_a_picture(tmp_path):
    path = make_gif(tmp_path / "a.gif", frames=1)
    assert await reason_for(path) is UnreadableReason.STILL_IMAGE


@pytest.mark.parametrize("options", [FASTSTART, {}], ids=["index first", "index last"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
async def test_a_cut_off_mp4_is_damaged(tmp_path, options, share):
    path = make_clip(tmp_path / "a.mp4", seconds=3, width=320, height=240, options=options)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert await reason_for(path) is UnreadableReason.DAMAGED


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
async def test_a_cut_off_webm_is_damaged(tmp_path, share):
    path = make_clip(tmp_path / "a.webm", form="webm", codec="libvpx", seconds=3)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert await reason_for(path) is UnreadableReason.DAMAGED


async def test_a_video_without_frames_is_damaged(tmp_path):
    path = make_clip(tmp_path / "a.mp4", options={"movflags": "empty_moov"}, seconds=0.1)
    data = path.read_bytes()
    path.write_bytes(data[: next(at for kind, at, _ in boxes(data) if kind == b"moof")])
    assert await reason_for(path) is UnreadableReason.DAMAGED


async def test_an_mp4_that_hides_where_it_was_cut_off_is_damaged(tmp_path):
    path = make_clip(tmp_path / "a.mp4", seconds=3, width=320, height=240, options=FASTSTART)
    data = bytearray(path.read_bytes())
    at = next(at for kind, at, _ in boxes(data) if kind == b"mdat")
    data[at : at + 4] = bytes(4)  # "to the end of the file"
    path.write_bytes(data)
    assert (await probe_video(path)).duration_seconds == pytest.approx(3.0)
    path.write_bytes(data[: int(at + (len(data) - at) * 0.6)])
    assert await reason_for(path) is UnreadableReason.DAMAGED


@pytest.mark.parametrize(("begin", "end"), [(0, 1), (0, 0.4), (0.3, 0.75), (0.6, 1)])
async def test_a_video_with_noise_for_pictures_is_damaged(tmp_path, begin, end):
    path = make_clip(
        tmp_path / "a.mp4", seconds=6, width=320, height=240, key_every=5, options=FASTSTART
    )
    data = bytearray(path.read_bytes())
    at, length = next((at + 8, n - 8) for kind, at, n in boxes(data) if kind == b"mdat")
    for i in range(at + int(length * begin), at + int(length * end)):
        data[i] = (i * 151 + 7) % 256
    path.write_bytes(data)
    assert await reason_for(path) is UnreadableReason.DAMAGED


async def test_a_child_is_not_full_because_the_bot_is_large(tmp_path):
    path = make_clip(tmp_path / "a.mp4", seconds=2, key_every=5, options=FASTSTART)
    data = bytearray(path.read_bytes())
    at, length = next((at + 8, n - 8) for kind, at, n in boxes(data) if kind == b"mdat")
    data[at : at + length] = bytes(i * 151 % 256 for i in range(length))
    path.write_bytes(data)
    large = bytearray(b"x" * 1000) * 900_000  # more than a child may take
    assert await reason_for(path) is UnreadableReason.DAMAGED
    assert large


async def test_a_size_that_the_header_invents_is_not_believed(tmp_path):
    path = make_clip(tmp_path / "a.mp4", codec="mpeg4", options=FASTSTART)
    data = bytearray(path.read_bytes())
    entry = find(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd") + 8
    assert data[entry + 4 : entry + 8] == b"mp4v"
    data[entry + 32 : entry + 36] = struct.pack(">2H", 65535, 65535)
    path.write_bytes(data)
    facts = await probe_video(path)
    assert (facts.width, facts.height) == (64, 48)


async def test_frames_of_monstrous_size_are_refused(tmp_path):
    path = make_stills(tmp_path / "a.mkv", width=64, height=48, frames=20)
    data = bytearray(path.read_bytes())
    at = data.find(b"\xff\xc0")
    while at > 0:
        data[at + 5 : at + 9] = struct.pack(">2H", 65500, 65500)
        at = data.find(b"\xff\xc0", at + 2)
    path.write_bytes(data)
    assert await reason_for(path) in {UnreadableReason.TOO_COMPLEX, UnreadableReason.DAMAGED}


@pytest.mark.parametrize("seed", range(12))
async def test_flipped_bits_end_in_an_answer(tmp_path, seed):
    path = make_clip(tmp_path / "a.mp4", seconds=1, options=FASTSTART)
    data = bytearray(path.read_bytes())
    for i in range(40):
        data[(seed * 7919 + i * 104_729) % len(data)] ^= 1 << (i % 8)
    path.write_bytes(data)
    try:
        facts = await probe_video(path)
    except MediaUnreadableError:
        return
    assert facts.width > 0


async def test_a_look_that_takes_too_long_is_ended(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    assert await reason_for(path, wall_seconds=0.01) is UnreadableReason.TOO_COMPLEX
    assert children() <= before


@pytest.mark.parametrize(
    ("signal_number", "reason"),
    [
        (signal.SIGXCPU, UnreadableReason.TOO_COMPLEX),
        (signal.SIGKILL, UnreadableReason.TOO_COMPLEX),
        (signal.SIGSEGV, UnreadableReason.DAMAGED),
        (signal.SIGABRT, UnreadableReason.DAMAGED),
    ],
)
async def test_a_file_that_ends_its_process_ends_nothing_else(tmp_path, signal_number, reason):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    task = asyncio.create_task(reason_for(path))
    for _ in range(10_000):
        await asyncio.sleep(0)
        if new := children() - before:
            os.kill(int(new.pop()), signal_number)
            break
    assert await task is reason
    assert (await probe_video(path)).width == 64


async def test_the_process_is_bounded_before_it_opens_the_file(tmp_path):
    pipe = tmp_path / "a.mp4"
    os.mkfifo(pipe)  # opening it waits, so the process can be looked at
    before = children()
    task = asyncio.create_task(probe_video(pipe))
    seen = {}
    for _ in range(100_000):
        await asyncio.sleep(0)
        seen = limits_of(children() - before)
        if seen.get("Max open files") == "64":
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert seen["Max cpu time"] == str(ProbeLimits().cpu_seconds)
    assert seen["Max data size"] == str(768 * 1024**2)
    assert int(seen["Max address space"]) < 1280 * 1024**2  # libraries and stacks are no memory
    assert seen["Max file size"] == "0"


async def test_too_little_memory_is_not_the_files_fault_before_it_is_opened(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    with pytest.raises(MediaProbeError):
        await probe_video(path, limits=ProbeLimits(memory_bytes=8_000_000))


async def test_a_missing_file_is_not_called_damaged(tmp_path):
    with pytest.raises(MediaProbeError):
        await probe_video(tmp_path / "gone.mp4")


async def test_cancelling_ends_the_process(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    task = asyncio.create_task(probe_video(path))
    for _ in range(10_000):
        await asyncio.sleep(0)
        if children() - before:
            break
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert children() <= before


async def test_at_most_two_processes_look_at_once(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    before = children()
    most = 0
    process_pool = ProcessPool()
    tasks = [asyncio.create_task(probe_video(path, process_pool=process_pool)) for _ in range(5)]
    while not all(task.done() for task in tasks):
        most = max(most, len(children() - before))
        await asyncio.sleep(0.005)
    assert [task.result().width for task in tasks] == [64] * 5
    assert most <= 2


async def test_the_process_gets_none_of_our_secrets(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "a.mp4")
    monkeypatch.setenv("COMETAPI_KEY", "sk-very-secret")
    before = children()
    task = asyncio.create_task(probe_video(path))
    seen = b""
    for _ in range(10_000):
        await asyncio.sleep(0)
        seen = environment_of(children() - before)
        if seen:
            break
    await task
    assert b"PATH=" in seen
    assert b"sk-very-secret" not in seen


async def test_pictures_that_were_looked_at_do_not_pile_up(tmp_path):
    path = make_stills(tmp_path / "a.mkv", width=1920, height=1080, frames=90)
    limits = ProbeLimits(memory_bytes=160 * 1024**2)  # room for some of 90 pictures of 3 MB
    facts = await probe_video(path, limits=limits)
    assert (facts.frames, facts.flaw) == (90, None)


async def test_pictures_that_do_not_fit_the_memory_are_called_too_large(tmp_path):
    path = make_stills(tmp_path / "a.mkv", width=7680, height=4320, frames=2)
    with pytest.raises(MediaUnreadableError) as caught:
        await probe_video(path, limits=ProbeLimits(memory_bytes=256 * 1024**2))
    assert caught.value.reason is UnreadableReason.PICTURE_TOO_LARGE
    told = refusal(
        Refusal(
            rule=Rule.VIDEO_UNREADABLE, value=caught.value.reason.value, words=(str(caught.value),)
        )
    )
    assert "(7680x4320 pixels)" in told
