"""Each look turns a clip into a visibly different one, and leaves its form alone."""

import asyncio
import itertools
from fractions import Fraction

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from sandbox.looks import LOOKS, choose_look, look_named
from sandbox.restyle import NotRestyledError, restyle
from sandbox.sample import encode

NAMES = [look.name for look in LOOKS]


def pictures(path):
    with av.open(str(path)) as video:
        return [frame.to_image() for frame in video.decode(video=0)]


def distance(one, other):
    """Return the mean difference per channel, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


@pytest.fixture(scope="module")
def scene(sample_path, tmp_path_factory):
    """A few pictures of the sample, small: 202x114, so that no width is a multiple of 8."""
    path = tmp_path_factory.mktemp("scene") / "scene.mp4"
    chosen = [picture.resize((202, 114)) for picture in pictures(sample_path)[::12]]
    encode(chosen, path, fps=8, crf=12)
    return path


@pytest.fixture(scope="module")
def restyled(scene, tmp_path_factory):
    folder = tmp_path_factory.mktemp("looks")
    for look in LOOKS:
        restyle(scene, folder / f"{look.name}.mp4", look=look, seed=1)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_look_keeps_size_rate_and_length_and_makes_a_plain_mp4(restyled, scene, name):
    path = restyled / f"{name}.mp4"
    with av.open(str(path)) as video:
        (stream,) = video.streams
        assert (stream.codec_context.name, stream.format.name) == ("h264", "yuv420p")
        assert stream.average_rate == Fraction(8)
        assert (stream.width, stream.height) == (202, 114)
    assert len(pictures(path)) == len(pictures(scene))
    head = path.read_bytes()
    assert head.index(b"moov") < head.index(b"mdat"), "the index comes first"


@pytest.mark.parametrize("name", NAMES)
def test_a_look_is_visibly_another_picture_but_still_the_same_scene(restyled, scene, name):
    source, output = pictures(scene)[5], pictures(restyled / f"{name}.mp4")[5]
    assert distance(source, output) > 12
    assert max(ImageStat.Stat(output.convert("L")).stddev) > 10, "not one flat colour"


@pytest.mark.parametrize("name", NAMES)
def test_a_look_fills_the_picture_to_its_last_column(restyled, name):
    output = pictures(restyled / f"{name}.mp4")[5].convert("L")
    inner, edge = output.crop((186, 20, 194, 60)), output.crop((199, 20, 202, 60))
    assert ImageStat.Stat(edge).mean[0] > 0.35 * ImageStat.Stat(inner).mean[0]


def test_looks_differ_from_each_other(restyled):
    outputs = {name: pictures(restyled / f"{name}.mp4")[5] for name in NAMES}
    close = [
        (one, other)
        for one, other in itertools.combinations(NAMES, 2)
        if distance(outputs[one], outputs[other]) < 10
    ]
    assert close == []


def test_the_seed_changes_the_output_and_the_same_seed_repeats_it(scene, tmp_path):
    outputs = []
    for index, seed in enumerate((1, 1, 2)):
        path = tmp_path / f"{index}.mp4"
        restyle(scene, path, look=look_named("sketch"), seed=seed)
        outputs.append(pictures(path))
    first, again, other = outputs
    # What people see; the bytes may differ, since filters and encoder run in several threads.
    assert max(map(distance, first, again)) < min(map(distance, first, other)) / 3


def test_only_the_beginning_is_used(scene, tmp_path):
    restyle(scene, tmp_path / "o.mp4", look=look_named("dream"), max_seconds=0.5)
    assert len(pictures(tmp_path / "o.mp4")) == 4


def test_odd_and_tiny_clips_are_restyled_in_every_look(tmp_path):
    path = tmp_path / "odd.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=5)
        stream.width, stream.height, stream.pix_fmt = 17, 11, "yuv444p"
        for index in range(3):
            frame = av.VideoFrame.from_image(Image.new("RGB", (17, 11), (80 * index, 90, 40)))
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    for look in LOOKS:
        restyle(path, tmp_path / "o.mp4", look=look)
        assert [picture.size for picture in pictures(tmp_path / "o.mp4")] == [(16, 10)] * 3


def test_a_large_clip_is_made_smaller(tmp_path):
    encode([Image.new("RGB", (400, 300), "teal")] * 2, tmp_path / "i.mp4", fps=5, crf=30)
    restyle(tmp_path / "i.mp4", tmp_path / "o.mp4", look=look_named("gold"), max_lines=150)
    assert pictures(tmp_path / "o.mp4")[0].size == (200, 150)


def turned(source, target):
    """Copy a clip and say it is to be shown turned, as phones do: in the track's matrix."""
    data = bytearray(source.read_bytes())
    start = data.index(b"tkhd") + 4 + 40
    one, minus = 0x00010000, -0x00010000 & 0xFFFFFFFF
    matrix = (0, one, 0, minus, 0, 0, 0, 0, 0x40000000)
    for index, value in enumerate(matrix):
        data[start + 4 * index : start + 4 * index + 4] = value.to_bytes(4, "big")
    target.write_bytes(data)


