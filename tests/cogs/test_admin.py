"""``/restyle-admin``, as server managers, the bot's owner and everybody else see it."""

from datetime import UTC, datetime

import discord
import pytest
import simcord

from bot.cometapi.console import ListedTask
from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import CancelReason, Charge, FailureReason, Hold, JobState
from bot.domain.quotas import LedgerStatus
from tests.cogs.conftest import said, text_of
from tests.factories import new_job
from tests.storage.money import holders, rows_of
from tests.storage.rows import put

NUMBER = 1_400_000_000_000_000_001


@pytest.fixture
def owner(stage):
    """Somebody who runs the bot and is a mere member of the server."""
    found = stage.guild.add_member(stage.env.create_user("olga"))
    stage.bot.settings = stage.bot.settings.model_copy(update={"owner_ids": str(found.id)})
    return found


@pytest.fixture
def manage(stage):
    """``await manage("jobs")``: a manager's command, and what comes of it."""

    async def run(command, who=None, **options):
        name = f"restyle-admin {command}"
        result = await (who or stage.mo).slash(stage.channel, name, **options)
        assert result.ephemeral
        return result

    return run


@pytest.fixture
def waiting(stage):
    """``await waiting(1)``: a job of alice's that waits."""

    async def make(number=1, **fields):
        return await stage.store.add(
            new_job(
                NUMBER + number,
                **{
                    "guild_id": stage.guild.id,
                    "channel_id": stage.channel.id,
                    "user_id": stage.alice.id,
                    "prompt": f"prompt number {number}",
                }
                | fields,
            ),
            holders=holders(stage.alice.id, stage.guild.id),
        )

    return make


def page(result):
    return text_of(result.response.message)


def option_ids(message):
    """The values that the page's menu offers."""

    def walk(components):
        for component in components:
            yield from (option.value for option in getattr(component, "options", []))
            yield from walk(getattr(component, "children", None) or [])

    return list(walk(message.components))


# Clips


async def test_what_waits_and_runs_is_listed(stage, manage, waiting):
    await waiting(1)
    await put(stage.store, (await waiting(2)).id, JobState.RUNNING)
    await waiting(3, guild_id=stage.guild.id + 1)
    shown = page(await manage("jobs"))
    assert "1 waiting · 1 under way" in shown
    assert shown.index("prompt number 1") < shown.index("prompt number 2")
    assert "prompt number 3" not in shown


async def test_without_clips_the_list_says_so(manage):
    result = await manage("jobs")
    assert "Nothing waits and nothing runs." in page(result)
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
    assert "Nothing waits" in page(shown)
    assert stage.new_jobs.is_set()
    assert await rows_of(stage.store, job.id) == {(LedgerStatus.RELEASED, 0)}


async def test_a_cancelled_clip_of_an_old_database_is_not_called_unpaid(stage, manage, waiting):
    job = await waiting(1, price_micros=750_000)
    await stage.store.quarantine.enter()
    shown = await manage("jobs")
    assert "Waiting for the bot's owner after a pause" in page(shown)
    answer = await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    assert "may have been paid for before: its money stays counted" in said(answer)
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
    assert "money is spent all the same" in page(shown)
    assert (await stage.store.get(job.id)).state is JobState.RUNNING
    await stage.mo.click(shown.response.message, custom_id="jobs:r:refresh")
    assert "1 under way" in page(shown)
    await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    custom_id = f"jobs:r:drop:{job.id}"
    answer = await stage.mo.click(shown.response.message, custom_id=custom_id)
    assert "Gave up the clip" in said(answer)
    job = await stage.store.get(job.id)
    assert (job.state, job.charge, job.cancel_reason, job.cancelled_by) == (
        JobState.CANCELLED,
        Charge.UNKNOWN,
        CancelReason.MODERATOR,
        stage.mo.id,
    )
    assert stage.new_jobs.is_set()
    assert "Nothing waits" in page(shown)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (JobState.SUBMITTING, "Try again in a moment"),
        (JobState.WITHHELD, "waits for review"),
        (JobState.DELIVERING, "about to be posted"),
        (JobState.UNCERTAIN, "Nobody knows"),
        (JobState.DONE, "over already"),
        (JobState.CANCELLED, "cancelled already"),
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
    assert 'from now on: "spam"' in said(answer)
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
    assert 'paused on this server from now on: "event tonight"' in answer
    assert "1 clip waits until you resume." in answer
    assert "1 clip is at the provider and is still delivered." in answer
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    moment = int((await stage.store.people.paused(stage.guild.id)).paused_at.timestamp())
    assert (
        f"<@{stage.mo.id}> paused restyling on this server <t:{moment}:R>"
        ': "event tonight"' in said(refused)
    )
    assert "already" in said(await manage("pause", reason="another"))
    assert "is on again" not in said(refused)
    assert "Restyling is on again on this server" in said(await manage("resume"))
    assert await stage.job(await stage.restyle(clip)) is not None
    assert "was not paused" in said(await manage("resume"))


