"""Pages and questions that were shown before a restart, of flows whose own tests have none."""

import pytest

from bot.domain.jobs import CancelReason, Extra, ExtraFailure, JobState
from bot.engine.extras import ExtraError
from bot.engine.ports import AnswerContent
from bot.policy.problems import UNSET
from tests.cogs.conftest import buttons_of, said, text_of
from tests.cogs.test_admin import manage, struck
from tests.cogs.test_quarantine import NUMBER, held_back
from tests.cogs.test_settings_exchange import read_in, settings_file
from tests.storage.rows import put

__all__ = ["held_back", "manage", "struck"]


async def press(who, message, label):
    return await who.click(message, custom_id=buttons_of(message)[label])


async def posted(stage, clip):
    """A clip of Alice's that is posted, and its answer, of which everything can be made."""
    job, answer = await stage.done(clip, AnswerContent(offers=frozenset(Extra)))
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


async def test_a_strike_is_lifted_on_a_page_of_before(stage, manage, struck, restart):
    await struck(1, 2)
    page = await manage("strikes", member=stage.alice)
    await restart()
    await stage.mo.select(
        page.response.message, [str(NUMBER + 1)], custom_id=f"strikes:r:{stage.alice.id}"
    )
    assert text_of(page.response.message).count("refused the clip") == 1


async def test_an_import_of_before_is_not_half_saved_and_the_page_says_what_to_do(
    stage, open_panel, restart
):
    page = await read_in(stage, settings_file(server={"strike_days": 9}))
    await restart()
    assert "This change was not saved" in said(await page.press("save"))
    assert await (await open_panel()).own("strike_days") is UNSET


class Extras:
    """Remembers what is to be made of an answer."""

    def __init__(self):
        self.asked = []

    def is_full(self, job, extra):
        return False

    async def make(self, job, extra):
        self.asked.append((job.id, extra))
        raise ExtraError(ExtraFailure.BUSY)


@pytest.mark.parametrize(
    ("label", "extra"), [("Compare", Extra.COMPARE), ("With its sound", Extra.SOUND)]
)
async def test_something_is_made_of_an_answer_of_before(stage, clip, restart, label, extra):
    job, answer = await posted(stage, clip)
    if extra is Extra.SOUND:
        answer = (await press(stage.alice, answer, "More ▾")).response.message
    await restart()
    stage.bot.extras = Extras()
    await press(stage.alice, answer, label)
    assert stage.bot.extras.asked == [(job.id, extra)]