def test_a_clip_filmed_upright_stays_upright(tmp_path):
    picture = Image.new("RGB", (96, 48), "black")
    picture.paste("white", (0, 0, 32, 48))  # the left third becomes the top third
    encode([picture] * 3, tmp_path / "flat.mp4", fps=5, crf=10)
    turned(tmp_path / "flat.mp4", tmp_path / "turned.mp4")
    restyle(tmp_path / "turned.mp4", tmp_path / "o.mp4", look=look_named("dream"))
    output = pictures(tmp_path / "o.mp4")[0].convert("L")
    assert output.size == (48, 96)
    assert output.getpixel((24, 6)) > 1.5 * output.getpixel((24, 90))


def test_a_broken_clip_is_an_error_and_leaves_nothing_behind(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"nonsense" * 100)
    with pytest.raises(NotRestyledError):
        restyle(tmp_path / "bad.mp4", tmp_path / "o.mp4", look=LOOKS[0])
    assert [path.name for path in tmp_path.iterdir()] == ["bad.mp4"]


def test_restyling_stops_when_told_to(scene, tmp_path):
    with pytest.raises(NotRestyledError, match="stopped"):
        restyle(scene, tmp_path / "o.mp4", look=LOOKS[0], is_stopping=lambda: True)
    assert list(tmp_path.iterdir()) == []


async def test_the_event_loop_runs_on_while_a_clip_is_restyled(sample_path, tmp_path):
    work = asyncio.create_task(
        asyncio.to_thread(
            restyle, sample_path, tmp_path / "o.mp4", look=look_named("comic"), max_seconds=1
        )
    )
    turns = 0
    while not work.done():
        await asyncio.sleep(0.005)
        turns += 1
    await work
    assert turns > 10


@pytest.mark.parametrize(
    ("prompt", "name"),
    [
        ("as a film noir", "noir"),
        ("Repaint as a watercolor, keep motion and faces", "watercolour"),
        ("a rainy night in Tokyo, neon signs, film grain", "neon"),
        ("PENCIL SKETCH", "sketch"),
        ("like a 90s VHS tape", "tape"),
        ("snow falls", "winter"),
        ("a strong wind", choose_look("a strong wind").name),
    ],
)
def test_the_prompt_chooses_the_look(prompt, name):
    assert choose_look(prompt).name == name


def test_a_prompt_without_a_known_word_gets_some_look_always_the_same():
    chosen = {choose_look(f"something {n}").name for n in range(200)}
    assert chosen == set(NAMES)
    assert choose_look("something 1", 5) == choose_look(" Something 1 ", 5)
    assert len({choose_look("something 1", seed).name for seed in range(50)}) > 5


def test_every_look_has_words_that_choose_it():
    for look in LOOKS:
        assert choose_look(look.words[0]) == look


def test_the_sample_is_small_and_shows_a_scene_that_moves(sample_path):
    assert sample_path.stat().st_size < 500_000
    frames = pictures(sample_path)
    assert (len(frames), frames[0].size) == (96, (640, 360))
    assert distance(frames[0], frames[-1]) > 5
