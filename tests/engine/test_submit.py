import asyncio
import logging

import pytest

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import CancelReason, Charge, FailureReason, JobState, Phase
from bot.domain.money import CostSource
from bot.domain.quotas import LedgerStatus
from bot.engine.job_handle import JobHandle
from bot.engine.model_choice import ModelChoice
from bot.engine.ports import Opened
from bot.engine.steps.paid_requests import ANSWER_SECONDS, LATE_SECONDS
from bot.errors import DeliveryDelayedError, MediaUnreachableError
from sandbox.cometapi import (
    Close,
    Hang,
    HttpAnswer,
    empty_body,
    html_page,
    model_not_found,
    no_credits,
    no_quota,
    rate_limited,
    server_error,
    truncated,
)
from sandbox.standin.behaviours import Accept
from tests.engine.clocks import settle, until
from tests.engine.conftest import LIVE_SOURCE, STATUS_ID, THREAD_ID
from tests.engine.faults import Broken, Counting, LateCommit, Slow, database_of
from tests.storage.money import HOLDERS, rows_of

UNREACHABLE = HttpAnswer(
    status=400,
    body={
        "error": "Validation of body failed",
        "issues": [
            {
                "code": "custom",
                "path": ["videoUri"],
                "message": "Failed to fetch asset. The URL may be incorrect or the server "
                "hosting the asset may be down.",
            }
        ],
        "docUrl": "https://docs.dev.runwayml.com/api",
    },
)


def submitted(handle):
    return handle.state is not JobState.QUEUED


async def test_a_queued_job_gets_its_thread_and_one_paid_request(bench):
    handle = await bench.add()
    delay = await bench.step(handle)
    job = await bench.job(handle)
    assert job.state is JobState.RUNNING
    assert (job.thread_id, job.status_message_id) == (THREAD_ID, STATUS_ID)
    assert job.task_id == bench.standin.creates[0].task_id
    assert job.submitted_by == "w1"
    assert delay >= 5
    assert len(bench.standin.creates) == 1


async def test_the_request_carries_what_the_person_asked_for(lone_bench):
    handle = await lone_bench.add(
        reference_url="https://cdn.discordapp.com/r.png", public_figure_threshold="low"
    )
    await lone_bench.step(handle)
    assert lone_bench.standin.creates[0].body == {
        "model": "gen4_aleph",
        "videoUri": "https://cdn.discordapp.com/attachments/1/2/clip.mp4",
        "promptText": "Make it a watercolour 🎨",
        "seed": 4_294_967_295,
        "ratio": "1280:720",
        "references": [{"type": "image", "uri": "https://cdn.discordapp.com/r.png"}],
        "contentModeration": {"publicFigureThreshold": "low"},
    }


@pytest.mark.parametrize(
    ("prompt", "look", "sent"),
    [
        ("a rainy night.", "film grain", "a rainy night, film grain"),
        ("a rainy night, film grain", None, "a rainy night, film grain"),  # of an older version
        ("é" * 989, "film grain", f"{'é' * 989}"),  # there is no room for it: 1,000 characters
        ("é" * 988, "film grain", f"{'é' * 988}, film grain"),
    ],
)
async def test_the_servers_look_is_the_end_of_the_prompt(lone_bench, prompt, look, sent):
    handle = await lone_bench.add(prompt=prompt, look=look)
    await lone_bench.step(handle)
    assert lone_bench.standin.creates[0].body["promptText"] == sent
    assert (await lone_bench.job(handle)).prompt == prompt


async def test_people_are_told_that_the_provider_has_it(lone_bench):
    handle = await lone_bench.add()
    await lone_bench.step(handle)
    await lone_bench.show_all()
    [(job_id, progress)] = lone_bench.deliverer.shown
    assert job_id == handle.job_id
    assert progress.phase is Phase.PENDING
    assert (await lone_bench.job(handle)).phase is Phase.PENDING


