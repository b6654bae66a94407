"""``/restyle-usage``, as members and moderators see it."""

import csv
import io

import discord
import pytest
from PIL import Image

from bot.domain.guilds import GLOBAL_GUILD_ID, guild_key
from bot.domain.jobs import Charge, FailureReason, JobState
from bot.policy.problems import SERVER
from tests.cogs.conftest import buttons_of, said, text_of
from tests.factories import new_job
from tests.storage.money import holders
from tests.storage.rows import add_owned, put

NUMBER = 1_400_000_000_000_000_001


@pytest.fixture(autouse=True)
def one_day(stage, clock):
    """Have the database on the same day as Discord."""
    clock.now = clock.now.replace(day=1, hour=1)


@pytest.fixture
def used(stage):
    """``await used(1, who)``: a job that was paid for."""

    async def make(number, who=None, **fields):
        user_id, guild_id = (who or stage.alice).id, fields.get("guild_id", stage.guild.id)
        job = await add_owned(
            stage.store,
            new_job(
                NUMBER + number,
                **{"guild_id": guild_id, "user_id": user_id, "price_micros": 750_000} | fields,
            ),
            holders=holders(user_id, guild_key(guild_id)),
        )
        job = await stage.store.move(job, JobState.SUBMITTING)
        return await stage.store.move(job, JobState.RUNNING, task_id=f"task-{number}")

    return make


@pytest.fixture
def allow(stage):
    async def set_them(**values):
        await stage.store.policies.change(
            stage.guild.id, {SERVER: values}, user_id=1, operator=stage.bot.settings
        )

    return set_them


async def usage(stage, who):
    result = await who.slash(stage.channel, "restyle-usage")
    assert result.ephemeral
    return result


def page(result):
    return text_of(result.response.message)


async def test_a_member_who_used_nothing_is_told_how_to_start(stage):
    await stage.set(member_jobs_per_day=None)
    result = await usage(stage, stage.alice)
    restyle = stage.bot.command_mentions.of("restyle")
    assert restyle.startswith("</restyle:")
    assert page(result) == (
        "**Your clips on Filmclub**\n"
        f"None this month. Start one with {restyle}.\n"
        "There is no limit on how many you can make."
    )
    assert buttons_of(result.response.message) == {}


async def test_a_member_sees_what_they_used_and_what_is_left(stage, used, allow):
    await allow(member_jobs_per_day=5, micros_per_month=10_000_000)
    await used(1)
    await used(2)
    await used(3, stage.bob)
    shown = page(await usage(stage, stage.alice))
    assert "Today: 2 clips · $1.50" in shown
    assert "This month: 2 clips · $1.50" in shown
    assert "- 3 of your 5 clips today · resets <t:" in shown
    assert "- $7.75 of this server's $10.00 this month" in shown


async def test_a_member_sees_strikes_and_what_stands_in_the_way(stage, used):
    for number in range(2):
        job = await used(number)
        await stage.store.move(
            job, JobState.FAILED, failure=FailureReason.SAFETY_PROMPT, charge=Charge.YES
        )
    assert "Strikes: 2 of 3 within 7 days." in page(await usage(stage, stage.alice))
    await stage.store.people.pause(GLOBAL_GUILD_ID, user_id=1, note="repairs")
    shown = page(await usage(stage, stage.alice))
    assert "You cannot start a clip here now." in shown
    assert "repairs" in shown
    assert "Nothing was started" not in shown


async def test_one_sees_ones_own_usage_in_direct_messages(stage, used):
    await used(1, guild_id=None)
    await used(2)
    result = await stage.alice.user.slash("restyle-usage")
    assert "**Your clips in direct messages**" in page(result)
    assert "This month: 1 clip · $0.75" in page(result)
    assert buttons_of(result.response.message) == {}


