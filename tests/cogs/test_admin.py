"""``/restyle-admin``, as server managers and everybody else see it."""

import discord
import pytest

from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import CancelReason, Charge, FailureReason, Hold, JobState
from bot.domain.quotas import LedgerStatus
from tests.cogs.conftest import NUMBER, said
from tests.cogs.pages import option_ids, page
from tests.storage.money import rows_of
from tests.storage.rows import put


@pytest.fixture
def manage(stage):
    """``await manage("jobs")``: a manager's command, and what comes of it."""

    async def run(command, who=None, **options):
        name = f"restyle-admin {command}"
        result = await (who or stage.mo).slash(stage.channel, name, **options)
        assert result.ephemeral
        return result

    return run


# Clips


async def test_what_waits_and_runs_is_listed(stage, manage, waiting):
    await waiting(1)
    await put(stage.store, (await waiting(2)).id, JobState.RUNNING)
    await waiting(3, guild_id=stage.guild.id + 1)
    shown = page(await manage("jobs"))
    assert "1 waiting · 1 in progress" in shown
    assert shown.index("prompt number 1") < shown.index("prompt number 2")
    assert "prompt number 3" not in shown


async def test_without_clips_the_list_says_so(manage):
    result = await manage("jobs")
    assert "Nothing is waiting or in progress." in page(result)
    assert option_ids(result.response.message) == []


@pytest.mark.parametrize("hold", [None, Hold.REVIEW])
async def test_a_manager_cancels_a_clip_that_waits(stage, manage, waiting, hold):
    job = await waiting(1, hold=hold)
    shown = await manage("jobs")
    answer = await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    job = await stage.store.get(job.id)
    assert (job.state, job.charge, job.cancel_reason, job.cancelled_by) == (
        JobState.CANCELLED,
        Charge.NO,
        CancelReason.MODERATOR,
        stage.mo.id,
    )
    assert "Cancelled the clip" in said(answer)
    assert "Nothing is waiting" in page(shown)
    assert stage.new_jobs.is_set()
    assert await rows_of(stage.store, job.id) == {(LedgerStatus.RELEASED, 0)}


async def test_a_cancelled_clip_of_an_old_database_is_not_called_unpaid(stage, manage, waiting):
    job = await waiting(1, price_micros=750_000)
    await stage.store.quarantine.enter()
    shown = await manage("jobs")
    assert "Waiting for the bot's owner after an outage" in page(shown)
    answer = await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    assert "paid for before, so its cost still counts" in said(answer)
    assert "Nothing was spent" not in said(answer)
    assert await rows_of(stage.store, job.id) == {(LedgerStatus.COMMITTED, 750_000)}


@pytest.mark.parametrize("state", [JobState.QUEUED, JobState.RUNNING])
async def test_the_clip_of_another_server_is_out_of_reach(stage, waiting, state):
    other = await put(stage.store, (await waiting(2, guild_id=stage.guild.id + 1)).id, state)
    options = [discord.SelectOption(label="it", value=str(other.id))]
    view = discord.ui.View(timeout=None)
    view.add_item(discord.ui.Select(custom_id="jobs:r:cancel", options=options))
    view.add_item(discord.ui.Button(label="Give up", custom_id=f"jobs:r:drop:{other.id}"))
    message = await stage.bot.get_partial_messageable(stage.channel.id).send("it", view=view)
    await stage.mo.select(message, [str(other.id)], custom_id="jobs:r:cancel")
    await stage.mo.click(message, custom_id=f"jobs:r:drop:{other.id}")
    assert await stage.store.get(other.id) == other


