"""What probing finds in clips made here."""

import struct
from functools import partial

import pytest
from PIL import Image

from bot.errors import MediaUnreadableError, UnreadableReason
from bot.media.probe import probe_video
from tests.media.boxes import boxes, find
from tests.media.clips import make_audio, make_clip, make_gif, make_image, make_stills

FASTSTART = {"movflags": "faststart"}


@pytest.fixture
def look(forked_pool):
    """``await look(path)``: the facts of a file."""
    return partial(probe_video, process_pool=forked_pool)


async def reason_for(look, path):
    with pytest.raises(MediaUnreadableError) as caught:
        await look(path)
    return caught.value.reason


async def test_an_ordinary_clip_is_described(look, tmp_path):
    facts = await look(make_clip(tmp_path / "a.mp4", seconds=2, fps=10, audio=True))
    assert (facts.container, facts.codec, facts.content_type) == ("mp4", "h264", "video/mp4")
    assert (facts.width, facts.height, facts.rotation) == (64, 48, 0)
    assert facts.duration_seconds == pytest.approx(2.0)
    assert facts.fps == pytest.approx(10)
    assert facts.has_audio


async def test_in_a_clip_that_is_known_no_flaw_is_looked_for(look, tmp_path):
    path = make_clip(tmp_path / "a.mp4", seconds=2)
    assert [(await look(path, is_known=known)).flaw for known in (True, False)] == ["unseen", None]


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
async def test_containers_are_known_by_content_not_by_name(
    look, tmp_path, form, codec, container, name
):
    path = make_clip(tmp_path / "clip.txt", form=form, codec=codec, seconds=1.5)
    facts = await look(path)
    assert (facts.container, facts.codec, facts.has_audio) == (container, name, False)
    assert facts.duration_seconds == pytest.approx(1.5, abs=0.15)


async def test_a_clip_filmed_upright_is_measured_as_it_is_shown(look, tmp_path):
    path = make_clip(tmp_path / "a.mp4", options=FASTSTART)
    data = bytearray(path.read_bytes())
    at = find(data, b"moov", b"trak", b"tkhd") + 40
    one = 0x10000
    data[at : at + 36] = struct.pack(">9i", 0, one, 0, -one, 0, 0, 0, 0, 0x40000000)  # 90 clockwise
    path.write_bytes(data)
    facts = await look(path)
    assert (facts.width, facts.height, facts.rotation) == (48, 64, 90)


@pytest.mark.parametrize("form", ["mp4", "matroska"])
async def test_a_variable_rate_is_averaged(look, tmp_path, form):
    times = [0, 20, 40, 60, 80, 1000, 1500, 2000, 2500, 2540, 3000]
    facts = await look(make_clip(tmp_path / "a", form=form, times=times))
    assert facts.duration_seconds == pytest.approx(3.0, abs=0.6)
    assert facts.fps == pytest.approx(11 / facts.duration_seconds, abs=0.01)


async def test_a_duration_that_the_header_invents_is_not_believed(look, tmp_path):
    path = make_clip(tmp_path / "a.mp4", seconds=2, options=FASTSTART)
    data = bytearray(path.read_bytes())
    for place, at in ((("moov", "mvhd"), 16), (("moov", "trak", "mdia", "mdhd"), 16)):
        offset = find(data, *(kind.encode() for kind in place)) + at
        data[offset : offset + 4] = struct.pack(">I", 99_000_000)
    path.write_bytes(data)
    assert (await look(path)).duration_seconds == pytest.approx(2.0, abs=0.01)


async def test_a_live_recording_without_a_duration_is_measured(look, tmp_path):
    path = make_clip(
        tmp_path / "a.webm", form="webm", codec="libvpx", seconds=2, options={"live": "1"}
    )
    assert (await look(path)).duration_seconds == pytest.approx(2.0, abs=0.15)


async def test_a_moving_gif_is_a_video(look, tmp_path):
    facts = await look(make_gif(tmp_path / "a.gif", frames=5))
    assert (facts.container, facts.content_type) == ("gif", "image/gif")
    assert facts.duration_seconds == pytest.approx(0.5, abs=0.11)


async def test_an_empty_file_is_told_apart(look, tmp_path):
    (tmp_path / "a.mp4").touch()
    assert await reason_for(look, tmp_path / "a.mp4") is UnreadableReason.EMPTY


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
async def test_what_is_no_video_is_told_apart(look, tmp_path, data):
    (tmp_path / "a.mp4").write_bytes(data)
    assert await reason_for(look, tmp_path / "a.mp4") is UnreadableReason.NOT_VIDEO


@pytest.mark.parametrize("form", ["wav", "mp3"])
async def test_sound_alone_is_told_apart(look, tmp_path, form):
    path = make_audio(tmp_path / "a.mp4", form)
    assert await reason_for(look, path) is UnreadableReason.AUDIO_ONLY


async def test_an_mp4_with_sound_alone_is_told_apart(look, tmp_path):
    path = make_clip(tmp_path / "a.mp4", video=False, audio=True)
    assert await reason_for(look, path) is UnreadableReason.AUDIO_ONLY


