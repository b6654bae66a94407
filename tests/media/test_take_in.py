"""A file is looked into and, where nothing else is to be done, packed anew in one go."""

import pytest
from PIL import Image

from bot.errors import MediaProbeError, MediaUnreadableError
from bot.media.probe import MOMENT, probe_video, take_in
from bot.requests.clip_plan import Mode, Plan
from tests.media.clips import make_clip, make_image
from tests.media.corpus import BY_NAME, write_clip
from tests.media.direct import DirectWorkshop
from tests.media.journey import Attached, decide
from tests.media.scenes import colour, make_scene

ROOM = 10_000_000


async def taken(folder, name, *, max_bytes=ROOM):
    """Return the plan for a clip of the corpus, its facts, and what was packed of it."""
    spec = BY_NAME[name]
    path = write_clip(spec, folder / f"{name}{spec.suffix}")
    facts, packed = await take_in(
        path, folder / "packed.mp4", max_bytes=max_bytes, process_pool=DirectWorkshop()
    )
    attached = Attached(name=name, path=path, served_as=spec.served_as)
    return decide(facts, attached), facts, packed


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("place-mp4", ".mp4"), ("mkv-h264", ".mp4"), ("webm-vp8", ".webm"), ("place-prores", ".mov")],
)
async def test_what_only_has_to_be_packed_anew_is(tmp_path, name, suffix):
    plan, facts, packed = await taken(tmp_path, name)
    assert plan.is_whole_copy(facts.duration_seconds)
    assert packed.suffix == suffix
    assert b"52.51" not in packed.read_bytes()
    again = await probe_video(packed, process_pool=DirectWorkshop())
    assert (again.width, again.height, again.codec) == (facts.width, facts.height, facts.codec)
    assert again.duration_seconds == pytest.approx(facts.duration_seconds, abs=0.1)


@pytest.mark.parametrize(
    "name", ["h264", "gif", "turned-90", "hevc-pq", "trim-end", "size-changes-webm", "avi-mpeg4"]
)
async def test_what_is_left_alone_or_needs_more_is_not_packed(tmp_path, name):
    plan, facts, packed = await taken(tmp_path, name)
    assert packed is None
    assert not plan.is_whole_copy(facts.duration_seconds) or name == "trim-end"
    assert not (tmp_path / "packed.mp4").exists()


async def test_a_clip_whose_sound_has_to_be_cut_is_no_whole_copy(tmp_path):
    plan, facts, _ = await taken(tmp_path, "sound-longer")
    assert plan.mode is Mode.COPY
    assert not plan.is_whole_copy(facts.duration_seconds)


async def test_what_would_be_too_many_bytes_is_not_packed(tmp_path):
    _, _, packed = await taken(tmp_path, "place-mp4", max_bytes=5000)
    assert packed is None


async def test_what_is_no_video_is_refused_as_ever(tmp_path):
    path = make_image(tmp_path / "a.png")
    with pytest.raises(MediaUnreadableError):
        await take_in(path, tmp_path / "packed.mp4", max_bytes=ROOM, process_pool=DirectWorkshop())


class Liar(DirectWorkshop):
    """A process that a file has taken over: it answers what it likes."""

    def __init__(self, answer):
        super().__init__()
        self.answer = answer

    async def run(self, task, /, arguments, *, limits=None):
        honest = await super().run(task, arguments, limits=limits)
        return self.answer(honest)


@pytest.mark.parametrize("form", ["mp4", "../../x", 5, None, "exe"])
async def test_a_process_cannot_claim_a_file_that_is_not_there_or_name_it(tmp_path, form):
    path = make_clip(tmp_path / "a.mp4")
    pool = Liar(lambda honest: {**honest, "form": form})
    _, packed = await take_in(path, tmp_path / "packed.mp4", max_bytes=ROOM, process_pool=pool)
    assert packed is None


async def test_a_process_that_says_something_else_is_our_fault(tmp_path):
    path = make_clip(tmp_path / "a.mp4")
    for answer in ({"facts": 5}, {}, {"facts": {"width": 1}}):
        with pytest.raises(MediaProbeError):
            await take_in(
                path,
                tmp_path / "packed.mp4",
                max_bytes=ROOM,
                process_pool=Liar(lambda _, answer=answer: answer),
            )


def test_only_plans_for_the_whole_clip_are_whole_copies():
    whole = Plan.from_json(
        '{"way": "copy", "start_seconds": 0, "seconds": 5.0, "width": 1, "height": 1, "fps": null,'
        ' "max_bytes": 1, "tone_map": false, "has_audio": false, "reasons": []}'
    )
    assert whole.is_whole_copy(5.0004)
    assert not whole.is_whole_copy(6)


async def test_what_a_clip_shows_where_the_part_begins_is_drawn_small(tmp_path):
    path = make_scene(tmp_path / "a.mp4", seconds=2)
    await take_in(
        path, tmp_path / "b.mp4", max_bytes=ROOM, process_pool=DirectWorkshop(), start=1.5
    )
    with Image.open(tmp_path / MOMENT) as moment:
        assert (moment.format, max(moment.size) <= 480) == ("JPEG", True)
        assert moment.getpixel((80, 20))[0] == pytest.approx(colour(15, 10)[0], abs=8)


async def test_a_clip_that_cannot_be_drawn_cheaply_is_taken_in_all_the_same(tmp_path):
    spec = BY_NAME["hevc-pq"]
    path = write_clip(spec, tmp_path / f"a{spec.suffix}")
    facts, _ = await take_in(
        path, tmp_path / "b.mp4", max_bytes=ROOM, process_pool=DirectWorkshop()
    )
    assert facts.transfer
    assert not (tmp_path / MOMENT).exists()
