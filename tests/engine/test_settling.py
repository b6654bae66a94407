"""Jobs of which nobody knows whether they were paid for, and the provider's own list of tasks."""

import dataclasses
from datetime import timedelta

import pytest
from pydantic import SecretStr

from bot.cometapi.client import CometClient
from bot.cometapi.console import Console
from bot.domain.jobs import Charge, JobState
from bot.domain.quotas import LedgerStatus
from bot.engine.settling import Settling
from bot.engine.worker import Worker
from sandbox.cometapi import Close, server_error
from tests.storage.money import rows_of
from tests.storage.rows import put

TOKEN = "console-token"
TEN_MINUTES = 11 * 60 + 1


@pytest.fixture
def settling(lone_bench, http):
    lone_bench.standin.account.access_token = TOKEN
    lone_bench.standin.now = lone_bench.clock.now
    key = SecretStr("key")
    url = lone_bench.standin.base_url
    comet = CometClient(http, base_url=url, api_key=key, version="2024-11-06")
    console = Console(comet, base_url=url, api_key=key, access_token=SecretStr(TOKEN))
    return Settling(store=lone_bench.store, comet=comet, console=console, clock=lone_bench.clock)


async def lost(bench, number, answer=None):
    """A job whose paid request was accepted (or not), and whose answer got lost."""
    bench.standin.script.create(answer or Close())
    handle = await bench.add(id=number)
    await bench.step(handle)
    assert handle.state is JobState.UNCERTAIN
    return handle


async def look(bench, settling, *handles):
    await bench.store.lease.renew(10_000)
    await settling.look()
    return [(await bench.job(handle)).state for handle in handles]


async def test_the_only_task_that_it_can_be_is_attached(lone_bench, settling):
    handle = await lost(lone_bench, 1)
    assert await look(lone_bench, settling, handle) == [JobState.RUNNING]
    assert (await lone_bench.job(handle)).task_id == lone_bench.standin.creates[0].task_id
    assert len(lone_bench.standin.creates) == 1


async def test_tasks_of_other_jobs_are_no_candidates(lone_bench, settling):
    known = await lone_bench.add(id=1)
    await lone_bench.step(known)
    handle = await lost(lone_bench, 2)
    assert await look(lone_bench, settling, handle) == [JobState.RUNNING]
    assert (await lone_bench.job(handle)).task_id == lone_bench.standin.creates[1].task_id


async def test_without_a_task_it_was_never_taken_once_none_can_come_any_more(lone_bench, settling):
    handle = await lost(lone_bench, 1, Close(accepted=False))
    lone_bench.clock.advance(590)
    assert await look(lone_bench, settling, handle) == [JobState.UNCERTAIN]
    lone_bench.clock.advance(TEN_MINUTES - 590)
    assert await look(lone_bench, settling, handle) == [JobState.CANCELLED]
    assert (await lone_bench.job(handle)).charge is Charge.NO


async def test_what_was_set_aside_for_it_is_free_again(lone_bench, settling):
    lone_bench.standin.script.create(server_error(500))
    handle = await lone_bench.add(id=1, price_micros=750_000)
    await lone_bench.step(handle)
    lone_bench.clock.advance(TEN_MINUTES)
    await look(lone_bench, settling)
    assert (await lone_bench.job(handle)).state is JobState.CANCELLED
    assert {status for status, _ in await rows_of(lone_bench.store, 1)} <= {LedgerStatus.RELEASED}


@pytest.mark.parametrize("accepted", [(True, True), (True, False), (False, True)])
async def test_two_that_may_be_the_same_are_left_to_the_owner(lone_bench, settling, accepted):
    handles = [
        await lost(lone_bench, number, Close(accepted=was))
        for number, was in enumerate(accepted, 1)
    ]
    lone_bench.clock.advance(TEN_MINUTES)
    assert await look(lone_bench, settling, *handles) == [JobState.UNCERTAIN] * 2
    job = await lone_bench.job(handles[0])
    offered = [task.task_id for task in await settling.candidates(job)]
    assert sorted(offered) == sorted(task.task_id for task in lone_bench.standin.creates)


async def test_two_far_apart_are_settled_each_by_itself(lone_bench, settling):
    first = await lost(lone_bench, 1)
    for _ in range(6):
        lone_bench.clock.advance(600)
        await lone_bench.store.lease.renew(10_000)
    second = await lost(lone_bench, 2, Close(accepted=False))
    lone_bench.clock.advance(TEN_MINUTES)
    states = await look(lone_bench, settling, first, second)
    assert states == [JobState.RUNNING, JobState.CANCELLED]


async def test_a_job_that_is_being_submitted_is_a_rival(lone_bench, settling):
    handle = await lost(lone_bench, 1)
    other = await lone_bench.job(await lone_bench.add(id=2))
    await lone_bench.store.move(other, JobState.SUBMITTING)
    assert await look(lone_bench, settling, handle) == [JobState.UNCERTAIN]


async def test_another_models_task_is_no_candidate(lone_bench, settling):
    handle = await lost(lone_bench, 1)
    (task,) = lone_bench.standin.tasks.values()
    body = {**task.created.body, "model": "aleph2"}
    task.created = dataclasses.replace(task.created, body=body)
    lone_bench.clock.advance(TEN_MINUTES)
    assert await look(lone_bench, settling, handle) == [JobState.CANCELLED]


