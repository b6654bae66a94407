"""Pages and questions that were shown before a restart, of flows whose own tests have none."""

from bot.domain.jobs import CancelReason, JobState
from bot.engine.ports import AnswerContent
from tests.cogs.conftest import buttons_of, said, text_of
from tests.cogs.test_quarantine import NUMBER, held_back
from tests.storage.rows import put

__all__ = ["held_back"]


async def press(who, message, label):
    return await who.click(message, custom_id=buttons_of(message)[label])


async def posted(stage, clip):
    """A clip of Alice's that is posted, and its answer."""
    job, answer = await stage.done(clip, AnswerContent())
    return await put(stage.store, job.id, JobState.DONE, told_at=stage.clock()), answer


async def test_ones_data_is_deleted_from_a_page_of_before(stage, clip, restart):
    job, _ = await posted(stage, clip)
    page = await stage.alice.slash(stage.channel, "restyle-privacy")
    await restart()
    question = await press(stage.alice, page.response.message, "Delete my data…")
    await restart()
    await press(stage.alice, question.response.message, "Delete it")
    assert (await stage.store.get(job.id)).prompt == ""


async def test_the_opt_out_is_set_from_a_page_of_before(stage, restart):
    page = await stage.alice.slash(stage.channel, "restyle-privacy")
    await restart()
    await press(stage.alice, page.response.message, "Nobody may restyle my clips")
    assert await stage.store.consents.opted_out_since(stage.alice.id) is not None


async def test_a_result_is_deleted_by_a_menu_and_a_question_of_before(stage, clip, restart):
    job, answer = await posted(stage, clip)
    menu = await press(stage.alice, answer, "More ▾")
    await restart()
    question = await press(stage.alice, menu.response.message, "Delete…")
    await restart()
    await press(stage.alice, question.response.message, "Delete it for good")
    assert (await stage.store.get(job.id)).deleted_by == stage.alice.id


async def test_a_moderators_reason_is_read_from_a_form_of_before(stage, clip, restart):
    job, answer = await posted(stage, clip)
    menu = await press(stage.mo, answer, "More ▾")
    form = await press(stage.mo, menu.response.message, "Delete…")
    await restart()
    sent = await stage.mo.submit_modal(form, {"words": "shows a bystander"})
    assert said(sent).startswith("Deleted.")
    assert (await stage.store.get(job.id)).delete_note == "shows a bystander"


async def test_the_owner_decides_about_old_clips_on_a_page_of_before(
    stage, owner, held_back, restart
):
    page = await owner.user.slash("restyle-owner quarantine")
    await restart()
    stage.bot.settings = stage.bot.settings.model_copy(update={"owner_ids": str(owner.id)})
    await owner.user.select(page.response.message, [str(NUMBER)], custom_id="quarantine:choose")
    assert "prompt number 0" in text_of(page.response.message)
    await owner.user.click(page.response.message, custom_id=f"restyle:{NUMBER}:quarantine-restored")
    assert (await stage.store.get(NUMBER)).cancel_reason is CancelReason.RESTORED
