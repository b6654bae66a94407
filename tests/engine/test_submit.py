import pytest

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import Charge, FailureReason, JobState, Phase
from bot.engine.context import TRIAL_SECONDS
from bot.engine.ports import Opened
from bot.errors import DeliveryDelayedError
from sandbox.cometapi import (
    HttpAnswer,
    model_not_found,
    no_credits,
    no_quota,
    rate_limited,
)
from tests.engine.conftest import STATUS_ID, THREAD_ID
from tests.engine.faults import UNREACHABLE


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


async def test_after_a_refusal_that_meets_every_clip_none_is_wanted_for_a_while(lone_bench):
    standing = lone_bench.context.standing
    lone_bench.standin.script.create(no_quota(), no_quota())
    await lone_bench.run(await lone_bench.add())
    at = lone_bench.clock.monotonic()
    assert standing.is_closed(at + TRIAL_SECONDS / 2)
    assert not standing.is_closed(at + TRIAL_SECONDS + 1)
    standing.let_one_try()
    assert not standing.is_closed(at)
    assert standing.refusal is FailureReason.NO_CREDIT


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
