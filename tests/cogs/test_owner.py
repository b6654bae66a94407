"""``/restyle-owner``: what whoever runs the bot sees and does, and nobody else."""

from datetime import UTC, datetime

import pytest
import simcord

from bot.cometapi.console import ListedTask
from bot.domain.guilds import GLOBAL_GUILD_ID
from bot.domain.jobs import CancelReason, JobState
from bot.domain.quotas import LedgerStatus
from tests.cogs.conftest import said
from tests.cogs.pages import page
from tests.storage.money import rows_of
from tests.storage.rows import put

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
        "This is for the bot's owner. To manage a server, use /restyle-admin there."
    )


def options_of(stage, command):
    return {"server": str(stage.guild.id)} if command == "server-limit" else {}


async def test_a_mere_member_does_not_see_the_commands_on_a_server(stage, owner):
    for who in (stage.alice, owner):
        with pytest.raises(simcord.SetupError, match="default-member-permissions"):
            await who.slash(stage.channel, "restyle-admin jobs")


async def test_everything_is_paused_and_resumed_by_the_owner(stage, owner, clip):
    answer = said(await owner.user.slash("restyle-owner pause-all", reason="repairs"))
    assert 'now paused everywhere: "repairs"' in answer
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    assert "paused restyling everywhere" in said(refused)
    assert "repairs" in said(refused)
    answer = said(await owner.user.slash("restyle-owner resume-all"))
    assert "is no longer paused everywhere" in answer
    assert await stage.job(await stage.restyle(clip)) is not None


async def test_the_owner_sees_the_clips_of_all_servers_and_blocks_everywhere(
    stage, owner, waiting, clip
):
    await waiting(1)
    await waiting(2, guild_id=77)
    shown = page(await owner.user.slash("restyle-owner jobs"))
    assert "on all servers" in shown
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
    assert "continues" in said(answer)
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
    assert "continues" in said(answer)


@pytest.mark.parametrize(("exists", "words"), [(False, "no task"), (None, "did not say")])
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
    assert "not a task id" in said(answer)
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
    assert "already settled" in said(answer)
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
    assert "Clips a day: unlimited · the same for all servers" in shown
    shown = page(
        await owner.user.slash(
            "restyle-owner server-limit", limit="jobs_per_day", value="1", **where
        )
    )
    assert "Clips a day: 1 clip · set for this server" in shown
    assert await stage.job(await stage.restyle(clip)) is not None
    refused = await stage.restyle(clip)
    assert await stage.job(refused) is None
    assert "Only the bot's owner can change that limit." in said(refused)


async def test_a_limit_that_makes_no_sense_changes_nothing(stage, owner):
    where = {"server": str(stage.guild.id)}
    slash = owner.user.slash
    name = "restyle-owner server-limit"
    assert "is not a limit" in said(await slash(name, limit="jobs_per_day", value="-1", **where))
    assert "or neither" in said(await slash(name, value="1", **where))
    assert "not on such a server" in said(await slash(name, server="77"))
    assert "not on such a server" in said(await slash(name, server="9" * 5000))
    assert (await stage.store.policies.read(stage.guild.id)).allowance == {}


async def test_names_of_servers_are_offered_to_the_owner_alone(stage, owner):
    offered = await owner.user.autocomplete("restyle-owner server-limit", "server", "film")
    assert [choice["value"] for choice in offered] == [str(stage.guild.id)]
    assert await stage.mo.user.autocomplete("restyle-owner server-limit", "server", "film") == []
