"""``/restyle-privacy``, as a person sees it."""

import json

import discord
import pytest
from sqlalchemy import update

from bot.domain.jobs import JobState
from bot.errors import ArchiveError
from bot.storage.tables.job import jobs
from tests.cogs.conftest import buttons_of, said, text_of
from tests.factories import new_job
from tests.storage.rows import put

PAGE = ["Nobody may restyle my clips", "Export my data", "Delete my data…"]
NUMBER = 1_400_000_000_000_000_001


@pytest.fixture
async def page(stage):
    return await stage.alice.slash(stage.channel, "restyle-privacy")


@pytest.fixture
def had(stage, clock):
    """``await had(1)``: a job of Alice's that is over."""

    async def make(number, state=JobState.DONE, **fields):
        job_id = NUMBER + number
        await stage.store.add(
            new_job(
                job_id, guild_id=stage.guild.id, user_id=stage.alice.id, prompt="neon", **fields
            )
        )
        return await put(stage.store, job_id, state, told_at=clock())

    return make


async def press(stage, shown, label, who=None):
    message = shown.response.message
    found = buttons_of(message)
    return await (who or stage.alice).click(message, custom_id=found[label])


async def test_the_page_says_in_private_what_is_kept_and_where_it_goes(stage, page):
    text = text_of(page.response.message)
    assert page.ephemeral
    for words in ("CometAPI and Runway", "prompt", "cost", "database"):
        assert words in text
    assert list(buttons_of(page.response.message)) == PAGE


async def test_it_works_in_direct_messages_too(stage):
    shown = await stage.alice.user.slash("restyle-privacy")
    assert shown.ephemeral
    assert list(buttons_of(shown.response.message)) == PAGE


async def test_the_opt_out_is_set_and_taken_back_there(stage, page):
    answer = await press(stage, page, PAGE[0])
    assert "Nobody can restyle your clips" in said(answer)
    assert await stage.store.consents.opted_out_since(stage.alice.id) is not None
    again = await stage.alice.slash(stage.channel, "restyle-privacy")
    assert "You stopped it" in text_of(again.response.message)
    await press(stage, again, "Undo the opt-out")
    assert await stage.store.consents.opted_out_since(stage.alice.id) is None


async def test_the_export_is_a_file_of_ones_own_jobs(stage, page, had):
    await had(1)
    shown = await press(stage, page, "Export my data")
    [file] = page.response.message.attachments or shown.response.message.attachments
    found = json.loads(await file.read())
    assert file.filename == "restyle-data.json"
    assert [job["prompt"] for job in found["jobs"]] == ["neon"]


async def test_data_is_deleted_after_a_second_press_and_what_runs_is_named(stage, page, had):
    over = await had(1)
    running = await had(2, JobState.RUNNING)
    await press(stage, page, "Delete my data…")
    assert (await stage.store.get(over.id)).prompt == "neon"
    answer = await stage.alice.click(page.response.message, custom_id="privacy:delete-sure")
    assert "1 clip" in said(answer)
    assert f"<#{running.place_id}>" in said(answer)
    assert (await stage.store.get(over.id)).prompt == ""
    assert (await stage.store.get(running.id)).prompt == "neon"
    assert "as soon as they end" in said(answer)


@pytest.fixture
def made(stage, had):
    """``await made(1)``: what another member made of a clip of Alice's, posted in the channel."""

    async def make(number):
        job = await had(number, source_author_id=stage.alice.id)
        place = stage.bot.get_partial_messageable(stage.channel.id, guild_id=stage.guild.id)
        answer = await place.send("the result")
        copy = await place.send("the clip")
        async with stage.store._database.transaction() as connection:
            await connection.execute(
                update(jobs)
                .where(jobs.c.id == job.id)
                .values(
                    user_id=stage.bob.id,
                    answer_message_id=answer.id,
                    answer_channel_id=stage.channel.id,
                    source_message_id=copy.id,
                    source_channel_id=stage.channel.id,
                )
            )
        return job, (answer, copy)

    return make