async def test_a_clip_at_the_provider_is_given_up_only_after_a_question(stage, manage, waiting):
    job = await waiting(1)
    shown = await manage("jobs")
    await put(stage.store, job.id, JobState.RUNNING)
    await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    assert "money is spent either way" in page(shown)
    assert (await stage.store.get(job.id)).state is JobState.RUNNING
    await stage.mo.click(shown.response.message, custom_id="jobs:r:refresh")
    assert "1 in progress" in page(shown)
    await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    custom_id = f"jobs:r:drop:{job.id}"
    answer = await stage.mo.click(shown.response.message, custom_id=custom_id)
    assert "Stopped waiting for the clip" in said(answer)
    job = await stage.store.get(job.id)
    assert (job.state, job.charge, job.cancel_reason, job.cancelled_by) == (
        JobState.CANCELLED,
        Charge.UNKNOWN,
        CancelReason.MODERATOR,
        stage.mo.id,
    )
    assert stage.new_jobs.is_set()
    assert "Nothing is waiting" in page(shown)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (JobState.SUBMITTING, "Try again in a moment"),
        (JobState.WITHHELD, "waiting for review"),
        (JobState.DELIVERING, "about to be posted"),
        (JobState.UNCERTAIN, "Nobody knows"),
        (JobState.DONE, "already over"),
        (JobState.CANCELLED, "already cancelled"),
    ],
)
async def test_what_cannot_be_cancelled_says_why(stage, manage, waiting, state, words):
    job = await waiting(1)
    shown = await manage("jobs")
    await put(stage.store, job.id, state)
    answer = await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    assert words in said(answer)
    assert (await stage.store.get(job.id)).state is state


async def test_a_page_from_before_a_restart_still_works(stage, manage, waiting, make_bot):
    job = await waiting(1)
    shown = await manage("jobs")
    old, bot = stage.env.bot, make_bot()
    await stage.env.restart_bot(bot)
    try:
        await stage.mo.click(shown.response.message, custom_id="jobs:r:refresh")
        await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
        assert (await stage.store.get(job.id)).state is JobState.CANCELLED
    finally:
        await bot.close()
        await old.close()


async def test_many_clips_and_long_prompts_keep_to_discords_limits(stage, manage, waiting):
    for number in range(20):
        await waiting(number, prompt="*_~@everyone " * 70)
    result = await manage("jobs")
    assert len(page(result)) < 4000
    assert "and 5 more." in page(result)
    assert "@everyone" not in page(result)
    assert len(option_ids(result.response.message)) == 15


# Members


async def test_a_blocked_member_cannot_start_and_reads_why(stage, manage, clip):
    answer = await manage("block", member=stage.alice, reason="spam")
    assert 'can no longer restyle clips on this server: "spam"' in said(answer)
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    assert "spam" in said(refused)
    assert f"<@{stage.alice.id}>" in said(await manage("blocked"))
    assert "already" in said(await manage("block", member=stage.alice))
    assert "can restyle clips again" in said(await manage("unblock", member=stage.alice))
    assert await stage.job(await stage.restyle(clip)) is not None
    assert "was not blocked" in said(await manage("unblock", member=stage.alice))
    assert "Nobody is blocked" in said(await manage("blocked"))


# Pauses


async def test_a_pause_stops_requests_and_names_who_and_why(stage, manage, waiting, clip):
    await waiting(1)
    await put(stage.store, (await waiting(2)).id, JobState.RUNNING)
    answer = said(await manage("pause", reason="event tonight"))
    assert 'now paused on this server: "event tonight"' in answer
    assert "</restyle-admin resume:" in answer
    assert "1 clip waits until you resume." in answer
    assert "1 clip is already at Runway and will still be delivered." in answer
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    moment = int((await stage.store.people.paused(stage.guild.id)).paused_at.timestamp())
    assert (
        f"<@{stage.mo.id}> paused restyling on this server <t:{moment}:R>"
        ': "event tonight"' in said(refused)
    )
    assert "already" in said(await manage("pause", reason="another"))
    assert "is no longer paused" not in said(refused)
    assert "Restyling is no longer paused on this server" in said(await manage("resume"))
    assert await stage.job(await stage.restyle(clip)) is not None
    assert "was not paused" in said(await manage("resume"))


async def test_a_servers_resume_says_that_everything_is_paused(stage, manage, owner):
    await stage.store.people.pause(stage.guild.id, user_id=stage.mo.id)
    await stage.store.people.pause(GLOBAL_GUILD_ID, user_id=owner.id, note="repairs")
    answer = said(await manage("resume"))
    assert "Nothing starts yet, though" in answer
    assert "repairs" in answer