async def test_a_servers_resume_says_that_everything_is_paused(stage, manage, owner):
    await stage.store.people.pause(stage.guild.id, user_id=stage.mo.id)
    await stage.store.people.pause(GLOBAL_GUILD_ID, user_id=owner.id, note="repairs")
    answer = said(await manage("resume"))
    assert "Nothing starts yet all the same" in answer
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
    assert "Nobody decides about a strike of their own." in answer
    assert "Lifted 1 strike" in answer
    left = await stage.store.people.strikes(stage.guild.id)
    assert [strike.user_id for strike in left] == [stage.mo.id]
    await stage.store.people.block(stage.guild.id, stage.mo.id, by=stage.alice.id)
    answer = said(await manage("unblock", member=stage.mo))
    assert answer == "Nobody takes back a block of their own. Ask whoever else may."
    assert await stage.store.people.blocks(stage.guild.id)


async def test_who_lost_the_permission_cannot_go_on(stage, manage, waiting):
    job = await waiting(1)
    shown = await manage("jobs")
    role = next(role for role in stage.bot.get_guild(stage.guild.id).roles if role.name == "Mods")
    await role.edit(permissions=role.permissions.none())
    answer = await stage.mo.select(shown.response.message, [str(job.id)], custom_id="jobs:r:cancel")
    assert "This is for whoever has Manage Server here" in said(answer)
    assert (await stage.store.get(job.id)).state is JobState.QUEUED


# The owner's


OWNERS = [
    "uncertain",
    "quarantine",
    "look-again",
    "spend",
    "pause-all",
    "resume-all",
    "server-limit",
]


async def test_no_moderator_is_offered_the_owners_commands(stage, owner):
    for who in (stage.mo, owner):
        offered = who.available_commands(stage.channel)
        assert not [name for name in offered if name.startswith("restyle-owner")]


@pytest.mark.parametrize("command", ["jobs", "blocked", *OWNERS])
async def test_the_owner_reaches_everything_in_direct_messages(stage, owner, command):
    answer = await owner.user.slash(f"restyle-owner {command}", **options_of(stage, command))
    assert answer.ephemeral
    assert "This is for" not in said(answer)


@pytest.mark.parametrize("command", ["jobs", "blocked", *OWNERS])
async def test_nobody_else_gets_anything_in_direct_messages(stage, owner, command):
    answer = await stage.mo.user.slash(f"restyle-owner {command}", **options_of(stage, command))
    assert said(answer) == (
        "This is for whoever runs this bot. Servers are managed on the server: /restyle-admin."
    )


def options_of(stage, command):
    return {"server": str(stage.guild.id)} if command == "server-limit" else {}


async def test_a_mere_member_does_not_see_the_commands_on_a_server(stage, owner):
    for who in (stage.alice, owner):
        with pytest.raises(simcord.SetupError, match="default-member-permissions"):
            await who.slash(stage.channel, "restyle-admin jobs")


async def test_everything_is_paused_and_resumed_by_the_owner(stage, owner, clip):
    answer = said(await owner.user.slash("restyle-owner pause-all", reason="repairs"))
    assert 'paused everywhere from now on: "repairs"' in answer
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    assert "paused restyling everywhere" in said(refused)
    assert "repairs" in said(refused)
    answer = said(await owner.user.slash("restyle-owner resume-all"))
    assert "is on again everywhere" in answer
    assert await stage.job(await stage.restyle(clip)) is not None


