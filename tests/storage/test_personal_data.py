"""What is kept of a person, and what is left of it after they had it deleted."""

import json

import pytest

from bot.domain.jobs import CancelReason, FailureReason, Hold, JobState
from bot.domain.personal_data import export
from bot.domain.quotas import LedgerStatus, QuotaSubject, ReviewStage, Scope
from tests.factories import GUILD_ID, USER_ID, new_job
from tests.storage.money import rows_of
from tests.storage.rows import put

OTHER = USER_ID + 1
ME = QuotaSubject(scope=Scope.MEMBER, scope_id=USER_ID, guild_id=GUILD_ID)


@pytest.fixture
def over(store, clock):
    """``await over(1)``: a job that is done and told."""

    async def make(number, state=JobState.DONE, **fields):
        new = new_job(number, price_micros=750_000, **fields)
        await store.add(new, holders=[ME])
        return await put(
            store,
            number,
            state,
            told_at=clock(),
            output_url="https://o.example/1?_jwt=secret",
            archive_url=f"https://archive.example/{number}",
            failure_detail="SAFETY: a cat",
        )

    return make


async def test_words_and_links_go_and_what_it_cost_stays(store, over):
    await over(1, source_message_url="https://discord.com/channels/1/2/3", source_author_id=OTHER)
    forgotten = await store.privacy.forget(USER_ID)
    assert (forgotten.jobs, forgotten.left) == (1, ())
    assert forgotten.archive_urls == ("https://archive.example/1",)
    job = await store.get(1)
    words = (job.prompt, job.source_url, job.source_filename, job.source_message_url)
    links = (job.output_url, job.archive_url, job.reference_url, job.failure_detail)
    assert words == ("", "", "", None)
    assert links == (None, None, None, None)
    assert (job.state, job.price_micros, job.user_id) == (JobState.DONE, 750_000, USER_ID)
    assert await rows_of(store, 1) == {(LedgerStatus.RESERVED, 750_000)}
    assert (await store.privacy.forget(USER_ID)).jobs == 0


WORDS = (
    *("prompt", "source_url", "source_filename", "source_message_url", "reference_url"),
    *("sent_url", "output_url", "archive_url", "cancel_note", "failure_detail"),
)


async def test_no_word_or_link_of_a_job_is_left(store, over):
    await over(1)
    await put(store, 1, JobState.DONE, **dict.fromkeys(WORDS, "private"))
    await store.privacy.forget(USER_ID)
    assert "private" not in repr(await store.get(1))


async def test_what_moderators_and_the_member_wrote_in_a_review_goes_too(store, over, clock):
    await store.add(new_job(1, hold=Hold.REVIEW), review_reasons=["mode"])
    press = {"guild_id": GUILD_ID, "user_id": 5}
    await store.reviews.mend(1, **press, prompt="another")
    await store.reviews.deny(1, ReviewStage.SPENDING, **press, note="why not")
    await put(store, 1, JobState.CANCELLED, told_at=clock())
    await store.privacy.forget(USER_ID)
    review = await store.reviews.get(1, ReviewStage.SPENDING)
    assert (review.note, review.prompt_before) == (None, None)


@pytest.mark.parametrize(
    "state", [JobState.HELD, JobState.RUNNING, JobState.UNCERTAIN, JobState.DELIVERING]
)
async def test_what_is_under_way_stays_and_is_named(store, over, state):
    await over(1)
    await over(2, state)
    forgotten = await store.privacy.forget(USER_ID)
    assert [job.id for job in forgotten.left] == [2]
    assert (await store.get(2)).prompt != ""


async def test_what_nobody_was_told_yet_is_not_over(store, over):
    await over(1, JobState.FAILED)
    await put(store, 1, JobState.FAILED, told_at=None, failure=FailureReason.BUSY)
    assert [job.id for job in (await store.privacy.forget(USER_ID)).left] == [1]


async def test_other_peoples_jobs_are_not_touched(store, over):
    mine, theirs = await over(1), await over(2, user_id=OTHER)
    await store.privacy.forget(USER_ID)
    assert await store.get(theirs.id) == theirs
    assert await store.get(mine.id) != mine


async def test_more_than_one_round_is_forgotten(store, over, monkeypatch):
    monkeypatch.setattr("bot.storage.personal_data._AT_ONCE", 2)
    for number in range(1, 6):
        await over(number)
    forgotten = await store.privacy.forget(USER_ID)
    assert (forgotten.jobs, len(forgotten.archive_urls)) == (5, 5)


async def test_ones_words_to_moderators_are_kept_until_answered(store):
    for number in (1, 2):
        await store.appeals.add(
            number, guild_id=GUILD_ID, user_id=USER_ID, job_id=None, about="a", words="why"
        )
    await store.appeals.answer(1, guild_id=GUILD_ID, user_id=5, answer="so")
    await store.appeals.told(1)
    await store.privacy.forget(USER_ID)
    told, waiting = await store.appeals.get(1), await store.appeals.get(2)
    assert (told.words, told.answer, told.about) == ("", "", "")
    assert waiting.words == "why"


async def test_the_export_has_all_that_is_kept_and_nothing_of_others(store, over):
    await over(1, prompt="first ☔")
    await over(2, prompt="second")
    await over(3, prompt="theirs", user_id=OTHER)
    await store.consents.opt_out(USER_ID)
    sheet, shown = export(await store.privacy.kept(USER_ID), max_bytes=1_000_000)
    found = json.loads(sheet)
    assert shown == 2
    assert [job["prompt"] for job in found["jobs"]] == ["second", "first ☔"]
    assert found["jobs"][0]["expected_cost"] == 0.75
    assert found["opted_out_since"].startswith("20")
    assert found["older_jobs_left_out"] == 0


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (JobState.WITHHELD, None),
        (JobState.CANCELLED, CancelReason.WITHHELD),
        (JobState.CANCELLED, CancelReason.REVIEW_EXPIRED),
    ],
)
async def test_the_export_is_no_way_around_the_moderators(store, over, state, reason):
    await over(1)
    await over(2, state)
    await put(store, 2, state, cancel_reason=reason)
    sheet, _ = export(await store.privacy.kept(USER_ID), max_bytes=1_000_000)
    withheld, published = json.loads(sheet)["jobs"]
    assert withheld["result_url"] is None
    assert published["result_url"] == "https://archive.example/1"


async def test_an_export_too_large_for_discord_leaves_the_oldest_out_and_says_so(store, over):
    for number in range(1, 9):
        await over(number, prompt=f"prompt {number}")
    kept = await store.privacy.kept(USER_ID)
    whole, _ = export(kept, max_bytes=10**6)
    small, shown = export(kept, max_bytes=len(whole) - 1)
    found = json.loads(small)
    assert shown == 4
    assert [job["prompt"] for job in found["jobs"]] == [f"prompt {n}" for n in (8, 7, 6, 5)]
    assert found["older_jobs_left_out"] == 4
