"""What holds for the steps of all kinds: how urgent their calls are, and what follows trouble."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.jobs import Hold, JobState, Phase
from bot.engine.budget import Budget
from bot.engine.ports import Progress
from bot.errors import DeliveryDelayedError
from sandbox.cometapi import Fate, Stay, Succeed
from tests.engine.clocks import settle, until
from tests.engine.faults import Broken, database_of
from tests.engine.test_approve import RecordingGatekeeper


class Discord:
    """Calls to Discord that wait for a budget of one a second; ``order`` is how they came."""

    def __init__(self, bench):
        self.bench = bench
        self.budget = Budget(1, clock=bench.clock)
        self.order = []
        self.works = []
        self.approval_prompts = RecordingGatekeeper()
        object.__setattr__(bench.context, "approval_prompts", self.approval_prompts)

    def meter(self, *names):
        """From now on these calls wait for their turn."""
        for name in names:
            owner = (
                self.approval_prompts
                if hasattr(self.approval_prompts, name)
                else self.bench.deliverer
            )
            setattr(owner, name, self._metered(name, getattr(owner, name)))

    def _metered(self, name, call):
        async def in_turn(*args, **options):
            await asyncio.gather(self.budget.turn())  # in a task of its own, as libraries do
            self.order.append(name)
            return await call(*args, **options)

        return in_turn

    async def begin(self, work):
        """Start ``work`` and return once its call waits."""
        waiting = len(self.budget)
        self.works.append(asyncio.ensure_future(work))
        await until(lambda: len(self.budget) > waiting)

    async def end(self):
        while not all(work.done() for work in self.works):
            self.bench.clock.advance(0.1)
            await settle()
            await asyncio.sleep(0.001)
        await asyncio.gather(*self.works)


@pytest.fixture
def discord(lone_bench):
    return Discord(lone_bench)


async def ended(bench, state, **fields):
    """A job whose task has ended, and of which nothing has been told."""
    bench.standin.script.task(Fate(end=Succeed()))
    handle = await bench.add(**fields)
    await bench.run(handle, until=lambda handle: handle.state is state)
    return handle


async def test_a_review_card_waits_behind_an_answer_when_the_budget_is_short(lone_bench, discord):
    card = await ended(lone_bench, JobState.WITHHELD, id=1, review_output=True)
    answer = await ended(lone_bench, JobState.DELIVERING, id=2)
    discord.meter("present", "deliver")
    await discord.budget.turn()
    await discord.begin(lone_bench.step(card))
    await discord.begin(lone_bench.step(answer))
    await discord.end()
    assert discord.order == ["deliver", "present"]


async def test_progress_waits_behind_a_new_job_and_a_new_job_behind_an_answer(lone_bench, discord):
    lone_bench.standin.script.task(Fate(end=Stay("RUNNING")))
    running = await lone_bench.add(id=1)
    await lone_bench.step(running)
    answer = await ended(lone_bench, JobState.DELIVERING, id=2)
    await lone_bench.show_all()
    new = await lone_bench.add(id=3)
    discord.meter("open", "show", "deliver")
    await discord.budget.turn()
    lone_bench.announcer.announce(running.job_id, Progress(phase=Phase.RUNNING))
    await discord.begin(lone_bench.announcer.show_next())
    await discord.begin(lone_bench.step_once(new))
    await discord.begin(lone_bench.step(answer))
    await discord.end()
    assert discord.order == ["deliver", "open", "show"]


async def test_a_card_is_brought_up_to_date_when_nothing_else_is_to_be_said(lone_bench, discord):
    over = lone_bench.clock.now() - timedelta(hours=1)
    held = await lone_bench.add(id=1, hold=Hold.REVIEW, held_until=over)
    await lone_bench.run(held, until=lambda handle: handle.state is JobState.CANCELLED)
    new = await lone_bench.add(id=2)
    discord.meter("open", "settled")
    await discord.budget.turn()
    await discord.begin(lone_bench.step(held))
    await discord.begin(lone_bench.step_once(new))
    await discord.end()
    assert discord.order == ["open", "settled"]


async def test_after_a_long_outage_of_the_database_a_surprise_costs_seconds(lone_bench):
    handle = await ended(lone_bench, JobState.DELIVERING)
    with database_of(lone_bench.store, Broken):
        for _ in range(12):
            await lone_bench.worker.step(handle)

    async def settle(job_id):
        raise RuntimeError("surprise")

    lone_bench.announcer.settle = settle
    assert 5 <= await lone_bench.step(handle) < 10


async def test_pauses_after_surprises_grow_and_begin_anew_when_a_step_works(lone_bench):
    handle = await ended(lone_bench, JobState.DELIVERING)
    works = lone_bench.announcer.settle

    async def settle(job_id):
        raise RuntimeError("surprise")

    lone_bench.announcer.settle = settle
    pauses = [await lone_bench.step(handle) for _ in range(8)]
    assert pauses[1] >= 10
    assert 300 <= pauses[-1] <= 450
    lone_bench.announcer.settle = works
    lone_bench.deliverer.troubles = [DeliveryDelayedError("503")]
    await lone_bench.step(handle)
    lone_bench.announcer.settle = settle
    assert await lone_bench.step(handle) < 10