async def test_an_author_has_what_others_made_of_their_clips_removed(stage, made):
    job, messages = await made(1)
    page = await stage.alice.slash(stage.channel, "restyle-privacy")
    assert "Others have asked for 1 clip made from yours" in text_of(page.response.message)
    await press(stage, page, "Remove what others made…")
    assert "1 clip that others asked for" in text_of(page.response.message)
    answer = await stage.alice.click(page.response.message, custom_id="privacy:remove-sure")
    assert "Removed: 1 clip." in said(answer)
    assert (await stage.store.get(job.id)).source_url == ""
    for message in messages:
        with pytest.raises(discord.NotFound):
            await message.fetch()
    assert "Remove what others made…" not in buttons_of(page.response.message)


async def test_the_copy_of_their_clip_goes_too_where_nothing_was_made_of_it(stage, made):
    job, (_, copy) = await made(1)
    await put(stage.store, job.id, JobState.FAILED, told_at=job.told_at, answer_message_id=None)
    page = await stage.alice.slash(stage.channel, "restyle-privacy")
    await press(stage, page, "Remove what others made…")
    await stage.alice.click(page.response.message, custom_id="privacy:remove-sure")
    with pytest.raises(discord.NotFound):
        await copy.fetch()
    left = await stage.store.get(job.id)
    assert (left.prompt, left.source_url, left.source_message_id) == ("", "", None)
    assert "Remove what others made…" not in buttons_of(page.response.message)


async def test_a_result_that_discord_does_not_let_go_of_is_named(stage, made):
    job, _ = await made(1)
    page = await stage.alice.slash(stage.channel, "restyle-privacy")
    await press(stage, page, "Remove what others made…")
    stage.env.inject_error("DELETE", "/channels/*", status=403, code=50013, times=None)
    shown = await stage.alice.click(page.response.message, custom_id="privacy:remove-sure")
    assert "Discord did not let the bot delete 1 clip" in said(shown)
    assert (await stage.store.get(job.id)).source_url == ""
    again = await stage.alice.slash(stage.channel, "restyle-privacy")
    assert "Remove what others made…" in buttons_of(again.response.message)


async def test_the_page_says_for_how_long_words_are_kept(page):
    assert "deleted 90 days after" in text_of(page.response.message)


class Archive:
    """Remembers what was removed; one file cannot be."""

    def __init__(self):
        self.removed = []

    def name_of(self, link):
        return link.rpartition("/")[2] if link.startswith("https://archive.example/") else None

    async def remove(self, name):
        if name == "stuck":
            raise ArchiveError("no", retryable=True)
        self.removed.append(name)


async def test_results_in_the_archive_go_as_well(stage, had):
    archive = stage.bot.get_cog("PrivacyCog")._archive = Archive()
    for number, name in enumerate(("stuck", "a.mp4"), 1):
        job = await had(number)
        url = f"https://archive.example/{name}"
        await put(stage.store, job.id, JobState.DONE, archive_url=url, told_at=job.told_at)
    page = await stage.alice.slash(stage.channel, "restyle-privacy")
    assert "archive" in text_of(page.response.message)
    await press(stage, page, "Delete my data…")
    answer = await stage.alice.click(page.response.message, custom_id="privacy:delete-sure")
    assert "2 clips" in said(answer)
    assert archive.removed == ["a.mp4"]
    assert "One file is still being removed" in said(answer)
    later = await stage.alice.slash(stage.channel, "restyle-privacy")
    assert "One file is still being removed" in text_of(later.response.message)


async def test_thinking_better_of_it_deletes_nothing(stage, page, had):
    over = await had(1)
    await press(stage, page, "Delete my data…")
    await stage.alice.click(page.response.message, custom_id="privacy:back")
    assert (await stage.store.get(over.id)).prompt == "neon"
