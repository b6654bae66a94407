"""Taking the pictures of the docs, as far as it needs no browser."""

import io
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image
from sqlalchemy import make_url

from bot.policy.replay.past_jobs import needed_since
from sandbox.pictures.demo import Film
from sandbox.pictures.history import Place, write_history
from sandbox.pictures.screenshots import small_png
from sandbox.pictures.take import take_pictures


async def test_without_a_browser_one_is_told_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert await take_pictures([], folder=tmp_path) == 1
    assert "apt-get install chromium" in capsys.readouterr().err


async def test_a_change_for_a_role_can_be_tried_on_the_invented_weeks(sqlite_store, sqlite_url):
    now = datetime.now(UTC)
    place = Place(guild_id=1, channel_ids=(2, 3), user_ids=(4, 5), role_ids={5: frozenset({6})})
    count = write_history(Path(make_url(sqlite_url).database), place, now)
    past = await sqlite_store.past.jobs(1, needed_since(now))
    assert len(past) == count
    assert {(job.user_id, job.role_ids) for job in past} == {
        (4, frozenset()),
        (5, frozenset({6})),
    }


def test_a_picture_too_large_loses_colours_and_not_its_size():
    out = io.BytesIO()
    Image.effect_noise((100, 80), 60).convert("RGB").save(out, format="PNG")
    small = small_png(out.getvalue(), most=6_000)
    assert len(small) <= 6_000
    assert Image.open(io.BytesIO(small)).size == (100, 80)


class Shown:
    """A tab that shows one colour after the other."""

    def __init__(self, *colours):
        self.colours = list(colours)

    async def picture(self, *_):
        out = io.BytesIO()
        Image.new("RGB", (40, 30), self.colours.pop(0)).save(out, format="PNG")
        return out.getvalue()


async def test_a_film_shows_what_changed_and_does_not_dwell_on_waiting(tmp_path):
    film = Film(Shown("red", *["blue"] * 20, "green"))
    for _ in range(22):
        await film.take(400)
    path = tmp_path / "film.webp"
    film.write(path)
    stays = []
    with Image.open(path) as image:
        assert image.n_frames == 3
        for number in range(3):
            image.seek(number)
            image.load()
            stays.append(image.info["duration"])
    assert stays == [400, 1200, 400]
