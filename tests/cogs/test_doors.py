"""Where nothing starts: direct messages, servers of others; and who hears of used-up budgets."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import update

from bot.domain.jobs import JobState
from bot.domain.quotas import Period, Unit
from bot.storage.tables.money import budget_notices
from bot.texts import doors as door_texts
from cogs.admin.budgets import BudgetTeller
from cogs.admin.leaving import ServerDoor
from tests.cogs.conftest import said
from tests.factories import new_job
from tests.storage.money import BOT, cap

ELSEWHERE = "1" * 18
HOURS_AGO = datetime(2020, 1, 1, tzinfo=UTC)


async def let_an_hour_pass(stage):
    """Let notices be tried again that somebody took."""
    async with stage.store._database.transaction() as connection:
        await connection.execute(update(budget_notices).values(tried_at=HOURS_AGO))


def privacy(stage):
    return stage.bot.command_mentions.of("restyle-privacy")


def not_served(stage):
    return door_texts.server_not_served(str(stage.guild.id), privacy=privacy(stage))


def decide(stage, **fields):
    """Let the operator have decided otherwise, as a restart would bring it."""
    settings = stage.bot.settings.model_copy(update=fields)
    stage.bot.settings = settings
    stage.bot.get_cog("RequestFlow")._intake._settings = settings


# Direct messages


@pytest.mark.parametrize("command", ["restyle", "restyle-usage"])
async def test_with_direct_messages_off_a_command_there_says_what_to_do_instead(
    stage, clip, command
):
    decide(stage, direct_messages=False)
    options = {"video": ("clip.mp4", clip), "prompt": "neon"} if command == "restyle" else {}
    answer = await stage.alice.user.slash(command, **options)
    assert said(answer) == door_texts.direct_messages_off(privacy(stage))
    assert answer.ephemeral
    assert "Use the command on a server" in said(answer)
    assert await stage.store.claims.claim(10) == []


async def test_with_direct_messages_off_ones_own_data_and_the_owners_commands_stay(stage):
    decide(stage, direct_messages=False, owner_ids=str(stage.bob.id))
    off = door_texts.direct_messages_off(privacy(stage))
    assert off not in said(await stage.alice.user.slash("restyle-privacy"))
    assert "This is for" in said(await stage.alice.user.slash("restyle-owner spend"))
    assert "Spent by all servers" in said(await stage.bob.user.slash("restyle-owner spend"))


async def test_with_direct_messages_on_the_caps_of_direct_messages_hold(stage, clip):
    decide(stage, dm_jobs_per_day=1)
    first = await stage.alice.user.slash("restyle", video=("a.mp4", clip), prompt="neon")
    assert (await stage.job(first)).guild_id is None
    again = await stage.alice.user.slash("restyle", video=("a.mp4", clip), prompt="neon")
    assert "Your 1 clip today is used up." in said(again)
    assert "Only the bot's owner can change that limit." in said(again)


async def test_all_direct_messages_share_one_budget(stage, clip):
    decide(stage, dm_dollars_per_month=0.2)
    await stage.alice.user.slash("restyle", video=("a.mp4", clip), prompt="neon")
    refused = await stage.bob.user.slash("restyle", video=("a.mp4", clip), prompt="neon")
    assert "the direct messages' $0.20 this month is left" in said(refused)


async def test_a_block_by_the_bots_owner_holds_in_direct_messages(stage, clip):
    await stage.store.people.block(0, stage.alice.id, by=stage.bob.id, note="spam")
    answer = await stage.alice.user.slash("restyle", video=("a.mp4", clip), prompt="neon")
    assert "spam" in said(answer)
    assert await stage.store.claims.claim(10) == []


# Servers


@pytest.mark.parametrize("command", ["restyle", "restyle-usage", "restyle-settings"])
async def test_on_another_server_the_bot_explains_itself_and_starts_nothing(stage, clip, command):
    decide(stage, servers=ELSEWHERE)
    options = {"video": ("clip.mp4", clip), "prompt": "neon"} if command == "restyle" else {}
    answer = await stage.mo.slash(stage.channel, command, **options)
    assert said(answer) == not_served(stage)
    assert answer.ephemeral
    assert await stage.store.claims.claim(10) == []


async def test_restyle_this_explains_itself_on_another_server_too(stage, clip):
    message = await stage.bob.send(stage.channel, attachments=[("clip.mp4", clip)])
    decide(stage, servers=ELSEWHERE)
    answer = await stage.alice.context_menu(stage.channel, "Restyle this", message)
    assert answer.modal is None
    assert said(answer) == not_served(stage)


async def test_a_form_that_was_open_when_the_server_was_closed_starts_nothing(stage, clip):
    message = await stage.alice.send(stage.channel, attachments=[("clip.mp4", clip)])
    form = await stage.alice.context_menu(stage.channel, "Restyle this", message)
    decide(stage, servers=ELSEWHERE)
    answer = await stage.alice.submit_modal(form, {"prompt": "neon"})
    assert not_served(stage) in said(answer)
    assert await stage.store.claims.claim(10) == []


async def test_on_another_server_ones_own_data_and_the_owners_commands_stay(stage):
    decide(stage, servers=ELSEWHERE, owner_ids=str(stage.mo.id))
    closed = not_served(stage)
    assert closed not in said(await stage.alice.slash(stage.channel, "restyle-privacy"))
    assert "Spent by all servers" in said(await stage.mo.user.slash("restyle-owner spend"))
    assert closed in said(await stage.mo.slash(stage.channel, "restyle-admin jobs"))


async def test_on_a_chosen_server_everything_works(stage, clip):
    decide(stage, servers=f"{ELSEWHERE},{stage.guild.id}")
    job = await stage.job(await stage.restyle(clip))
    assert job.state is JobState.QUEUED


async def test_the_bot_leaves_other_servers_at_start_after_a_word(stage):
    decide(stage, servers=ELSEWHERE, leave_others=True)
    await stage.bot.get_cog(ServerDoor.__name__).on_ready()
    posted, left = [call for call in stage.calls() if "/messages" in call or "DELETE" in call]
    assert posted.startswith("POST /channels/")
    assert left == f"DELETE /users/@me/guilds/{stage.guild.id}"


@pytest.mark.parametrize(
    "fields",
    [{"servers": ELSEWHERE}, {"leave_others": True}],
    ids=["not asked to", "every server is served"],
)
async def test_the_bot_leaves_no_server_unless_the_operator_says_so(stage, fields):
    decide(stage, **fields)
    guild = stage.bot.get_guild(stage.guild.id)
    await stage.bot.get_cog(ServerDoor.__name__).on_guild_join(guild)
    assert stage.calls("DELETE") == []
    assert stage.channel.history() == []


# Budgets


async def test_the_owner_is_told_once_that_the_bots_budget_runs_out(stage, clip):
    decide(stage, bot_dollars_per_month=0.18, owner_ids=str(stage.bob.id))
    await stage.restyle(clip)
    await stage.restyle(clip)
    await stage.restyle(clip)
    nearly, used_up = (one.content for one in stage.bob.user.dm_channel.history())
    assert nearly.startswith(
        "**80% of a budget is used:** $0.15 of the whole bot's $0.18 this month"
    )
    assert used_up.startswith("**A budget is used up:** $0.15 of the whole bot's $0.18 this month")
    assert "A clip for about $0.15 no longer fit." in used_up
    assert "BOT_DOLLARS_PER_MONTH" in nearly
    assert "BOT_DOLLARS_PER_MONTH" in used_up


async def test_the_log_channel_is_told_that_the_servers_budget_runs_out(stage, clip):
    log = stage.guild.create_text_channel("log")
    await stage.set(micros_per_month=150_000, log_channel_id=log.id)
    await stage.restyle(clip)
    await stage.restyle(clip)
    [message] = log.history()
    assert message.content.startswith(
        "**A budget is used up:** $0.15 of this server's $0.15 this month"
    )
    assert "/restyle-settings" in message.content


async def test_a_budgets_news_that_discord_refuses_are_told_once_it_takes_them(stage, clip):
    log = stage.guild.create_text_channel("log")
    await stage.set(micros_per_month=150_000, log_channel_id=log.id)
    stage.env.inject_error("POST", f"/channels/{log.id}/messages", status=403, code=50013)
    await stage.restyle(clip)
    teller = stage.bot.get_cog(BudgetTeller.__name__)
    await teller.tell()
    assert log.history() == []
    await let_an_hour_pass(stage)
    await teller.tell()
    await let_an_hour_pass(stage)
    await teller.tell()
    assert len(log.history()) == 1


async def test_an_owner_who_cannot_be_written_to_is_owed_the_news(stage, monkeypatch):
    tries = []

    async def refuse(text, *, view):
        tries.append(text)
        return len(tries) > 1

    monkeypatch.setattr(stage.bot, "tell_owners", refuse)
    budget = cap(BOT, 150_000, period=Period.MONTH, unit=Unit.MICROS)
    await stage.store.add(new_job(1, price_micros=150_000), holders=[BOT], caps=[budget])
    teller = stage.bot.get_cog(BudgetTeller.__name__)
    for _ in range(3):
        await teller.tell()
        await let_an_hour_pass(stage)
    assert len(tries) == 2


async def test_what_an_earlier_run_did_not_tell_is_told_at_start(stage, clip, make_bot):
    log = stage.guild.create_text_channel("log")
    await stage.set(micros_per_month=150_000, log_channel_id=log.id)
    stage.bot.remove_listener(stage.bot.get_cog(BudgetTeller.__name__).tell, "on_restyle_budget")
    await stage.bot.remove_cog(BudgetTeller.__name__)
    await stage.restyle(clip)
    assert log.history() == []
    teller = BudgetTeller(stage.bot)
    await teller._keep_telling()  # the first look is at start
    await teller._keep_telling()
    assert len(log.history()) == 1
