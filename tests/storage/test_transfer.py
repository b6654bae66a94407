import pytest

from bot.domain.jobs import JobState
from bot.errors import StoreMovedError
from bot.policy.problems import SERVER
from bot.storage.quarantine import check_not_moved, mark_moved
from bot.storage.store import Store
from bot.storage.transfer import TransferError, move, transfer
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.rows import add_owned


@pytest.fixture
async def source(sqlite_store):
    """A store with jobs in several states and a change of settings, its worker gone."""
    for number in range(3):
        await add_owned(sqlite_store, new_job(number + 1, prompt="neon ☂\0 ‮night"), owner="w1")
    job = await sqlite_store.move(await sqlite_store.get(1), JobState.SUBMITTING)
    await sqlite_store.move(job, JobState.RUNNING, task_id="task-1")
    await sqlite_store.move(await sqlite_store.get(2), JobState.SUBMITTING)
    values = {"public_figure_threshold": "low", "allowed_channel_ids": [7, 8]}
    await sqlite_store.policies.change(GUILD_ID, {SERVER: values}, user_id=USER_ID, operator=None)
    await sqlite_store.lease.release()
    return sqlite_store


@pytest.fixture
async def target(postgres_url, open_databases):
    return await open_databases(postgres_url)


async def test_everything_arrives_with_the_same_counts_and_hashes(source, target):
    copies = await transfer(source._database, target)
    assert {copy.name: copy.rows for copy in copies if copy.rows} == {
        "installation": 1,
        "jobs": 3,
        "setting_values": 2,
        "setting_changes": 2,
    }
    moved = Store(target, worker_id="w9")
    for job_id in (1, 2, 3):
        assert await moved.get(job_id) == await source.get(job_id)
    assert await moved.policies.read(GUILD_ID) == await source.policies.read(GUILD_ID)
    assert await moved.policies.changes(GUILD_ID) == await source.policies.changes(GUILD_ID)


async def test_jobs_go_on_in_the_new_database(source, target):
    await transfer(source._database, target)
    moved = Store(target, worker_id="w9")
    await moved.lease.renew(60)
    assert {job.id: job.state for job in await moved.claims.claim(10)} == {
        1: JobState.RUNNING,
        2: JobState.UNCERTAIN,  # its paid request may be with the provider: never sent again
        3: JobState.QUEUED,
    }


async def test_numbered_rows_go_on_after_the_moved_ones(source, target):
    await transfer(source._database, target)
    moved = Store(target, worker_id="w9")
    changes = {SERVER: {"default_ratio": "960:960"}}
    await moved.policies.change(GUILD_ID, changes, user_id=USER_ID, operator=None)
    assert len(await moved.policies.changes(GUILD_ID)) == 3


async def test_a_database_in_use_is_not_moved(source, target):
    await source.lease.renew(60)
    with pytest.raises(TransferError, match="Stop it"):
        await transfer(source._database, target)


async def test_nothing_is_moved_into_a_database_in_use(source, target):
    await Store(target, worker_id="w9").lease.renew(60)
    with pytest.raises(TransferError, match="target"):
        await transfer(source._database, target)


async def test_a_target_that_keeps_something_else_than_was_sent_keeps_nothing(source, target):
    async with target.transaction() as connection:
        await connection.exec_driver_sql(
            "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN NEW.prompt := 'other'; RETURN NEW; END $$"
        )
        await connection.exec_driver_sql(
            "CREATE TRIGGER spoil BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION spoil()"
        )
    with pytest.raises(TransferError, match="jobs differs"):
        await transfer(source._database, target)
    assert await Store(target, worker_id="w9").get(1) is None


async def test_a_target_with_data_is_left_alone(source, target):
    await Store(target, worker_id="w9").add(new_job(99))
    with pytest.raises(TransferError, match="empty"):
        await transfer(source._database, target)
    assert await Store(target, worker_id="w9").get(1) is None


async def test_nothing_arrives_when_moving_breaks_off(source, target, monkeypatch):
    monkeypatch.setattr("bot.storage.transfer.BATCH_ROWS", 1)
    async with target.transaction() as connection:
        await connection.exec_driver_sql("ALTER TABLE jobs ADD CONSTRAINT only_two CHECK (id < 3)")
    with pytest.raises(Exception, match="only_two"):
        await transfer(source._database, target)
    assert await Store(target, worker_id="w9").get(1) is None


async def test_two_databases_of_the_same_kind_work_too(
    target, source, sqlite_template, tmp_path, open_databases
):
    await transfer(source._database, target)
    back = await open_databases(f"sqlite+aiosqlite:///{tmp_path / 'back.db'}")
    assert {copy.rows for copy in await transfer(target, back)} == {3, 2, 1, 0}


ADDRESS = "postgresql://restyle@db/restyle"


async def test_what_was_moved_bears_a_mark_and_the_new_database_none(source, target):
    await move(source._database, target, address=ADDRESS)
    async with source._database.transaction() as connection:
        with pytest.raises(StoreMovedError, match=ADDRESS):
            await check_not_moved(connection)
    async with target.transaction() as connection:
        await check_not_moved(connection)


async def test_a_move_that_fails_leaves_no_mark(source, target):
    await Store(target, worker_id="w9").add(new_job(99))
    with pytest.raises(TransferError, match="empty"):
        await move(source._database, target, address=ADDRESS)
    async with source._database.transaction() as connection:
        await check_not_moved(connection)


async def test_what_was_moved_elsewhere_is_not_moved_again(
    source, target, tmp_path, open_databases
):
    await move(source._database, target, address=ADDRESS)
    other = await open_databases(f"sqlite+aiosqlite:///{tmp_path / 'other.db'}")
    with pytest.raises(TransferError, match=f"moved to {ADDRESS} before"):
        await move(source._database, other, address="sqlite:///other.db")
    assert await Store(other, worker_id="w9").get(1) is None


async def test_a_move_that_was_cut_off_before_anything_arrived_can_be_repeated(source, target):
    async with source._database.transaction() as connection:
        await mark_moved(connection, source._database, ADDRESS)
    await move(source._database, target, address=ADDRESS)
    assert await Store(target, worker_id="w9").get(1) is not None


async def test_a_database_in_use_is_neither_moved_nor_marked(source, target):
    await source.lease.renew(60)
    with pytest.raises(TransferError, match="Stop it"):
        await move(source._database, target, address=ADDRESS)
    async with source._database.transaction() as connection:
        await check_not_moved(connection)
