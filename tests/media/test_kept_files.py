"""What one step of a job leaves for the next: bounded, lost without harm, gone in time."""

import os

import pytest

from bot.media.kept_files import LONGEST_SECONDS, KeptFiles
from bot.media.scratch import Scratch, own_scratch

ANNA, BEN = 1, 2


class Hands:
    """Kept files with a clock of the test's own."""

    def __init__(self, folder, most_bytes=100):
        self.now, self.folder = 0.0, folder
        self.files = KeptFiles(folder / "kept", most_bytes=most_bytes, monotonic=lambda: self.now)
        self.borrowed = 0

    def keep(self, job_id, content, name="original", user_id=ANNA):
        file = self.folder / "file"
        file.write_bytes(content)
        self.files.keep(job_id, name, file, user_id=user_id)
        file.unlink()

    def lend(self, job_id, name="original"):
        self.borrowed += 1
        target = self.folder / f"borrowed-{self.borrowed}"
        if not self.files.lend(job_id, name, target):
            assert not target.exists()
            return None
        return target.read_bytes()

    @property
    def left(self):
        return len(list((self.folder / "kept").iterdir()))


@pytest.fixture
def hands(tmp_path):
    return Hands(tmp_path)


def test_what_is_kept_is_lent_under_its_name_until_it_is_dropped(hands):
    hands.keep(7, b"as attached")
    hands.keep(7, b"as sent", "sent")
    assert (hands.lend(7), hands.lend(7, "sent"), hands.lend(8)) == (
        b"as attached", b"as sent", None,
    )  # fmt: skip
    hands.files.drop(7, "original")
    assert (hands.lend(7), hands.lend(7, "sent")) == (None, b"as sent")
    hands.files.drop(7)
    assert hands.lend(7, "sent") is None
    assert hands.left == 0


def test_a_job_gets_what_was_kept_of_its_request_and_no_file_is_counted_twice(hands):
    hands.keep(7, b"x" * 40)
    hands.keep(8, b"y" * 40)
    hands.files.hand_over(8, 7)
    hands.files.hand_over(7, 7)
    assert (hands.lend(7), hands.lend(8), hands.left) == (b"y" * 40, None, 1)
    hands.keep(9, b"z" * 60)  # just as much as there is room for
    assert (hands.lend(7), hands.lend(9)) == (b"y" * 40, b"z" * 60)


def test_the_newer_file_of_a_name_takes_the_place_of_the_older(hands):
    hands.keep(7, b"x" * 60)
    hands.keep(7, b"y" * 60)
    assert hands.lend(7) == b"y" * 60
    assert hands.left == 1


def test_the_oldest_go_where_room_is_short_and_what_is_too_large_is_not_kept(hands):
    for job_id in (1, 2, 3):
        hands.keep(job_id, bytes(40))
    assert [hands.lend(job_id) is not None for job_id in (1, 2, 3)] == [False, True, True]
    hands.keep(4, bytes(101))
    assert hands.lend(4) is None
    assert hands.lend(2) is not None


def test_nothing_stays_longer_than_an_hour(hands):
    hands.keep(1, b"old")
    hands.now = LONGEST_SECONDS - 1
    hands.keep(2, b"young")
    hands.now += 1
    hands.files.tidy()
    assert (hands.lend(1), hands.lend(2)) == (None, b"young")


def test_a_persons_files_go_and_the_others_stay(hands):
    hands.keep(1, b"a")
    hands.keep(2, b"b", user_id=BEN)
    hands.files.drop_person(ANNA)
    assert (hands.lend(1), hands.lend(2)) == (None, b"b")


def test_what_is_lent_stays_with_its_borrower(hands):
    hands.keep(1, b"content")
    target = hands.folder / "mine"
    assert hands.files.lend(1, "original", target)
    hands.files.drop(1)
    assert target.read_bytes() == b"content"


def test_a_file_that_somebody_removed_is_as_if_it_had_never_been_kept(hands):
    hands.keep(1, b"content")
    next((hands.folder / "kept").iterdir()).unlink()
    assert hands.lend(1) is None
    hands.keep(1, b"again")
    assert hands.lend(1) == b"again"


def test_a_disk_without_links_keeps_copies(hands, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    hands.keep(1, b"content")
    assert hands.lend(1) == b"content"


def test_what_is_kept_makes_room_for_new_work(tmp_path):
    scratch = Scratch(tmp_path, quota_bytes=100)
    with scratch.folder() as folder:
        (folder / "clip").write_bytes(bytes(50))
        scratch.kept.keep(1, "original", folder / "clip", user_id=ANNA)
        with scratch.folder():  # it counts twice while it is lent: it goes first
            assert scratch.used_bytes == 50
        assert not scratch.kept.lend(1, "original", folder / "borrowed")


def test_neither_an_end_nor_a_crash_leaves_files_to_the_next_start(tmp_path):
    with own_scratch(tmp_path) as scratch:
        with scratch.folder() as folder:
            (folder / "clip").write_bytes(b"content")
            scratch.kept.keep(1, "original", folder / "clip", user_id=ANNA)
        assert list(tmp_path.rglob("1-original"))
    assert not list(tmp_path.rglob("1-original"))
    (tmp_path / "0" / "restyle-kept").mkdir(exist_ok=True)
    (tmp_path / "0" / "restyle-kept" / "2-original").write_bytes(b"of a crash")
    with own_scratch(tmp_path):
        assert not list(tmp_path.rglob("2-original"))
