"""Cancelling a clip while it waits, and stopping what the provider has."""

import discord

from bot.domain.jobs import CancelReason, Charge, JobState, Phase
from bot.engine.ports import Progress
from bot.texts.common import clip_unknown
from cogs.restyle.cancel import CancelButton, StopButton
from tests.cogs.conftest import buttons_of, text_of
from tests.cogs.job_places import record_of, thread_of, thread_texts

# Cancelling


async def test_the_requester_cancels_while_it_waits(stage, clip):
    job = await stage.started(clip)
    stage.new_jobs.clear()
    pressed = await stage.alice.click(
        thread_of(stage).last_message, custom_id=f"restyle:{job.id}:cancel"
    )
    assert pressed.ephemeral
    assert "Nothing was spent" in pressed.response.content
    job = await stage.store.get(job.id)
    assert job.state is JobState.CANCELLED
    assert stage.new_jobs.is_set()
    await stage.deliverer.deliver(job, None)
    assert "Cancelled before it started. Nothing was spent." in thread_texts(stage)[-1]
    assert "**Cancelled**" in text_of(record_of(stage))


async def test_a_moderator_may_cancel_and_others_are_told_who_may(stage, clip):
    job = await stage.started(clip)
    status = thread_of(stage).last_message
    refused = await stage.bob.click(status, label="Cancel")
    assert refused.ephemeral
    assert stage.alice.mention in refused.response.content
    assert "moderators" in refused.response.content
    assert (await stage.store.get(job.id)).state is JobState.QUEUED
    await stage.mo.click(status, label="Cancel")
    assert (await stage.store.get(job.id)).state is JobState.CANCELLED


async def test_a_moderator_of_another_server_cancels_nothing(stage, clip):
    job = await stage.started(clip)
    elsewhere = stage.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("videos")
    moderators = elsewhere.create_role(
        "Mods", permissions=discord.Permissions(manage_messages=True, manage_guild=True)
    )
    stranger = elsewhere.add_member(stage.env.create_user("sam"), roles=[moderators])
    view = discord.ui.View(timeout=None)
    view.add_item(CancelButton(job.id))
    message = await stage.bot.get_partial_messageable(channel.id).send("a message", view=view)
    refused = await stranger.click(message, label="Cancel")
    assert refused.response.content == clip_unknown(stage.bot.command_mentions.of("restyle"))
    assert (await stage.store.get(job.id)).state is JobState.QUEUED


async def test_cancelling_while_it_is_sent_says_to_come_back(stage, clip):
    job = await stage.started(clip)
    status = thread_of(stage).last_message
    job = await stage.store.move(job, JobState.SUBMITTING)
    pressed = await stage.alice.click(status, label="Cancel")
    assert "Press Cancel again in a moment." in pressed.response.content
    assert (await stage.store.get(job.id)).state is JobState.SUBMITTING


async def test_cancelling_a_finished_clip_says_that_it_is_paid_for(stage, clip):
    job = await stage.finished(clip)
    status = thread_of(stage).last_message
    pressed = await stage.alice.click(status, label="Cancel")
    assert "it is paid for, and the result will be posted here" in pressed.response.content
    assert (await stage.store.get(job.id)).state is JobState.DELIVERING


async def asked_to_stop(stage, job, status, who=None):
    """Press Cancel under a job that the provider has."""
    pressed = await (who or stage.alice).click(status, custom_id=f"restyle:{job.id}:cancel")
    assert pressed.ephemeral
    return pressed


async def test_cancelling_at_the_provider_says_first_what_stays_spent(stage, clip, make_bot):
    job = await stage.running(clip)
    job = await stage.store.update(job, phase=Phase.RUNNING)
    await stage.deliverer.show(job, Progress(phase=Phase.RUNNING))
    status = thread_of(stage).last_message
    assert list(buttons_of(status)) == ["Cancel"]
    asked = await asked_to_stop(stage, job, status)
    assert asked.response.content == (
        "Runway is already working on it: about $0.15 is spent either way. Stop waiting?"
    )
    kept = await stage.alice.click(asked.response.message, label="Keep waiting")
    assert "Still waiting." in kept.response.content
    assert (await stage.store.get(job.id)).state is JobState.RUNNING
    asked = await asked_to_stop(stage, job, status)
    bot = make_bot()
    await stage.env.restart_bot(bot)
    stopped = await stage.alice.click(asked.response.message, label="Stop")
    assert "If the result still arrives, it will be posted in the thread." in (
        stopped.response.content
    )
    job = await stage.store.get(job.id)
    assert (job.state, job.charge) == (JobState.CANCELLED, Charge.UNKNOWN)
    assert (job.cancel_reason, job.cancelled_by) == (CancelReason.REQUESTER, stage.alice.id)
    assert job.look_at is not None
    await stage.deliverer.deliver(job, None)
    assert (
        "You stopped waiting for it.\n"
        "Runway already had it and may charge for it: about $0.15 counts as spent.\n"
        "If the result still arrives, it will be posted here."
    ) in thread_texts(stage)[-1]
    await bot.close()


async def test_only_whoever_may_cancel_can_stop_what_the_provider_has(stage, clip):
    job = await stage.running(clip)
    view = discord.ui.View(timeout=None)
    view.add_item(StopButton(job.id))
    place = stage.bot.get_partial_messageable(stage.channel.id)
    message = await place.send("forged", view=view)
    refused = await stage.bob.click(message, label="Stop")
    assert "can cancel this" in refused.response.content
    assert (await stage.store.get(job.id)).state is JobState.RUNNING
    await stage.mo.click(message, label="Stop")
    assert (await stage.store.get(job.id)).cancel_reason is CancelReason.MODERATOR
    twice = await stage.alice.click(message, label="Stop")
    assert twice.response.content == "It is already cancelled."


async def test_after_a_restart_the_button_still_works(stage, clip, make_bot):
    job = await stage.started(clip)
    status = thread_of(stage).last_message
    bot = make_bot()
    await stage.env.restart_bot(bot)
    await stage.alice.click(status, label="Cancel")
    assert (await stage.store.get(job.id)).state is JobState.CANCELLED
    await bot.close()


async def test_a_press_while_the_database_is_away_says_so(stage, clip):
    job = await stage.started(clip)
    await stage.store._database.close()
    pressed = await stage.alice.click(thread_of(stage).last_message, label="Cancel")
    assert "cannot reach its database" in pressed.response.content
    del job