async def test_a_list_that_lacks_tasks_of_ours_settles_nothing(lone_bench, settling):
    known = await lone_bench.add(id=1)
    await lone_bench.step(known)
    lone_bench.clock.advance(300)
    handle = await lost(lone_bench, 2, Close(accepted=False))
    lone_bench.standin.tasks.clear()  # the list of another account
    lone_bench.clock.advance(TEN_MINUTES)
    assert await look(lone_bench, settling, handle) == [JobState.UNCERTAIN]


async def test_without_a_list_nothing_is_settled(lone_bench, settling):
    handle = await lost(lone_bench, 1, Close(accepted=False))
    lone_bench.clock.advance(TEN_MINUTES)
    lone_bench.standin.account.is_odd = True
    assert await look(lone_bench, settling, handle) == [JobState.UNCERTAIN]


class Ahead:
    """A machine's clock that is an hour ahead of the database's."""

    def __init__(self, clock):
        self._clock = clock

    def __getattr__(self, name):
        return getattr(self._clock, name)

    def now(self):
        return self._clock.now() + timedelta(minutes=61)


async def test_a_machine_whose_clock_is_ahead_closes_nothing_early(lone_bench, settling):
    handle = await lost(lone_bench, 1, Close(accepted=False))
    settling._clock = Ahead(lone_bench.clock)
    lone_bench.clock.advance(590)
    assert await look(lone_bench, settling, handle) == [JobState.UNCERTAIN]
    lone_bench.clock.advance(TEN_MINUTES - 590)
    assert await look(lone_bench, settling, handle) == [JobState.CANCELLED]


@pytest.mark.parametrize("minutes", [-2, 2, 600])
@pytest.mark.parametrize("was_accepted", [True, False])
async def test_while_the_clocks_disagree_the_list_settles_nothing(
    lone_bench, settling, caplog, minutes, was_accepted
):
    provider = timedelta(minutes=minutes)
    lone_bench.standin.now = lambda: lone_bench.clock.now() + provider
    handle = await lost(lone_bench, 1, Close(accepted=was_accepted))
    lone_bench.clock.advance(TEN_MINUTES)
    for _ in range(2):
        assert await look(lone_bench, settling, handle) == [JobState.UNCERTAIN]
    assert caplog.text.count("off CometAPI's: its list of tasks settles nothing") == 1


async def test_a_long_list_is_read_to_its_end(lone_bench, settling):
    handle = await lost(lone_bench, 1)
    (task,) = lone_bench.standin.tasks.values()
    for number in range(250):  # of another program with the same account, an hour later
        created = dataclasses.replace(
            task.created,
            task_id=f"theirs-{number}",
            at=task.created.at + timedelta(hours=1, seconds=number),
        )
        lone_bench.standin.tasks[f"theirs-{number}"] = dataclasses.replace(task, created=created)
    lone_bench.clock.advance(7200)
    assert await look(lone_bench, settling, handle) == [JobState.RUNNING]
    assert (await lone_bench.job(handle)).task_id == task.created.task_id


async def restored(bench, settling, *, is_known, model=None):
    """A job that waited for ten minutes, and a task that the provider has since it was asked for.

    Returns:
        The waiting job, after a step.
    """
    bench.context = dataclasses.replace(bench.context, may_be_paid=settling.may_be_paid)
    bench.worker = Worker(bench.context)
    old = await bench.add(id=1)
    bench.clock.advance(60)
    paid = await bench.add(id=2)
    await bench.step(paid)
    (task,) = bench.standin.tasks.values()
    if not is_known:  # the backup is from before
        bench.standin.tasks.clear()
        body = task.created.body | ({"model": model} if model else {})
        created = dataclasses.replace(task.created, task_id="not-in-the-backup", body=body)
        bench.standin.tasks[created.task_id] = dataclasses.replace(task, created=created)
        await put(bench.store, 2, JobState.FAILED, task_id=None, told_at=bench.clock.now())
    bench.clock.advance(540)
    await bench.store.lease.renew(10_000)
    await bench.step(old)
    return old


async def test_an_old_job_that_may_be_a_task_of_nobody_waits_for_the_owner(lone_bench, settling):
    old = await restored(lone_bench, settling, is_known=False)
    job = await lone_bench.job(old)
    assert job.state is JobState.QUEUED
    assert job.quarantined_at is not None
    assert len(lone_bench.standin.creates) == 1
    assert await settling.may_be_paid(job)
    await lone_bench.store.quarantine.release([1], user_id=7)
    other = Settling(  # of a process that takes the job over
        store=lone_bench.store,
        comet=lone_bench.comet,
        console=settling._console,
        clock=lone_bench.clock,
    )
    for one in (settling, other):
        assert not await one.may_be_paid(await lone_bench.job(old))  # the owner's word holds


async def test_an_old_job_is_paid_for_where_all_listed_tasks_are_known(lone_bench, settling):
    old = await restored(lone_bench, settling, is_known=True)
    assert (await lone_bench.job(old)).state is JobState.RUNNING


async def test_a_task_of_another_model_stops_no_job(lone_bench, settling):
    old = await restored(lone_bench, settling, is_known=False, model="another")
    assert (await lone_bench.job(old)).state is JobState.RUNNING
