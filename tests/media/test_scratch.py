import pytest

from bot.errors import MediaStorageError
from bot.media.scratch import Scratch


def test_a_folder_is_fresh_and_gone_afterwards(tmp_path):
    scratch = Scratch(tmp_path / "new" / "scratch")
    with scratch.folder() as first, scratch.folder() as second:
        assert first != second
        assert list(first.iterdir()) == []
        (first / "deep").mkdir()
        (first / "deep" / "clip.mp4").write_bytes(b"x")
    assert list((tmp_path / "new" / "scratch").iterdir()) == []


def test_a_folder_is_gone_after_a_failure_too(tmp_path):
    scratch = Scratch(tmp_path)
    with pytest.raises(FileNotFoundError), scratch.folder() as folder:
        (folder / "gone.mp4").read_bytes()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_may_be_removed_by_its_user(tmp_path):
    with Scratch(tmp_path).folder() as folder:
        folder.rmdir()


def test_over_the_quota_no_folder_is_handed_out(tmp_path):
    scratch = Scratch(tmp_path, quota_bytes=100)
    with scratch.folder() as folder:
        (folder / "clip.mp4").write_bytes(bytes(100))
        with pytest.raises(MediaStorageError), scratch.folder():
            pass
    with scratch.folder() as folder:
        assert folder.is_dir()


def test_a_place_that_cannot_hold_folders_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MediaStorageError), Scratch(tmp_path / "file" / "scratch").folder():
        pass


def test_what_a_crash_left_behind_is_removed_and_nothing_else(tmp_path):
    (tmp_path / "restyle-abc").mkdir()
    (tmp_path / "restyle-abc" / "clip.mp4").write_bytes(b"x")
    (tmp_path / "holiday.mp4").write_bytes(b"mine")
    assert Scratch(tmp_path).clean() == 1
    assert [path.name for path in tmp_path.iterdir()] == ["holiday.mp4"]


def test_cleaning_a_folder_that_does_not_exist_yet_is_fine(tmp_path):
    assert Scratch(tmp_path / "none").clean() == 0
