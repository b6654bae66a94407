"""Models that are tried one after another for the same job."""

import pytest

from bot.domain.jobs import CancelReason, Charge, FailureReason, JobState
from bot.domain.quotas import LedgerStatus
from bot.engine.model_choice import ModelChoice
from bot.errors import MediaUnreachableError
from sandbox.cometapi import (
    model_not_found,
)
from tests.engine.conftest import LIVE_SOURCE
from tests.storage.money import HOLDERS, rows_of

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