async def test_a_refused_thread_does_not_stop_the_job(lone_bench):
    lone_bench.deliverer.opens = Opened(thread_id=None, status_message_id=None)
    handle = await lone_bench.add()
    job = await lone_bench.run(handle, until=submitted)
    assert job.state is JobState.RUNNING
    assert len(lone_bench.deliverer.opened) == 1


async def test_nothing_is_spent_while_a_thread_may_still_come_about(lone_bench):
    lone_bench.deliverer.open_troubles = [DeliveryDelayedError("502"), RuntimeError("surprise")]
    handle = await lone_bench.add()
    for _ in range(2):
        assert await lone_bench.step(handle) > 0
        assert lone_bench.standin.creates == []
    await lone_bench.step(handle)
    assert (await lone_bench.job(handle)).thread_id == THREAD_ID
    assert len(lone_bench.standin.creates) == 1


async def test_a_discord_outage_delays_the_job_a_little_only(lone_bench):
    lone_bench.deliverer.open_troubles = [DeliveryDelayedError("502")] * 9
    job = await lone_bench.run(await lone_bench.add(), until=submitted)
    assert job.state is JobState.RUNNING
    assert len(lone_bench.deliverer.opened) == 3


async def test_an_expired_source_link_ends_the_job_before_anything_is_spent(lone_bench):
    expires = int(lone_bench.clock.now().timestamp()) + 30
    url = f"https://cdn.discordapp.com/attachments/1/2/clip.mp4?ex={expires:x}&is=1&hm=2"
    job = await lone_bench.run(await lone_bench.add(source_url=url))
    assert (job.state, job.failure) == (JobState.FAILED, FailureReason.SOURCE_GONE)
    assert job.charge is Charge.NO
    assert lone_bench.standin.creates == []
    assert lone_bench.deliverer.told == [job.id]


async def test_a_link_that_lives_on_is_no_obstacle(lone_bench):
    expires = int(lone_bench.clock.now().timestamp()) + 3600
    url = f"https://cdn.discordapp.com/attachments/1/2/clip.mp4?ex={expires:x}&is=1&hm=2"
    handle = await lone_bench.add(source_url=url)
    await lone_bench.step(handle)
    assert handle.state is JobState.RUNNING


# What may be sent again


async def test_however_long_the_provider_wants_to_be_left_alone_a_job_waits_minutes(lone_bench):
    lone_bench.standin.script.create(rate_limited(86_400))
    assert 900 <= await lone_bench.step(await lone_bench.add()) <= 1350


async def test_a_rate_limited_submission_is_sent_again_later(bench):
    bench.standin.script.create(rate_limited(7))
    handle = await bench.add()
    delay = await bench.step(handle)
    job = await bench.job(handle)
    assert (job.state, job.submit_attempts, job.submitted_by) == (JobState.QUEUED, 1, None)
    assert delay >= 7
    assert bench.context.creates.resumes_at >= bench.clock.monotonic() + 7
    assert bench.context.polls.factor == 1  # a limit on paid requests says nothing about polls
    bench.clock.advance(delay)
    await bench.step(handle)
    assert handle.state is JobState.RUNNING
    assert len(bench.standin.creates) == 1


async def test_three_refusals_for_now_are_enough(lone_bench):
    lone_bench.standin.script.create(*[rate_limited()] * 5)
    job = await lone_bench.run(await lone_bench.add())
    assert (job.state, job.failure, job.charge) == (
        JobState.FAILED,
        FailureReason.BUSY,
        Charge.NO,
    )
    assert len(lone_bench.standin.refused) == 3


async def test_a_request_that_never_left_is_sent_again(lone_bench, standin):
    handle = await lone_bench.add()
    port = standin.origin.rpartition(":")[2]
    nowhere = lone_bench.comet._create_url.with_port(1)
    there = lone_bench.comet._create_url
    assert str(there.port) == port
    lone_bench.comet._create_url = nowhere
    await lone_bench.step(handle)
    assert handle.state is JobState.QUEUED
    lone_bench.comet._create_url = there
    await lone_bench.step(handle)
    assert handle.state is JobState.RUNNING
    assert len(standin.creates) == 1


