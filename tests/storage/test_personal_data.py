"""What is kept of a person, and what is left of it after they had it deleted."""

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bot.domain.jobs import CancelReason, FailureReason, Hold, JobState
from bot.domain.personal_data import export
from bot.domain.quotas import LedgerStatus, QuotaSubject, ReviewStage, Scope
from bot.storage.store import open_store
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
    assert await store.privacy.files_to_remove(USER_ID) == ["https://archive.example/1"]
    job = await store.get(1)
    words = (job.prompt, job.source_url, job.source_filename, job.source_message_url)
    links = (job.output_url, job.archive_url, job.reference_url, job.failure_detail)
    assert words == ("", "", "", None)
    assert links == (None, None, None, None)
    assert (job.state, job.price_micros, job.user_id) == (JobState.DONE, 750_000, USER_ID)
    assert await rows_of(store, 1) == {(LedgerStatus.RESERVED, 750_000)}
    assert (await store.privacy.forget(USER_ID)).jobs == 0


async def test_the_roles_go_too(store, over):
    await over(1, role_ids=frozenset({7}))
    await store.privacy.forget(USER_ID)
    assert (await store.get(1)).role_ids is None


async def test_a_file_stays_noted_until_it_is_gone(store, over):
    await over(1)
    await store.privacy.forget(USER_ID)
    assert await store.privacy.files_to_remove() == ["https://archive.example/1"]
    assert await store.privacy.files_to_remove(OTHER) == []
    await store.privacy.file_removed("https://archive.example/1")
    assert await store.privacy.files_left(USER_ID) == 0


async def test_what_was_under_way_goes_when_it_is_over_without_asking_again(store, over, clock):
    await over(1, JobState.UNCERTAIN)
    await store.privacy.forget(USER_ID)
    assert await store.privacy.forget_later() == 0
    assert (await store.get(1)).prompt != ""
    clock.advance(60)
    await over(2)  # asked for after the deletion: it is none of its business
    await store.uncertain.write_off(1, user_id=5)
    assert await store.privacy.forget_later() == 0, "nobody was told the outcome yet"
    await put(store, 1, JobState.CANCELLED, told_at=clock())
    assert await store.privacy.forget_later() == 1
    assert (await store.get(1)).prompt == ""
    assert (await store.get(2)).prompt != ""
    assert (await store.privacy.kept(USER_ID)).deletion_asked_at is None


async def test_an_author_finds_and_removes_what_others_made_of_their_clips(store, over):
    await over(1, source_author_id=USER_ID, user_id=OTHER)
    await over(2, source_author_id=USER_ID)  # one's own
    await over(3, JobState.RUNNING, source_author_id=USER_ID, user_id=OTHER)
    made, count = await store.privacy.made_of(USER_ID, limit=5)
    assert ([job.id for job in made], count) == ([1], 1)
    await store.privacy.unmake(1, author_id=OTHER, is_posted=False)  # who is not the author
    assert (await store.get(1)).output_url is not None
    await store.privacy.unmake(1, author_id=USER_ID, is_posted=False)
    job = await store.get(1)
    assert (job.output_url, job.source_url, job.answer_message_id) == (None, "", None)
    assert await store.privacy.made_of(USER_ID, limit=5) == ([], 0)
    assert await store.privacy.files_left(USER_ID) == 1


async def test_a_result_that_discord_kept_is_offered_again_after_the_others(store, over):
    for number in (1, 2):
        await over(number, source_author_id=USER_ID, user_id=OTHER)
        await put(store, number, JobState.DONE, answer_message_id=9)
    await store.privacy.unmake(2, author_id=USER_ID, is_posted=True)
    made, count = await store.privacy.made_of(USER_ID, limit=5)
    assert ([job.id for job in made], count) == ([1, 2], 2)


async def test_the_export_says_what_others_made_without_their_words(store, over):
    await over(1, source_author_id=USER_ID, user_id=OTHER, prompt="their words")
    sheet, _ = export(await store.privacy.kept(USER_ID), max_bytes=1_000_000)
    assert b"their words" not in sheet
    assert str(OTHER).encode() not in sheet
    [found] = json.loads(sheet)["clips_of_yours"]
    assert found["result_url"] == "https://archive.example/1"


async def test_deleted_words_are_not_left_in_the_file_of_sqlite(sqlite_url):
    async with open_store(sqlite_url, worker_id="w1") as store:
        await store.add(new_job(1, prompt="unmistakable words"))
        await put(store, 1, JobState.DONE, told_at=store._database.now())
        await store.privacy.forget(USER_ID)
        async with store._database.transaction() as connection:
            # Said outright: whether it is the default depends on who built the library.
            assert await connection.scalar(text("PRAGMA secure_delete")) == 1
    path = Path(make_url(sqlite_url).database)
    files = [path, *path.parent.glob(f"{path.name}-*")]
    assert not any(b"unmistakable" in file.read_bytes() for file in files)


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
    assert forgotten.jobs == 5
    assert await store.privacy.files_left(USER_ID) == 5


async def test_ones_words_to_moderators_are_kept_until_answered(store):
    for number in (1, 2):
        await store.appeals.add(
            number, guild_id=GUILD_ID, user_id=USER_ID, job_id=None, about="a", words="why"
        )
    await store.appeals.answer(1, guild_id=GUILD_ID, user_id=5, answer="so")
    await store.appeals.told(1)
    assert (await store.privacy.forget(USER_ID)).questions == 1
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
