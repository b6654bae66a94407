"""Two workers, any order of steps, deaths and late answers: the rules hold all the same."""

import asyncio
import itertools

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import delete, update

from bot.domain.jobs import FINAL_STATES, TRANSITIONS, Hold, Job, JobState
from bot.domain.quotas import ReviewStage
from bot.domain.reviews import PressOutcome
from bot.errors import JobLostError, LeaseLostError
from bot.storage.database import open_database
from bot.storage.store import Store
from bot.storage.tables.job import jobs
from bot.storage.tables.process import workers
from bot.storage.tables.review import reviews
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.rows import all_jobs

WORKERS = st.sampled_from([0, 1])
PICKS = st.integers(0, 1_000_000)


def reachable():
    """From each state, the states that any number of allowed steps leads to, itself included."""
    found = {state: {state, *following} for state, following in TRANSITIONS.items()}
    for _ in JobState:
        for state in JobState:
            found[state] |= set().union(*(found[after] for after in found[state]))
    return found


REACHABLE = reachable()


class Workers(RuleBasedStateMachine):
    """Two processes, each with its memory (the heap) and its requests on the wire."""

    url = ""

    def __init__(self):
        super().__init__()
        self.runner = asyncio.Runner()
        self.databases = []
        self.numbers = itertools.count(1)
        self.posts = {}  # job id -> paid requests sent, those surely not carried out left out
        self.seen = {}  # job id -> state as last seen
        self.uncertain_since = set()

    def run(self, coroutine):
        return self.runner.run(coroutine)

    @initialize()
    def start(self):
        self.contexts = []
        for number in range(2):
            if self.url.startswith("sqlite") and number:
                self.databases.append(self.databases[0])
                continue
            context = open_database(self.url)
            self.databases.append(self.run(context.__aenter__()))
            self.contexts.append(context)

        async def clear():
            async with self.databases[0].transaction() as connection:
                await connection.execute(delete(reviews))
                await connection.execute(delete(jobs))
                await connection.execute(delete(workers))

        self.run(clear())
        self.stores = [None, None]
        self.memory = [{}, {}]  # what each worker believes of its jobs
        self.wire = [{}, {}]  # the requests each has on the wire: job id -> Job as submitted
        for worker in range(2):
            self.born(worker)

    def born(self, worker):
        worker_id = f"{'ab'[worker]}{next(self.numbers)}"
        self.stores[worker] = Store(self.databases[worker], worker_id=worker_id)
        self.memory[worker].clear()
        self.wire[worker].clear()
        self.run(self.stores[worker].lease.renew(60))

    def pick(self, worker, number, *states):
        """One of the jobs that a worker believes to have in one of these states, if any."""
        believed = [job for job in self.memory[worker].values() if job.state in states]
        return believed[number % len(believed)] if believed else None

    def step(self, worker, job, to=None, **changes):
        """Let a worker write what it believes; it forgets the job if that is refused."""
        store = self.stores[worker]
        write = store.update(job, **changes) if to is None else store.move(job, to, **changes)
        try:
            after = self.run(write)
        except JobLostError:
            self.memory[worker].pop(job.id, None)
            return None
        self.memory[worker][job.id] = after
        return after

    # What people and workers do

    @rule()
    def someone_asks(self):
        self.run(self.stores[0].add(new_job(next(self.numbers))))

    @rule()
    def someone_asks_where_moderators_look_first(self):
        new = new_job(next(self.numbers), hold=Hold.REVIEW)
        self.run(self.stores[0].add(new, review_reasons=["every request is reviewed"]))

    def known(self, number, *states):
        """The id of a job that was last seen in one of these states, if any."""
        found = sorted(job_id for job_id, state in self.seen.items() if state in states)
        return found[number % len(found)] if found else None

    @rule(number=PICKS, states=st.sampled_from([(JobState.HELD,), tuple(JobState)]))
    def two_moderators_approve(self, number, states):
        if job_id := self.known(number, *states):

            async def both():
                presses = (
                    store.reviews.approve(
                        job_id, ReviewStage.SPENDING, guild_id=GUILD_ID, user_id=USER_ID + n
                    )
                    for n, store in enumerate(self.stores, 1)
                )
                return [ruling.outcome for ruling in await asyncio.gather(*presses)]

            outcomes = self.run(both())
            assert outcomes.count(PressOutcome.DONE) == (self.seen[job_id] is JobState.HELD)

    @rule(worker=WORKERS, limit=st.integers(1, 3))
    def claim(self, worker, limit):
        try:
            claimed = self.run(self.stores[worker].claims.claim(limit))
        except LeaseLostError:
            self.memory[worker].clear()
            self.run(self.stores[worker].lease.rejoin(60))
            return
        for job in claimed:
            assert job.owner == self.stores[worker].lease.worker_id
            assert job.state is not JobState.SUBMITTING
            assert not job.is_settled
            # News of a job still in memory: only if somebody else changed it meanwhile.
            remembered = self.memory[worker].get(job.id)
            assert remembered is None or remembered.state is not job.state
            self.memory[worker][job.id] = job

    @rule(worker=WORKERS, number=PICKS)
    def submit(self, worker, number):
        job = self.pick(worker, number, JobState.QUEUED)
        if job and (submitting := self.step(worker, job, JobState.SUBMITTING)):
            self.posts[job.id] = self.posts.get(job.id, 0) + 1
            assert self.posts[job.id] == 1, "paid twice"
            self.wire[worker][job.id] = submitting

    def answered(self, worker, number):
        waiting = list(self.wire[worker].values())
        if not waiting:
            return None
        job = waiting[number % len(waiting)]
        return self.wire[worker].pop(job.id)

    @rule(worker=WORKERS, number=PICKS)
    def answer_accepted(self, worker, number):
        job = self.answered(worker, number)
        if job and not self.step(worker, job, JobState.RUNNING, task_id=f"task-{job.id}"):
            lifted = self.run(self.stores[worker].lift_uncertain(job.id, task_id=f"task-{job.id}"))
            if lifted:
                self.memory[worker][job.id] = lifted

    @rule(worker=WORKERS, number=PICKS)
    def answer_surely_refused(self, worker, number):
        job = self.answered(worker, number)
        if job:
            self.posts[job.id] -= 1
            self.step(worker, job, JobState.QUEUED)

    @rule(worker=WORKERS, number=PICKS)
    def answer_lost(self, worker, number):
        job = self.answered(worker, number)
        if job:
            self.step(worker, job, JobState.UNCERTAIN)

    @rule(worker=WORKERS, number=PICKS, is_lost=st.booleans())
    def all_goes_its_usual_way(self, worker, number, is_lost):
        """Without this, few of so many random steps would get as far as the provider."""
        self.someone_asks()
        self.claim(worker, 3)
        self.submit(worker, number)
        (self.answer_lost if is_lost else self.answer_accepted)(worker, number)

    @rule(worker=WORKERS, number=PICKS, to=st.sampled_from(["delivering", "failed"]))
    def finish(self, worker, number, to):
        if job := self.pick(worker, number, JobState.RUNNING):
            self.step(worker, job, JobState(to), output_url="https://example.com/o.mp4")

    @rule(worker=WORKERS, number=PICKS)
    def deliver(self, worker, number):
        if job := self.pick(worker, number, JobState.DELIVERING):
            self.step(worker, job, JobState.DONE, told_at=job.updated_at)
            self.memory[worker].pop(job.id, None)

    @rule(worker=WORKERS, number=PICKS)
    def tell(self, worker, number):
        if job := self.pick(worker, number, JobState.UNCERTAIN, *FINAL_STATES):
            self.step(worker, job, told_at=job.updated_at)
            self.memory[worker].pop(job.id, None)

    @rule(number=PICKS)
    def someone_cancels(self, number):
        if self.seen:
            self.run(self.stores[0].cancel(sorted(self.seen)[number % len(self.seen)]))

    @rule(number=PICKS)
    def a_manager_gives_up_what_runs(self, number):
        if job_id := self.known(number, JobState.RUNNING):
            self.run(self.stores[0].drop(job_id, by=1))

    @rule(number=PICKS, finds_it=st.booleans())
    def the_owner_settles_what_is_uncertain(self, number, finds_it):
        job_id = self.known(number, JobState.UNCERTAIN)
        if job_id is None:
            return
        is_answered = not any(job_id in wire for wire in self.wire)
        if finds_it and is_answered and self.posts[job_id]:
            task_id = f"task-{job_id}"
            self.run(self.stores[0].uncertain.attach(job_id, task_id=task_id, user_id=1))
        elif not finds_it:
            self.run(self.stores[0].uncertain.write_off(job_id, user_id=1))

    # What befalls workers

    @rule(worker=WORKERS)
    def lease_runs_out(self, worker):
        async def expire():
            database = self.databases[worker]
            async with database.transaction() as connection:
                long_ago = self.stores[worker].lease.worker_id
                await connection.execute(
                    update(workers)
                    .where(workers.c.id == long_ago)
                    .values(expires_at=workers.c.started_at)
                )

        self.run(expire())

    @rule(worker=WORKERS)
    def renew(self, worker):
        try:
            self.run(self.stores[worker].lease.renew(60))
        except LeaseLostError:
            self.memory[worker].clear()
            self.run(self.stores[worker].lease.rejoin(60))

    @rule(worker=WORKERS)
    def killed(self, worker):
        self.lease_runs_out(worker)
        self.born(worker)

    @rule(worker=WORKERS)
    def stopped(self, worker):
        self.run(self.stores[worker].lease.release())
        self.born(worker)

    # What must hold

    @invariant()
    def only_allowed_steps_were_taken(self):
        if not self.databases:
            return
        for job_id, job in self.run(all_jobs(self.stores[0])).items():
            before = self.seen.get(job_id, JobState.HELD)
            assert job.state in REACHABLE[before], f"{before} became {job.state}"
            if job_id in self.uncertain_since:
                assert job.state not in {JobState.QUEUED, JobState.SUBMITTING}
            if job.state is JobState.UNCERTAIN:
                self.uncertain_since.add(job_id)
            if job.state in {JobState.RUNNING, JobState.DELIVERING, JobState.DONE}:
                assert self.posts[job_id] == 1
            self.seen[job_id] = job.state

    def teardown(self):
        try:
            if self.databases:
                self.everything_unsettled_finds_a_new_owner()
        finally:
            for context in reversed(getattr(self, "contexts", [])):
                self.run(context.__aexit__(None, None, None))
            self.runner.close()

    def everything_unsettled_finds_a_new_owner(self):
        for worker in range(2):
            self.lease_runs_out(worker)
        heir = Store(self.databases[0], worker_id="heir")
        self.run(heir.lease.renew(60))
        claimed = self.run(heir.claims.claim(1000))
        unsettled = {
            job_id for job_id, job in self.run(all_jobs(heir)).items() if not job.is_settled
        }
        assert {job.id for job in claimed} == unsettled
        assert all(isinstance(job, Job) for job in claimed)


def test_the_rules_hold_in_any_order_of_events(database_url):
    machine = type("Workers", (Workers,), {"url": database_url})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=35,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # each step is a transaction: shrinking takes minutes
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("state", JobState)
def test_what_a_state_can_lead_to_is_as_the_rules_say(state):
    """Guards the model itself: UNCERTAIN leads to no new request, a final state to nothing."""
    assert (JobState.SUBMITTING in REACHABLE[state]) == (
        state in {JobState.HELD, JobState.QUEUED, JobState.SUBMITTING}
    )
    assert (REACHABLE[state] == {state}) == (state in FINAL_STATES)