# Definite refusals


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (no_quota(), FailureReason.NO_CREDIT),
        (no_credits(), FailureReason.NO_CREDIT),
        (model_not_found(), FailureReason.MODEL_UNAVAILABLE),
        (
            HttpAnswer(status=401, body={"error": {"message": "invalid"}}),
            FailureReason.KEY_REFUSED,
        ),
        (HttpAnswer(status=400, body={"error": "Bad prompt"}), FailureReason.REQUEST_REFUSED),
        (HttpAnswer(status=404, body={"error": "no such path"}), FailureReason.WRONG_ADDRESS),
        (UNREACHABLE, FailureReason.SOURCE_UNREACHABLE),
    ],
    ids=lambda value: str(value) if isinstance(value, FailureReason) else "",
)
async def test_a_definite_refusal_ends_the_job_unpaid(lone_bench, answer, reason):
    lone_bench.standin.script.create(answer)
    job = await lone_bench.run(await lone_bench.add())  # its source is too large for a data URI
    assert (job.state, job.failure, job.charge) == (JobState.FAILED, reason, Charge.NO)
    assert job.failure_detail
    assert len(lone_bench.standin.refused) == 1
    assert lone_bench.deliverer.told == [job.id]


async def test_the_operator_hears_of_an_empty_account(lone_bench, caplog):
    lone_bench.standin.script.create(no_quota())
    await lone_bench.run(await lone_bench.add())
    alert = next(r for r in caplog.records if "no_credit" in r.getMessage())
    assert alert.levelname == "ERROR"


async def test_the_operator_hears_of_a_wrong_address_by_the_name_of_its_setting(lone_bench, caplog):
    lone_bench.standin.script.create(HttpAnswer(status=404, body={"error": "no such path"}))
    await lone_bench.run(await lone_bench.add())
    alert = next(r for r in caplog.records if "wrong_address" in r.getMessage())
    assert alert.levelname == "ERROR"
    assert "COMETAPI_BASE_URL" in alert.getMessage()
    assert "404" in alert.getMessage()


async def test_a_source_that_the_provider_cannot_fetch_is_sent_along_once(lone_bench, clip_url):
    lone_bench.standin.script.create(UNREACHABLE)
    handle = await lone_bench.add(source_url=clip_url, source_bytes=1000)
    job = await lone_bench.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    [created] = lone_bench.standin.creates
    assert created.body["videoUri"].startswith("data:video/mp4;base64,Y2Nj")
    assert job.submit_attempts == 1


async def test_a_source_that_is_refused_both_ways_ends_the_job(lone_bench, clip_url):
    lone_bench.standin.script.create(UNREACHABLE, UNREACHABLE, UNREACHABLE)
    job = await lone_bench.run(await lone_bench.add(source_url=clip_url, source_bytes=1000))
    assert job.failure is FailureReason.SOURCE_UNREACHABLE
    assert len(lone_bench.standin.refused) == 2


async def test_a_pause_while_the_request_is_made_is_honoured(bench, clip_url):
    bench.standin.script.create(UNREACHABLE)
    handle = await bench.add(source_url=clip_url, source_bytes=1000)
    await bench.run(handle, until=lambda handle: handle.wants_data_uri)
    download = bench.downloader.download

    async def long_download(*args, **options):
        await bench.store.people.pause(GLOBAL_GUILD_ID, user_id=1)
        bench.clock.advance(10)
        return await download(*args, **options)

    bench.downloader.download = long_download
    await bench.step(handle)
    assert handle.state is JobState.QUEUED
    assert bench.standin.creates == []
    bench.downloader.download = download
    await bench.store.people.resume(GLOBAL_GUILD_ID)
    await bench.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    assert len(bench.standin.creates) == 1


# Uncertain


