import pytest

from bot.errors import MediaStorageError
from bot.media.scratch import Scratch, own_scratch


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


def test_a_folder_that_cannot_be_removed_does_not_undo_the_work(tmp_path, caplog):
    (tmp_path / "elsewhere").mkdir()
    with Scratch(tmp_path).folder() as folder:
        folder.rmdir()
        folder.symlink_to(tmp_path / "elsewhere")  # what is behind a link is never removed
    assert "could not be removed" in caplog.text
    assert (tmp_path / "elsewhere").is_dir()


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


def test_processes_that_share_a_folder_leave_each_others_files_alone(tmp_path):
    with own_scratch(tmp_path) as mine, mine.folder() as folder:
        (folder / "clip.mp4").write_bytes(b"x")
        with own_scratch(tmp_path) as theirs, theirs.folder() as other:
            assert other.parent != folder.parent
        with own_scratch(tmp_path):  # the place of one that is no more is taken again
            assert (folder / "clip.mp4").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "0.lock", "1", "1.lock"]


def test_the_next_process_removes_what_any_crashed_one_left_behind(tmp_path):
    for number in ("0", "1", "2"):
        (tmp_path / number / "restyle-abc").mkdir(parents=True)
        (tmp_path / f"{number}.lock").touch()
    with own_scratch(tmp_path), own_scratch(tmp_path):
        assert list(tmp_path.glob("*/restyle-*")) == []
        # Tidying up takes no place from a process that starts meanwhile.
        assert sorted(path.name for path in tmp_path.glob("*.lock")) == [
            "0.lock",
            "1.lock",
            "2.lock",
        ]


def test_a_place_for_processes_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MediaStorageError), own_scratch(tmp_path / "file" / "scratch"):
        pass
