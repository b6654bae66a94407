"""Deleting a posted clip: by whoever asked for it, and by a moderator with a reason."""

import pytest

from bot.domain.jobs import JobState
from bot.engine.ports import AnswerContent
from bot.errors import DeliveryImpossibleError
from cogs.delivery.buttons import DeleteSureButton
from tests.cogs import forged
from tests.cogs.conftest import buttons_of, said, text_of

REASON = "shows a *bystander*\n\nAsk her first"


class Withdrawal:
    """Deletes as ``bot.engine.extras`` does, where nothing was made of the answer."""

    def __init__(self, deliverer):
        self._deliverer = deliverer
        self.error = None

    async def withdraw(self, job):
        if self.error is not None:
            raise self.error
        await self._deliverer.withdraw(job)


@pytest.fixture
async def posted(stage, clip):
    """A clip of Alice's that is posted, with its button."""
    await stage.set(review_channel_id=stage.guild.create_text_channel("reviews").id)
    stage.log = stage.guild.create_text_channel("log")
    await stage.set(log_channel_id=stage.log.id)
    stage.bot.extras = Withdrawal(stage.deliverer)

    async def make(**fields):
        job = await stage.finished(clip, **fields)
        delivered = await stage.deliverer.deliver(job, AnswerContent())
        return await stage.store.move(
            job,
            JobState.DONE,
            told_at=stage.clock(),
            answer_message_id=delivered.message_id,
            answer_channel_id=delivered.channel_id,
        )

    return make


def history(stage, thread_id):
    [thread] = [one for one in stage.channel.threads if one.id == thread_id]
    return thread.history()


async def pressed(stage, job, who, verb="delete"):
    return await forged.press(stage, who, f"restyle:{job.id}:{verb}")


async def why(stage, job, who=None, words=REASON):
    who = who or stage.mo
    shown = await pressed(stage, job, who)
    assert shown.modal["custom_id"] == f"restyle:{job.id}:delete-form"
    return await who.submit_modal(shown, {"words": words})


async def test_a_moderator_says_why_and_the_requester_is_told_once_with_a_way_to_ask(stage, posted):
    job = await posted()
    answer = await why(stage, job)
    assert said(answer) == "Deleted. The requester gets your reason."
    kept = await stage.store.get(job.id)
    assert (kept.state, kept.deleted_by, kept.delete_note) == (JobState.DONE, stage.mo.id, REASON)
    thread = history(stage, job.thread_id)
    assert job.answer_message_id not in {message.id for message in thread}
    [told] = [message for message in thread if "was deleted" in text_of(message)]
    assert f"<@{stage.alice.id}> Your restyled clip was deleted by <@{stage.mo.id}> <t:" in (
        text_of(told)
    )
    assert "Reason:\n> shows a \\*bystander\\*\n> Ask her first" in text_of(told)
    assert buttons_of(told) == {"Ask about it": f"restyle:{job.id}:appeal"}
    [record] = [one for one in stage.channel.history() if one.id == job.record_message_id]
    [status] = [one for one in thread if one.id == job.status_message_id]
    assert "**Deleted**" in text_of(record)
    assert "rainy night" not in text_of(record)
    assert text_of(status) == "**Deleted**"
    [log] = stage.log.history()
    assert f"<@{stage.mo.id}> deleted a clip by <@{stage.alice.id}> in <#{job.place_id}>" in (
        log.content
    )
    assert "1 clip deleted by moderators in the last 30 days" in log.content
    shown = await stage.alice.click(told, custom_id=f"restyle:{job.id}:appeal")
    assert shown.modal is not None


async def test_the_second_moderator_changes_nothing_and_nobody_is_told_twice(stage, posted):
    job = await posted()
    await why(stage, job)
    await why(stage, job, words="another reason")
    kept = await stage.store.get(job.id)
    assert kept.delete_note == REASON
    told = [one for one in history(stage, job.thread_id) if "was deleted" in text_of(one)]
    assert len(told) == 1
    assert len(stage.log.history()) == 1


async def test_without_a_reason_nothing_is_deleted(stage, posted):
    job = await posted()
    assert "Say briefly why" in said(await why(stage, job, words=" \n"))
    assert (await stage.store.get(job.id)).deleted_at is None


async def test_a_button_from_before_reasons_were_asked_for_asks_for_one(stage, posted):
    job = await posted()
    shown = await pressed(stage, job, stage.mo, "delete-sure")
    assert shown.modal is not None
    assert (await stage.store.get(job.id)).deleted_at is None


async def test_whoever_asked_for_it_deletes_it_with_two_presses_and_is_told_nothing(stage, posted):
    job = await posted()
    shown = await pressed(stage, job, stage.alice)
    assert buttons_of(shown.response.message) == {
        DeleteSureButton.label: f"restyle:{job.id}:delete-sure"
    }
    await pressed(stage, job, stage.alice, "delete-sure")
    assert (await stage.store.get(job.id)).deleted_by == stage.alice.id
    assert not [one for one in history(stage, job.thread_id) if "was deleted" in text_of(one)]
    assert stage.log.history() == []


async def test_members_may_not_by_form_or_button(stage, posted):
    job = await posted()
    for verb in ("delete", "delete-sure"):
        assert "can delete this" in said(await pressed(stage, job, stage.bob, verb))
    form = f"restyle:{job.id}:delete-form"
    answer = await forged.send_form(stage, stage.bob, form, {"words": "mine"})
    assert "can delete this" in said(answer)
    assert (await stage.store.get(job.id)).deleted_at is None


async def test_what_discord_does_not_delete_is_not_called_deleted(stage, posted):
    job = await posted()
    stage.bot.extras.error = DeliveryImpossibleError("no")
    assert "Discord did not delete it" in said(await why(stage, job))
    assert (await stage.store.get(job.id)).deleted_at is None
    stage.bot.extras.error = None
    assert said(await why(stage, job)).startswith("Deleted.")


async def test_nothing_more_is_made_of_a_clip_that_was_deleted(stage, posted):
    job = await posted()
    await why(stage, job)
    assert "no longer knows this clip" in said(await pressed(stage, job, stage.alice, "compare"))


async def test_who_deleted_their_own_can_make_another_version(stage, posted):
    job = await posted()
    asked = (await pressed(stage, job, stage.alice)).response.message
    await stage.alice.click(asked, custom_id=f"restyle:{job.id}:delete-sure")
    form = await stage.alice.click(asked, custom_id=f"restyle:{job.id}:change")
    assert form.modal["custom_id"] == f"restyle:{job.id}:change-form"