@pytest.mark.parametrize(
    "answer",
    [
        Close(),
        server_error(500, accepted=True),
        server_error(502),
        server_error(524),
        HttpAnswer(status=409, body={}),
        HttpAnswer(status=408, body={}),
        html_page(),
        truncated(),
        empty_body(),
        Accept(with_id=False),
    ],
    ids=["closed", "500", "502", "524", "409", "408", "html", "truncated", "empty", "no id"],
)
async def test_an_outcome_that_cannot_be_known_is_uncertain_and_told_once(
    lone_bench, answer, caplog
):
    lone_bench.standin.script.create(answer)
    handle = await lone_bench.add()
    job = await lone_bench.run(handle)
    assert (job.state, job.charge) == (JobState.UNCERTAIN, Charge.UNKNOWN)
    assert job.is_settled
    assert lone_bench.deliverer.told == [job.id]
    assert len(lone_bench.standin.creates) + len(lone_bench.standin.refused) == 1
    assert any(r.levelname == "ERROR" and "UNCERTAIN" in r.getMessage() for r in caplog.records)
    assert await lone_bench.step(handle) is None  # and never again
    assert len(lone_bench.standin.creates) + len(lone_bench.standin.refused) == 1


async def hang(bench, handle):
    """Take the submit step while CometAPI accepts the request and does not answer."""
    step = asyncio.create_task(bench.step(handle))
    await bench.standin.wait_for_creates(1)
    await until(lambda: bench.clock.next_at is not None)
    return step


async def test_an_answer_that_never_comes_makes_the_job_uncertain(bench):
    bench.standin.script.create(Hang())
    handle = await bench.add()
    step = await hang(bench, handle)
    assert (await bench.job(handle)).state is JobState.SUBMITTING
    bench.clock.advance(ANSWER_SECONDS)
    await step
    assert (await bench.job(handle)).state is JobState.UNCERTAIN
    await bench.run(handle)
    assert bench.deliverer.told == [handle.job_id]
    assert bench.worker.paid_requests.open_count == 1
    bench.clock.advance(LATE_SECONDS)
    await until(lambda: bench.worker.paid_requests.open_count == 0)
    assert len(bench.standin.creates) == 1


class LateComet:
    """CometAPI whose answer comes when the test says so."""

    def __init__(self, comet):
        self._comet = comet
        self.answer = asyncio.Event()

    async def create_task(self, request, *, total_seconds):
        created = await self._comet.create_task(request, total_seconds=total_seconds)
        await self.answer.wait()
        return created

    async def get_task(self, task_id):
        return await self._comet.get_task(task_id)


@pytest.fixture
def late_bench(bench):
    late = LateComet(bench.comet)
    object.__setattr__(bench.context, "comet", late)
    bench.late = late
    return bench


