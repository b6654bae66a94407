"""The last edits of a clip's cards are owed until they are made."""

from dataclasses import replace

import pytest

from bot.domain.jobs import JobState
from cogs.delivery.cog import ThreadDeliverer
from tests.cogs.conftest import buttons_of, text_of
from tests.cogs.job_places import (
    record_of,
    thread_of,
)
from tests.storage.rows import put

# In the end


def settling(stage):
    """A deliverer as the bot has it, which notes what it owes."""

    async def owe(job_id, is_linked):
        await stage.store.owed_cards.owe(job_id, is_linked=is_linked)

    return ThreadDeliverer(
        stage.bot, now=stage.clock, clock=lambda: stage.clock().timestamp(), owe=owe
    )


async def owed(stage, job):
    """Return what is owed of a job a moment later; it was told meanwhile."""
    await put(stage.store, job.id, JobState.DONE, told_at=stage.clock(), **answer_of(stage))
    stage.clock.advance(10)
    return await stage.store.owed_cards.due()


def answer_of(stage):
    answer = thread_of(stage).last_message
    return {"answer_message_id": answer.id, "answer_channel_id": answer.channel.id}


def cards(stage):
    status = thread_of(stage).history()[0]
    return text_of(record_of(stage)), text_of(status), list(buttons_of(record_of(stage)))


TRUTH = ("**Done**", ["Watch"])


async def test_a_single_fault_at_the_last_edits_leaves_no_lie(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=503)
    await settling(stage).deliver(job, output)
    record, status, buttons = cards(stage)
    assert "**Done**" in record
    assert (status, buttons) == TRUTH
    assert await owed(stage, job) == []


@pytest.mark.parametrize(
    ("status", "code"), [(503, 0), (403, 50001), (403, 50013), (429, 30046), (404, 10003)]
)
async def test_what_lasts_is_owed_and_said_by_whichever_process_runs_then(
    stage, clip, output, status, code
):
    job = await stage.finished(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=status, code=code, times=4)
    await settling(stage).deliver(job, output)
    [debt] = await owed(stage, job)
    record, _, _ = cards(stage)
    assert "**Done**" not in record
    for deliverer in (settling(stage), settling(stage)):  # whether it was refused before or not
        await deliverer.show_outcome(debt.job, is_linked=debt.is_linked)
    record, status, buttons = cards(stage)
    assert "**Done**" in record
    assert (status, buttons) == TRUTH


async def test_a_card_that_is_gone_is_owed_no_longer(stage, clip, output):
    job = await stage.finished(clip)
    stage.env.inject_error("PATCH", "/channels/*", status=404, code=10008, times=2)
    await settling(stage).deliver(job, output)
    assert await owed(stage, job) == []


async def test_a_status_message_whose_answer_was_lost_is_found_in_the_end(stage, clip, output):
    job = await stage.finished(clip)
    await settling(stage).deliver(replace(job, status_message_id=None), output)
    _, status, _ = cards(stage)
    assert status == "**Done**"


async def test_a_deleted_answer_leaves_a_record_that_leads_nowhere(stage, clip, output):
    job = await stage.finished(clip)
    deliverer = settling(stage)
    delivered = await deliverer.deliver(job, output)
    done = await put(stage.store, job.id, JobState.DONE, told_at=stage.clock(), **answer_of(stage))
    assert done.answer_message_id == delivered.message_id
    stage.env.inject_error("PATCH", "/channels/*", status=503, times=2)
    await deliverer.withdraw(done)
    stage.clock.advance(10)
    [debt] = await stage.store.owed_cards.due()
    assert cards(stage)[2] == ["Watch"]
    assert await deliverer.show_outcome(debt.job, is_linked=debt.is_linked)
    assert cards(stage)[2] == []
