"""What a process finds wrong with itself."""

import pytest

from bot.domain.conditions import ConditionKind
from bot.errors import MediaProbeError
from bot.media.process_pool import ProcessPool
from bot.settings import Settings
from bot.signs import CHILD_FAILURES, FULL_DISK_BYTES, LOW_DISK_BYTES, Signs


class SignsOnADisk(Signs):
    """Signs of a process whose disk has as much room as the test says."""

    room = 2 * LOW_DISK_BYTES

    def free_bytes(self):
        return self.room

    def finding(self, kind):
        self.look()
        return self.conditions.finding(kind)


@pytest.fixture
def signs(tmp_path):
    signs = SignsOnADisk(
        Settings(
            _env_file=None,
            discord_token="token-of-bot",
            cometapi_key="key-of-account",
            data_dir=tmp_path,
        )
    )
    signs.is_up()
    return signs


@pytest.mark.parametrize(
    ("room", "grave_after", "closes"),
    [(LOW_DISK_BYTES - 1, None, False), (FULL_DISK_BYTES - 1, 0.0, True)],
)
def test_only_a_full_disk_makes_the_bot_unwell_and_takes_no_clips(signs, room, grave_after, closes):
    signs.room = room
    found = signs.finding(ConditionKind.DISK)
    assert (found.grave_after, found.closes) == (grave_after, closes)


@pytest.mark.parametrize("limit", [LOW_DISK_BYTES, FULL_DISK_BYTES])
def test_temporary_files_that_come_and_go_end_no_shortage_of_room(signs, limit):
    signs.room = limit - 1
    before = signs.finding(ConditionKind.DISK)
    signs.room = limit + 1
    after = signs.finding(ConditionKind.DISK)
    assert (after.grave_after, after.closes) == (before.grave_after, before.closes)
    signs.room = 2 * limit
    after = signs.finding(ConditionKind.DISK)
    assert after is None or not after.closes


def test_children_that_fail_turn_clips_away_for_a_minute(signs):
    signs.process_pool = pool = ProcessPool()
    for _ in range(CHILD_FAILURES):
        pool._note("probe", MediaProbeError("no memory"))
    assert signs.finding(ConditionKind.CHILDREN).closes
    pool._failed_at -= 61
    found = signs.finding(ConditionKind.CHILDREN)
    assert not found.closes
    assert "no memory" in found.text