async def test_a_moderator_sees_the_servers_usage_as_a_picture(stage, used):
    await used(1)
    await used(2)
    await used(3, stage.bob)
    await put(stage.store, NUMBER + 3, JobState.DONE)
    result = await usage(stage, stage.mo)
    await stage.mo.click(result.response.message, custom_id="usage:server")
    message = result.response.message
    assert "3 clips · $2.25." in page(result)
    assert f"1. <@{stage.alice.id}> · 2 clips · $1.50" in page(result)
    [picture] = message.attachments
    assert Image.open(io.BytesIO(await picture.read())).size[0] == 1000
    [gallery] = [
        part
        for part in message.components[0].children
        if isinstance(part, discord.MediaGalleryComponent)
    ]
    assert "By outcome: delivered 1 clip" in gallery.items[0].description
    await stage.mo.click(message, custom_id="usage:mine")
    assert "**Your clips on Filmclub**" in page(result)
    assert result.response.message.attachments == []


async def test_a_server_that_used_nothing_has_no_picture(stage):
    result = await usage(stage, stage.mo)
    await stage.mo.click(result.response.message, custom_id="usage:server")
    assert "None yet" in page(result)
    assert result.response.message.attachments == []
    assert "Export as CSV" not in buttons_of(result.response.message)


async def test_the_export_has_a_line_for_each_clip_of_this_server_only(stage, used):
    await used(1)
    await used(2, stage.bob)
    await used(3, guild_id=77)
    result = await usage(stage, stage.mo)
    await stage.mo.click(result.response.message, custom_id="usage:server")
    await stage.mo.click(result.response.message, custom_id="usage:csv")
    assert "2 clips of the last 30 days" in page(result)
    [sheet] = result.response.message.attachments
    rows = list(csv.DictReader(io.StringIO((await sheet.read()).decode())))
    assert {int(row["user_id"]) for row in rows} == {stage.alice.id, stage.bob.id}


async def test_a_moderator_without_manage_server_lifts_strikes(stage, used):
    role = stage.guild.create_role("Helpers", permissions=discord.Permissions(manage_messages=True))
    helper = stage.guild.add_member(stage.env.create_user("hal"), roles=[role])
    job = await used(1)
    await stage.store.move(
        job, JobState.FAILED, failure=FailureReason.SAFETY_PROMPT, charge=Charge.YES
    )
    result = await usage(stage, helper)
    await helper.click(result.response.message, custom_id="usage:strikes")
    await helper.select(result.response.message, [str(NUMBER + 1)], custom_id="strikes:r:0")
    assert await stage.store.people.strikes(stage.guild.id) == []
    await helper.click(result.response.message, custom_id="usage:server")
    assert "Clips on Filmclub" in text_of(result.response.message)


async def test_a_role_that_reviews_sees_the_servers_usage_and_loses_it_with_the_role(stage, allow):
    role = stage.guild.create_role("Reviewers")
    await allow(reviewer_role_ids=frozenset({role.id}))
    rae = stage.guild.add_member(stage.env.create_user("rae"), roles=[role])
    result = await usage(stage, rae)
    assert "This server's" in buttons_of(result.response.message)
    await allow(reviewer_role_ids=frozenset())
    answer = await rae.click(result.response.message, custom_id="usage:server")
    assert "This is for this server's moderators" in said(answer)
    assert "**Your clips on Filmclub**" in page(result)


async def test_the_picture_that_cannot_be_drawn_is_left_out(stage, used, tmp_path):
    await used(1)
    (tmp_path / "scratch").touch()  # no folder can be made in a file
    result = await usage(stage, stage.mo)
    await stage.mo.click(result.response.message, custom_id="usage:server")
    assert "could not be drawn" in page(result)
    assert "1 clip · $0.75." in page(result)


async def test_without_a_database_the_command_says_so(stage):
    await stage.store._database.close()
    assert "cannot reach its database" in said(await usage(stage, stage.alice))


async def test_buttons_from_before_a_restart_still_work(stage, used, make_bot):
    await used(1)
    result = await usage(stage, stage.mo)
    old, bot = stage.env.bot, make_bot()
    await stage.env.restart_bot(bot)
    try:
        await stage.mo.click(result.response.message, custom_id="usage:server")
        assert "1 clip · $0.75." in page(result)
    finally:
        await bot.close()
        await old.close()
