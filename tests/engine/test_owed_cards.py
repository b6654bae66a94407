"""The last edits of a job are made in the end, whatever Discord did to the first ones."""

from bot.domain.jobs import JobState
from bot.engine.owed_cards import OwedCardsRunner
from bot.errors import DeliveryImpossibleError
from tests.storage.rows import put


async def ended(bench, job_id, *, is_linked=True):
    job = await put(bench.store, job_id, JobState.DONE, told_at=bench.clock.now())
    await bench.store.owed_cards.owe(job.id, is_linked=is_linked)
    return job


async def said_to(bench):
    """What Discord was asked to show since the last time."""
    asked = [(job.id, is_linked) for job, is_linked in bench.deliverer.outcomes]
    bench.deliverer.outcomes.clear()
    return asked


async def test_what_is_owed_is_said_once_and_only_when_it_is_due(lone_bench):
    runner = OwedCardsRunner(lone_bench.context)
    await ended(lone_bench, 1, is_linked=False)
    await runner.say()
    assert await said_to(lone_bench) == []
    lone_bench.clock.advance(6)
    await runner.say()
    assert await said_to(lone_bench) == [(1, False)]
    lone_bench.clock.advance(3600)
    await runner.say()
    assert await said_to(lone_bench) == []


async def test_what_discord_does_not_take_is_said_again(lone_bench):
    lone_bench.deliverer.takes_outcomes = False
    runner = OwedCardsRunner(lone_bench.context)
    await ended(lone_bench, 1)
    for _ in range(3):
        lone_bench.clock.advance(3600)
        await runner.say()
    assert await said_to(lone_bench) == [(1, True)] * 3


async def test_one_that_breaks_does_not_stop_the_others(lone_bench):
    runner = OwedCardsRunner(lone_bench.context)
    for number in (1, 2):
        await ended(lone_bench, number)
    told = lone_bench.deliverer.show_outcome

    async def breaking(job, *, is_linked):
        await told(job, is_linked=is_linked)
        if job.id == 1:
            raise RuntimeError("Discord has many ways to break")
        return True

    lone_bench.deliverer.show_outcome = breaking
    lone_bench.clock.advance(6)
    await runner.say()
    assert sorted(await said_to(lone_bench)) == [(1, True), (2, True)]
    lone_bench.clock.advance(3600)
    await runner.say()
    assert await said_to(lone_bench) == [(1, True)]


async def test_a_job_that_nobody_could_be_told_of_owes_its_cards(lone_bench):
    lone_bench.deliverer.troubles = [DeliveryImpossibleError("everywhere")]
    job = await lone_bench.run(await lone_bench.add())
    assert job.state is JobState.FAILED
    lone_bench.clock.advance(6)
    [owed] = await lone_bench.store.owed_cards.due()
    assert owed.job.id == job.id