async def test_a_late_answer_lifts_the_job_and_it_ends_well(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    await late_bench.run(handle)
    late_bench.late.answer.set()
    await until(lambda: late_bench.adopted)
    [lifted] = late_bench.adopted
    assert lifted.state is JobState.RUNNING
    assert lifted.task_id == late_bench.standin.creates[0].task_id
    assert lifted.told_at is None
    job = await late_bench.run(type(handle)(lifted))
    assert job.state is JobState.DONE
    assert late_bench.deliverer.told == [job.id, job.id]  # the doubt, then the answer
    assert len(late_bench.standin.creates) == 1


async def test_a_doubt_that_discord_refused_costs_the_answer_none_of_its_parts(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    late_bench.deliverer.troubles = [DeliveryDelayedError("503")] * 4
    await late_bench.run(handle)
    late_bench.late.answer.set()
    await until(lambda: late_bench.adopted)
    await late_bench.run(type(handle)(late_bench.adopted[0]))
    assert late_bench.deliverer.answers[-1].picture is not None


async def test_a_doubt_that_was_posted_and_not_yet_marked_does_not_stand_for_the_answer(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    await late_bench.store.lease.renew(30)
    with database_of(late_bench.store, Broken, after=1):
        await late_bench.worker.step(handle)
    assert late_bench.deliverer.told == [handle.job_id]
    late_bench.late.answer.set()
    await until(lambda: late_bench.adopted)
    job = await late_bench.run(handle)
    assert job.state is JobState.DONE
    assert late_bench.deliverer.told == [job.id, job.id]
    assert late_bench.deliverer.delivered[-1][0].state is JobState.DELIVERING


async def test_a_shutdown_during_the_request_stores_an_answer_that_is_there(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.late.answer.set()
    await settle(3)
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    job = await late_bench.job(handle)
    assert job.state is JobState.RUNNING
    assert job.task_id == late_bench.standin.creates[0].task_id


async def test_a_shutdown_during_the_request_leaves_it_uncertain_without_an_answer(bench):
    bench.standin.script.create(Hang())
    handle = await bench.add()
    step = await hang(bench, handle)
    bench.context.closing.set()
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)
    assert (await bench.job(handle)).state is JobState.UNCERTAIN
    await until(lambda: bench.worker.paid_requests.open_count == 0)


async def test_a_stopping_engine_spends_nothing(lone_bench):
    handle = await lone_bench.add()
    lone_bench.context.closing.set()
    assert await lone_bench.step(handle) > 0
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    assert lone_bench.standin.creates == []
    assert lone_bench.deliverer.opened == []


# Leases


async def test_nothing_is_spent_on_a_lease_that_may_run_out(lone_bench):
    handle = await lone_bench.add()
    lone_bench.clock.advance(23)  # of 30: less than a quarter is left
    assert await lone_bench.worker.step(handle) > 0
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    assert lone_bench.standin.creates == []
    assert lone_bench.deliverer.opened == []
    await lone_bench.step(handle)
    assert len(lone_bench.standin.creates) == 1


async def test_a_job_in_other_hands_is_dropped(bench, store_factory, expire_lease):
    handle = await bench.add()
    other = await store_factory("w2")
    await expire_lease("w1")
    assert [job.id for job in await other.claims.claim(10)] == [handle.job_id]
    assert await bench.worker.step(handle) is None
    assert bench.standin.creates == []


async def test_killed_during_the_request_it_is_uncertain_for_the_next_process(
    bench, store_factory, expire_lease, make_bench
):
    bench.standin.script.create(Hang())
    handle = await bench.add()
    step = await hang(bench, handle)
    other = make_bench(await store_factory("w2", lease=30, monotonic=bench.clock.monotonic))
    await expire_lease("w1")
    [found] = await other.store.claims.claim(10)
    assert found.state is JobState.UNCERTAIN
    job = await other.run(type(handle)(found))
    assert job.state is JobState.UNCERTAIN
    assert len(bench.standin.creates) == 1
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)


async def test_a_frozen_process_that_gets_its_answer_lifts_the_job_all_the_same(
    late_bench, store_factory, expire_lease
):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    other = await store_factory("w2")
    await expire_lease("w1")
    assert [job.state for job in await other.claims.claim(10)] == [JobState.UNCERTAIN]
    late_bench.late.answer.set()
    await step
    await until(lambda: late_bench.adopted)
    assert late_bench.adopted[0].task_id == late_bench.standin.creates[0].task_id
    assert late_bench.adopted[0].owner == "w1"


# The database


async def test_nothing_is_sent_that_the_database_cannot_record(bench, caplog):
    caplog.set_level(logging.INFO)
    handle = await bench.add()
    for _ in range(4):
        with database_of(bench.store, Broken, after=1):  # the row can be read, not changed
            assert await bench.worker.step(handle) > 0
    assert bench.standin.creates == []
    with database_of(bench.store, Broken):
        for _ in range(3):
            assert await bench.worker.step(handle) > 0
    await bench.step(handle)
    assert caplog.text.count("The database is unavailable") == 1
    assert "The database is back" not in caplog.text  # a renewed lease says that
    assert handle.state is JobState.RUNNING
    assert len(bench.standin.creates) == 1


async def test_an_intent_whose_confirmation_got_lost_is_taken_back_not_doubted(lone_bench):
    handle = await lone_bench.add()
    lone_bench.deliverer.opens = Opened(thread_id=None, status_message_id=None)
    await lone_bench.worker.step(handle)  # no thread
    with database_of(lone_bench.store, Broken, after=2, commits=True):
        await lone_bench.worker.step(handle)
    assert (await lone_bench.job(handle)).state is JobState.SUBMITTING
    assert lone_bench.standin.creates == []
    await lone_bench.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    assert len(lone_bench.standin.creates) == 1


async def test_an_answer_is_written_down_however_long_the_database_is_away(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        for _ in range(5):
            await until(lambda: late_bench.clock.next_at is not None)
            late_bench.clock.advance(10)
            await settle()
        assert not step.done()
    for _ in range(50):
        late_bench.clock.advance(10)
        await asyncio.sleep(0.005)
        if step.done():
            break
    await step
    assert (await late_bench.job(handle)).task_id == late_bench.standin.creates[0].task_id


async def test_a_late_answer_is_written_down_however_long_the_database_is_away(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        await until(lambda: late_bench.worker.paid_requests.open_count == 0)
        for _ in range(5):
            late_bench.clock.advance(10)
            await settle()
        assert late_bench.adopted == []
    for _ in range(50):
        late_bench.clock.advance(10)
        await asyncio.sleep(0.005)
        if late_bench.adopted:
            break
    assert (await late_bench.job(handle)).task_id == late_bench.standin.creates[0].task_id


async def test_a_stop_records_a_late_answer_that_only_waited_for_the_database(late_bench):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        await until(lambda: late_bench.worker.paid_requests.open_count == 0)
        await settle()
    late_bench.context.closing.set()
    await late_bench.worker.paid_requests.close()
    assert (await late_bench.job(handle)).task_id == late_bench.standin.creates[0].task_id


async def test_a_stop_records_an_answer_whose_job_was_taken_over_meanwhile(
    late_bench, store_factory, expire_lease
):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    other = await store_factory("w2")
    await expire_lease("w1")
    [taken] = await other.claims.claim(10)
    assert taken.state is JobState.UNCERTAIN
    late_bench.context.closing.set()
    late_bench.late.answer.set()
    await step
    await late_bench.worker.paid_requests.close()
    job = await late_bench.job(handle)
    assert job.state is JobState.RUNNING
    assert job.task_id == late_bench.standin.creates[0].task_id


async def test_what_cannot_be_recorded_before_the_end_is_in_the_log(late_bench, caplog):
    handle = await late_bench.add()
    step = await hang(late_bench, handle)
    with database_of(late_bench.store, Broken):
        late_bench.late.answer.set()
        late_bench.context.closing.set()
        await step
    task_id = late_bench.standin.creates[0].task_id
    [record] = [r for r in caplog.records if r.levelname == "CRITICAL"]
    assert task_id in record.getMessage()


async def test_a_late_refusal_leaves_the_job_uncertain_and_is_logged(late_bench, caplog):
    late_bench.standin.script.create(no_quota())
    refused = asyncio.Event()
    create = late_bench.late._comet.create_task

    async def refuse_late(request, *, total_seconds):
        try:
            return await create(request, total_seconds=total_seconds)
        finally:
            refused.set()
            await late_bench.late.answer.wait()

    late_bench.late.create_task = refuse_late
    handle = await late_bench.add()
    step = asyncio.create_task(late_bench.step(handle))
    await refused.wait()
    late_bench.clock.advance(ANSWER_SECONDS)
    await step
    late_bench.late.answer.set()
    await until(lambda: "the answer came too late" in caplog.text)
    assert (await late_bench.job(handle)).state is JobState.UNCERTAIN


async def opened(bench):
    """A job whose next step, with a fresh lease, is to be submitted: read, admit, write, send."""
    bench.deliverer.opens = Opened(thread_id=None, status_message_id=None)
    handle = await bench.add()
    assert await bench.step_once(handle) == 0
    return handle


async def test_a_lease_that_runs_out_before_the_intent_is_stored_leaves_the_job_as_it_is(
    lone_bench,
):
    handle = await opened(lone_bench)
    with (
        database_of(lone_bench.store, Slow, after=1, clock=lone_bench.clock, seconds=29),
        database_of(lone_bench.store, Counting) as database,
    ):
        assert await lone_bench.worker.step(handle) > 0
        assert database.transactions == 2  # read and admitted; no intent was stored
    assert lone_bench.standin.creates == []


async def test_a_stop_while_the_intent_is_stored_takes_it_back(lone_bench):
    handle = await opened(lone_bench)

    class Stop:
        def advance(self, seconds):
            lone_bench.context.closing.set()

    with database_of(lone_bench.store, Slow, after=2, clock=Stop(), seconds=0):
        await lone_bench.worker.step(handle)
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    assert lone_bench.standin.creates == []


async def test_a_lease_that_runs_out_while_the_intent_is_stored_takes_it_back(lone_bench):
    handle = await opened(lone_bench)
    with database_of(lone_bench.store, Slow, after=2, clock=lone_bench.clock, seconds=29):
        await lone_bench.worker.step(handle)
    assert lone_bench.standin.creates == []
    assert (await lone_bench.job(handle)).state is JobState.QUEUED
    await lone_bench.step(handle)
    assert len(lone_bench.standin.creates) == 1


async def test_a_surprise_after_the_request_was_sent_never_sends_it_again(lone_bench):
    handle = await opened(lone_bench)
    with database_of(lone_bench.store, Broken, after=3, error=RuntimeError):
        await lone_bench.worker.step(handle)
    assert (await lone_bench.job(handle)).state is JobState.SUBMITTING
    job = await lone_bench.run(handle)
    assert job.state is JobState.UNCERTAIN
    assert len(lone_bench.standin.creates) == 1


async def test_an_intent_that_is_stored_late_costs_nothing_twice(bench):
    bench.standin.script.create(Hang())
    bench.deliverer.opens = Opened(thread_id=None, status_message_id=None)
    handle = await bench.add()
    await bench.worker.step(handle)  # no thread
    with database_of(bench.store, LateCommit, job_id=handle.job_id):
        assert await bench.worker.step(handle) > 0
        assert await bench.worker.step(handle) is None  # dropped: only a claim can tell
    assert bench.standin.creates == []
    [claimed] = await bench.store.claims.claim(10)
    assert claimed.state is JobState.QUEUED
    step = await hang(bench, JobHandle(claimed))
    assert await bench.store.claims.claim(10) == []  # the request that is out stays as it is
    assert (await bench.job(handle)).state is JobState.SUBMITTING
    assert len(bench.standin.creates) == 1
    bench.context.closing.set()
    step.cancel()
    await asyncio.gather(step, return_exceptions=True)


async def test_the_providers_estimate_takes_the_place_of_what_was_set_aside(bench):
    bench.standin.script.create(Accept(with_cost=True))
    handle = await bench.add(price_micros=1)
    await bench.step(handle)
    job = await bench.job(handle)
    credits_ = bench.standin.tasks[job.task_id].credits
    assert (job.cost_micros, job.cost_source) == (credits_ * 10_000, CostSource.ESTIMATE)
    assert job.revised_micros == credits_ * 10_000


async def test_the_id_of_the_paid_request_is_kept(bench):
    handle = await bench.add()
    await bench.step(handle)
    assert (await bench.job(handle)).request_id


async def test_the_id_of_a_request_that_was_refused_or_broke_is_kept(lone_bench):
    headers = {"X-Cometapi-Request-Id": "20260205132859798638387SIHCnxzJ"}
    for number, status in enumerate((403, 500), 1):
        lone_bench.standin.script.create(HttpAnswer(status=status, body={}, headers=headers))
        handle = await lone_bench.add(id=number)
        await lone_bench.step(handle)
        assert (await lone_bench.job(handle)).request_id == headers["X-Cometapi-Request-Id"]


@pytest.mark.parametrize(
    ("settings", "fields"),
    [({"servers": "1" * 18}, {}), ({"direct_messages": False}, {"guild_id": None})],
    ids=["server", "direct messages"],
)
async def test_a_job_that_waited_where_nothing_starts_any_more_ends_unpaid(
    make_bench, store, settings, fields
):
    bench = make_bench(store, **settings)
    handle = await bench.add(**fields)
    await bench.step(handle)
    job = await bench.job(handle)
    assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.CLOSED)
    assert job.charge is Charge.NO
    assert bench.standin.creates == []


# Several models in order


@pytest.fixture
def told():
    return []


@pytest.fixture
def two_models(lone_bench, told):
    """The bench, with ``aleph2`` after ``gen4_aleph``, which is not offered any more."""
    models = ModelChoice(
        ("gen4_aleph", "aleph2"), clock=lone_bench.clock, tell=lambda *names: told.append(names)
    )
    object.__setattr__(lone_bench.context, "models", models)
    return lone_bench


async def test_the_next_model_takes_over_for_the_same_job_and_its_price_holds(
    two_models, clip_url, told
):
    two_models.standin.script.create(model_not_found())
    fields = {"source_url": clip_url, "source_seconds": 20.0, "part_seconds": 5.0}
    handle = await two_models.add(**fields, price_micros=750_000)
    job = await two_models.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    (paid,) = two_models.standin.creates
    assert (paid.body["model"], job.model, handle.model) == ("aleph2", "aleph2", "aleph2")
    assert job.price_micros == 1_400_000
    assert "ratio" not in paid.body
    assert told == [("gen4_aleph", "aleph2")]


@pytest.mark.parametrize("is_preparing", [False, True])
async def test_a_job_that_the_next_model_makes_too_dear_ends_unpaid(
    two_models, clip_url, is_preparing
):
    two_models.settings.bot_dollars_per_month = 1.39
    two_models.standin.script.create(model_not_found())
    fields = {"source_url": clip_url, "source_seconds": 20.0, "part_seconds": 5.0}
    add = two_models.add_unprepared if is_preparing else two_models.add
    handle = await add(**fields, price_micros=750_000, holders=HOLDERS)
    job = await two_models.run(handle)
    assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.TOO_DEAR)
    assert (job.model, job.price_micros, job.charge) == ("aleph2", 1_400_000, Charge.NO)
    assert {standing for standing, _ in await rows_of(two_models.store, job.id)} == {
        LedgerStatus.RELEASED
    }
    assert two_models.standin.creates == []
    assert two_models.deliverer.told == [job.id]


@pytest.mark.parametrize(
    ("status", "reason"),
    [(404, FailureReason.SOURCE_GONE), (None, FailureReason.SOURCE_UNREACHABLE)],
)
async def test_a_clip_whose_link_is_over_by_then_is_said_to_be_gone(two_models, status, reason):
    two_models.standin.script.create(model_not_found())
    handle = await two_models.add()
    two_models.downloader.troubles[LIVE_SOURCE] = [MediaUnreachableError("no", status=status)]
    job = await two_models.run(handle)
    assert (job.failure, job.charge) == (reason, Charge.NO)
    assert two_models.standin.creates == []


async def test_a_refused_model_is_remembered_for_an_hour(two_models, clip_url, told):
    two_models.standin.script.create(model_not_found())
    for number in (1, 2):
        handle = await two_models.add(id=number, source_url=clip_url)
        await two_models.run(handle, until=lambda handle: handle.state is JobState.RUNNING)
    assert len(two_models.standin.refused) == 1
    assert len(told) == 1
    two_models.clock.advance(3600)
    assert two_models.context.models.current == "gen4_aleph"


async def test_where_no_model_is_offered_the_job_fails_and_nothing_is_paid(two_models, clip_url):
    two_models.standin.script.create(model_not_found(), model_not_found())
    handle = await two_models.add(source_url=clip_url)
    job = await two_models.run(handle)
    assert (job.failure, job.charge) == (FailureReason.MODEL_UNAVAILABLE, Charge.NO)
    assert two_models.standin.creates == []