async def test_the_owner_sees_the_clips_of_all_servers_and_blocks_everywhere(
    stage, owner, waiting, clip
):
    await waiting(1)
    await waiting(2, guild_id=77)
    shown = page(await owner.user.slash("restyle-owner jobs"))
    assert "of all servers" in shown
    assert "prompt number 2" in shown
    await stage.store.people.block(GLOBAL_GUILD_ID, stage.alice.id, by=owner.id)
    assert await stage.job(await stage.restyle(clip)) is None
    assert f"<@{stage.alice.id}>" in said(await owner.user.slash("restyle-owner blocked"))


@pytest.fixture
def unclear(stage, waiting):
    async def make(number=1, **fields):
        return await put(stage.store, (await waiting(number, **fields)).id, JobState.UNCERTAIN)

    return make


async def open_unclear(owner, job):
    shown = await owner.user.slash("restyle-owner uncertain")
    await owner.user.select(shown.response.message, [str(job.id)], custom_id="uncertain:choose")
    return shown


async def test_a_task_is_named_and_the_clip_goes_on(stage, owner, unclear):
    job = await unclear(price_micros=750_000, seed=77)
    shown = await open_unclear(owner, job)
    for fact in ("prompt number 1", "seed 77", "$0.75"):
        assert fact in page(shown)
    form = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{job.id}:uncertain-attach"
    )
    answer = await owner.user.submit_modal(form, {"words": " task-9 "})
    job = await stage.store.get(job.id)
    assert (job.state, job.task_id, job.owner) == (JobState.RUNNING, "task-9", None)
    assert "goes on" in said(answer)
    assert "There are none" in page(shown)
    assert stage.new_jobs.is_set()


class ListOfTasks:
    """What the bot sees of the provider's list of tasks, with one task in it."""

    def __init__(self, *, exists=True):
        self._exists = exists

    async def candidates(self, job):
        moment = datetime(2026, 7, 1, 12, 3, 4, tzinfo=UTC)
        return [ListedTask(task_id="task-9", submitted_at=moment, model="gen4_aleph")]

    async def exists(self, task_id):
        return self._exists


async def test_the_tasks_that_a_clip_may_be_are_offered_and_one_is_chosen(stage, owner, unclear):
    stage.bot.settling = ListOfTasks()
    job = await unclear()
    shown = await open_unclear(owner, job)
    answer = await owner.user.select(
        shown.response.message, ["task-9"], custom_id=f"uncertain:{job.id}:task"
    )
    assert (await stage.store.get(job.id)).task_id == "task-9"
    assert "goes on" in said(answer)


@pytest.mark.parametrize(("exists", "words"), [(False, "no task"), (None, "does not say now")])
async def test_a_task_that_the_provider_does_not_have_is_not_named(
    stage, owner, unclear, exists, words
):
    stage.bot.settling = ListOfTasks(exists=exists)
    job = await unclear()
    shown = await open_unclear(owner, job)
    form = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{job.id}:uncertain-attach"
    )
    answer = await owner.user.submit_modal(form, {"words": "task-9"})
    assert words in said(answer)
    assert (await stage.store.get(job.id)).state is JobState.UNCERTAIN


async def test_a_clip_is_written_off_and_the_requester_reads_why(stage, owner, unclear):
    job = await unclear(price_micros=750_000)
    shown = await open_unclear(owner, job)
    form = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{job.id}:uncertain-write-off"
    )
    await owner.user.submit_modal(form, {"words": "It never arrived there."})
    job = await stage.store.get(job.id)
    assert (job.state, job.cancel_reason, job.cancel_note, job.cancelled_by) == (
        JobState.CANCELLED,
        CancelReason.WRITTEN_OFF,
        "It never arrived there.",
        owner.id,
    )
    assert {standing for standing, _ in await rows_of(stage.store, job.id)} == {
        LedgerStatus.RELEASED
    }


