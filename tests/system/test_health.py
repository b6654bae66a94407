import asyncio

import pytest

from bot.system.health import STALE_SECONDS, heartbeat_path, is_alive, keep_beating


async def beat_once(folder, *, well, shards=""):
    """Run the loop up to its first pause, which is as far as it gets without time passing."""
    task = asyncio.create_task(keep_beating(folder, lambda: well, shards=shards))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_well_bot_is_alive_until_its_beats_grow_stale(tmp_path):
    await beat_once(tmp_path / "data", well=True)
    beaten_at = heartbeat_path(tmp_path / "data").stat().st_mtime
    assert is_alive(tmp_path / "data", now=beaten_at + STALE_SECONDS - 1)
    assert not is_alive(tmp_path / "data", now=beaten_at + STALE_SECONDS + 1)


async def test_an_unwell_bot_does_not_beat(tmp_path):
    await beat_once(tmp_path, well=False)
    assert not is_alive(tmp_path)


def test_a_folder_without_a_bot_is_not_alive(tmp_path):
    assert not is_alive(tmp_path / "nowhere")


async def test_a_well_process_does_not_vouch_for_another_with_the_same_folder(tmp_path):
    await beat_once(tmp_path, well=True, shards="0,1/4")
    assert is_alive(tmp_path, shards="0,1/4")
    assert not is_alive(tmp_path, shards="2,3/4")
    assert not is_alive(tmp_path)