@pytest.mark.parametrize(
    ("codec", "pix_fmt"), [("png", "rgb24"), ("mjpeg", "yuvj420p"), ("bmp", "bgr24")]
)
async def test_a_picture_called_a_video_is_told_apart(look, tmp_path, codec, pix_fmt):
    path = make_image(tmp_path / "a.mp4", codec=codec, pix_fmt=pix_fmt)
    assert await reason_for(look, path) is UnreadableReason.STILL_IMAGE


@pytest.mark.parametrize("form", ["webp", "png"])
async def test_an_animated_picture_is_not_called_a_still_one(look, tmp_path, form):
    first, *others = (Image.new("RGB", (64, 48), colour) for colour in ("red", "green", "blue"))
    path = tmp_path / f"a.{form}"
    first.save(path, save_all=True, append_images=others, duration=100)
    assert await reason_for(look, path) is UnreadableReason.ANIMATED_PICTURE
    first.save(path)
    assert await reason_for(look, path) is UnreadableReason.STILL_IMAGE
    path.write_bytes(path.read_bytes()[:16])
    assert await reason_for(look, path) is UnreadableReason.STILL_IMAGE


async def test_a_gif_that_does_not_move_is_a_picture(look, tmp_path):
    path = make_gif(tmp_path / "a.gif", frames=1)
    assert await reason_for(look, path) is UnreadableReason.STILL_IMAGE


@pytest.mark.parametrize("options", [FASTSTART, {}], ids=["index first", "index last"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.95])
async def test_a_cut_off_mp4_is_damaged(look, tmp_path, options, share):
    path = make_clip(tmp_path / "a.mp4", seconds=3, width=320, height=240, options=options)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert await reason_for(look, path) is UnreadableReason.DAMAGED


@pytest.mark.parametrize("share", [0.05, 0.5, 0.95])
async def test_a_cut_off_webm_is_damaged(look, tmp_path, share):
    path = make_clip(tmp_path / "a.webm", form="webm", codec="libvpx", seconds=3)
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert await reason_for(look, path) is UnreadableReason.DAMAGED


async def test_a_video_without_frames_is_damaged(look, tmp_path):
    path = make_clip(tmp_path / "a.mp4", options={"movflags": "empty_moov"}, seconds=0.1)
    data = path.read_bytes()
    path.write_bytes(data[: next(at for kind, at, _ in boxes(data) if kind == b"moof")])
    assert await reason_for(look, path) is UnreadableReason.DAMAGED


async def test_an_mp4_that_hides_where_it_was_cut_off_is_damaged(look, tmp_path):
    path = make_clip(tmp_path / "a.mp4", seconds=3, width=320, height=240, options=FASTSTART)
    data = bytearray(path.read_bytes())
    at = next(at for kind, at, _ in boxes(data) if kind == b"mdat")
    data[at : at + 4] = bytes(4)  # "to the end of the file"
    path.write_bytes(data)
    assert (await look(path)).duration_seconds == pytest.approx(3.0)
    path.write_bytes(data[: int(at + (len(data) - at) * 0.6)])
    assert await reason_for(look, path) is UnreadableReason.DAMAGED


@pytest.mark.parametrize(("begin", "end"), [(0, 1), (0, 0.4), (0.3, 0.75), (0.6, 1)])
async def test_a_video_with_noise_for_pictures_is_damaged(look, tmp_path, begin, end):
    path = make_clip(
        tmp_path / "a.mp4", seconds=6, width=320, height=240, key_every=5, options=FASTSTART
    )
    data = bytearray(path.read_bytes())
    at, length = next((at + 8, n - 8) for kind, at, n in boxes(data) if kind == b"mdat")
    for i in range(at + int(length * begin), at + int(length * end)):
        data[i] = (i * 151 + 7) % 256
    path.write_bytes(data)
    assert await reason_for(look, path) is UnreadableReason.DAMAGED


async def test_a_size_that_the_header_invents_is_not_believed(look, tmp_path):
    path = make_clip(tmp_path / "a.mp4", codec="mpeg4", options=FASTSTART)
    data = bytearray(path.read_bytes())
    entry = find(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd") + 8
    assert data[entry + 4 : entry + 8] == b"mp4v"
    data[entry + 32 : entry + 36] = struct.pack(">2H", 65535, 65535)
    path.write_bytes(data)
    facts = await look(path)
    assert (facts.width, facts.height) == (64, 48)


async def test_frames_of_monstrous_size_are_refused(look, tmp_path):
    path = make_stills(tmp_path / "a.mkv", width=64, height=48, frames=20)
    data = bytearray(path.read_bytes())
    at = data.find(b"\xff\xc0")
    while at > 0:
        data[at + 5 : at + 9] = struct.pack(">2H", 65500, 65500)
        at = data.find(b"\xff\xc0", at + 2)
    path.write_bytes(data)
    assert await reason_for(look, path) in {UnreadableReason.TOO_COMPLEX, UnreadableReason.DAMAGED}


@pytest.mark.parametrize("seed", range(12))
async def test_flipped_bits_end_in_an_answer(look, tmp_path, seed):
    path = make_clip(tmp_path / "a.mp4", seconds=1, options=FASTSTART)
    data = bytearray(path.read_bytes())
    for i in range(40):
        data[(seed * 7919 + i * 104_729) % len(data)] ^= 1 << (i % 8)
    path.write_bytes(data)
    try:
        facts = await look(path)
    except MediaUnreadableError:
        return
    assert facts.width > 0