@pytest.mark.parametrize("typed", ["two words", "../x", "http://x.example/t"])
async def test_what_is_no_task_id_changes_nothing(stage, owner, unclear, typed):
    job = await unclear()
    shown = await open_unclear(owner, job)
    form = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{job.id}:uncertain-attach"
    )
    answer = await owner.user.submit_modal(form, {"words": typed})
    assert "not a task's id" in said(answer)
    assert (await stage.store.get(job.id)).state is JobState.UNCERTAIN


async def test_the_task_of_another_clip_is_not_named_twice(stage, owner, unclear, waiting):
    await put(stage.store, (await waiting(2)).id, JobState.RUNNING, task_id="task-9")
    job = await unclear()
    shown = await open_unclear(owner, job)
    form = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{job.id}:uncertain-attach"
    )
    answer = await owner.user.submit_modal(form, {"words": "task-9"})
    assert "belongs to another clip" in said(answer)
    assert (await stage.store.get(job.id)).state is JobState.UNCERTAIN


async def test_a_clip_that_was_settled_meanwhile_is_not_settled_again(stage, owner, unclear):
    job = await unclear()
    shown = await open_unclear(owner, job)
    form = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{job.id}:uncertain-write-off"
    )
    await stage.store.uncertain.attach(job.id, task_id="late", user_id=1)
    answer = await owner.user.submit_modal(form, {"words": "gone"})
    assert "settled by now" in said(answer)
    assert (await stage.store.get(job.id)).state is JobState.RUNNING


async def test_a_form_from_before_a_restart_is_still_read(stage, owner, unclear, make_bot):
    job = await unclear()
    shown = await open_unclear(owner, job)
    form = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{job.id}:uncertain-attach"
    )
    old = stage.env.bot
    bot = make_bot(settings=old.settings)
    await stage.env.restart_bot(bot)
    try:
        await owner.user.submit_modal(form, {"words": "task-9"})
        assert (await stage.store.get(job.id)).task_id == "task-9"
    finally:
        await bot.close()
        await old.close()


async def test_the_owner_sees_what_each_server_spent(stage, owner, waiting):
    for number in range(3):
        await waiting(number, price_micros=750_000)
    await waiting(9, guild_id=None, price_micros=500_000)
    shown = page(await owner.user.slash("restyle-owner spend"))
    assert "This month: 4 clips · $0.00 · $2.75 set aside" in shown
    assert "- Filmclub · 3 clips · $0.00 · $2.25 set aside" in shown
    assert "- Direct messages · 1 clip" in shown


async def test_the_owner_limits_one_server(stage, owner, clip):
    where = {"server": str(stage.guild.id)}
    shown = page(await owner.user.slash("restyle-owner server-limit", **where))
    assert "Clips a day: unlimited · as for all servers" in shown
    shown = page(
        await owner.user.slash(
            "restyle-owner server-limit", limit="jobs_per_day", value="1", **where
        )
    )
    assert "Clips a day: 1 clip · set for this server" in shown
    assert await stage.job(await stage.restyle(clip)) is not None
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    assert "Only the bot's operator can change that limit." in said(refused)


async def test_a_limit_that_makes_no_sense_changes_nothing(stage, owner):
    where = {"server": str(stage.guild.id)}
    slash = owner.user.slash
    name = "restyle-owner server-limit"
    assert "is not a limit" in said(await slash(name, limit="jobs_per_day", value="-1", **where))
    assert "or neither" in said(await slash(name, value="1", **where))
    assert "no such server" in said(await slash(name, server="77"))
    assert "no such server" in said(await slash(name, server="9" * 5000))
    assert (await stage.store.policies.read(stage.guild.id)).allowance == {}


async def test_names_of_servers_are_offered_to_the_owner_alone(stage, owner):
    offered = await owner.user.autocomplete("restyle-owner server-limit", "server", "film")
    assert [choice["value"] for choice in offered] == [str(stage.guild.id)]
    assert await stage.mo.user.autocomplete("restyle-owner server-limit", "server", "film") == []


async def test_without_a_database_every_command_says_so(stage, manage):
    await stage.store._database.close()
    for command in ("jobs", "blocked", "strikes", "pause", "resume"):
        assert "cannot reach its database" in said(await manage(command))