# Strikes


@pytest.fixture
def struck(stage, waiting):
    async def strike(*numbers, **fields):
        for number in numbers:
            job = await put(stage.store, (await waiting(number, **fields)).id, JobState.RUNNING)
            await stage.store.move(
                job, JobState.FAILED, failure=FailureReason.SAFETY_SOURCE, charge=Charge.YES
            )

    return strike


async def test_three_strikes_pause_a_member_until_one_is_lifted(stage, manage, struck, clip):
    await struck(1, 2, 3)
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    assert "safety check refused several of your clips" in said(refused)
    shown = await manage("strikes", member=stage.alice)
    assert page(shown).count("refused the clip") == 3
    answer = await stage.mo.select(
        shown.response.message, [str(NUMBER + 2)], custom_id=f"strikes:r:{stage.alice.id}"
    )
    assert "Lifted 1 strike" in said(answer)
    assert page(shown).count("refused the clip") == 2
    assert await stage.job(await stage.restyle(clip)) is not None


async def test_after_a_lift_the_page_of_one_member_shows_no_others(stage, manage, struck):
    await struck(1, 2)
    await struck(3, user_id=stage.bob.id)
    shown = await manage("strikes", member=stage.alice)
    custom_id = f"strikes:r:{stage.alice.id}"
    await stage.mo.select(shown.response.message, [str(NUMBER + 1)], custom_id=custom_id)
    assert page(shown).count("refused the clip") == 1
    assert option_ids(shown.response.message) == [str(NUMBER + 2)]


async def test_the_log_names_who_lifted_a_strike(stage, manage, struck, caplog):
    await struck(1)
    shown = await manage("strikes")
    with caplog.at_level("INFO"):
        await stage.mo.select(shown.response.message, [str(NUMBER + 1)], custom_id="strikes:r:0")
    assert f"its strike was lifted by user {stage.mo.id}" in caplog.text


async def test_strikes_of_all_members_can_be_lifted_at_once(stage, manage, struck):
    await struck(1)
    await struck(2, user_id=stage.bob.id)
    shown = await manage("strikes")
    chosen = option_ids(shown.response.message)
    answer = await stage.mo.select(shown.response.message, chosen, custom_id="strikes:r:0")
    assert "Lifted 2 strikes" in said(answer)
    assert "There are none." in page(shown)


# Who was handed the command


async def test_nobody_lifts_a_strike_or_a_block_of_their_own(stage, manage, struck):
    await struck(1)
    await struck(2, user_id=stage.mo.id)
    shown = await manage("strikes")
    chosen = option_ids(shown.response.message)
    answer = said(await stage.mo.select(shown.response.message, chosen, custom_id="strikes:r:0"))
    assert "Nobody can decide on their own strike." in answer
    assert "Lifted 1 strike" in answer
    left = await stage.store.people.strikes(stage.guild.id)
    assert [strike.user_id for strike in left] == [stage.mo.id]
    await stage.store.people.block(stage.guild.id, stage.mo.id, by=stage.alice.id)
    answer = said(await manage("unblock", member=stage.mo))
    assert answer == "Nobody can unblock themselves. Ask another manager of the server."
    assert await stage.store.people.blocks(stage.guild.id)


async def test_who_lost_the_permission_cannot_go_on(stage, manage, waiting):
    job = await waiting(1)
    shown = await manage("jobs")
    role = next(role for role in stage.bot.get_guild(stage.guild.id).roles if role.name == "Mods")
    await role.edit(permissions=role.permissions.none())
    answer = await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    assert "This is for members with Manage Server" in said(answer)
    assert (await stage.store.get(job.id)).state is JobState.QUEUED


async def test_without_a_database_every_command_says_so(stage, manage):
    await stage.store._database.close()
    for command in ("jobs", "blocked", "strikes", "pause", "resume"):
        assert "cannot reach its database" in said(await manage(command))
