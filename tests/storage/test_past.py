"""``Store.past``: the jobs that settings are tried out on."""

from datetime import timedelta

from bot.domain.jobs import Charge, JobState
from bot.domain.quotas import QuotaSubject, Scope
from bot.requests.clip_plan import Mode, Plan, Reason
from tests.factories import CHANNEL_ID, GUILD_ID, new_job
from tests.storage.money import SERVER, holders
from tests.storage.rows import add_owned

PARENT_ID = CHANNEL_ID + 1
PARENT = QuotaSubject(scope=Scope.CHANNEL, scope_id=PARENT_ID, guild_id=GUILD_ID)
CUT = Plan(
    mode=Mode.COPY,
    start_seconds=0,
    seconds=3,
    width=1280,
    height=720,
    fps=None,
    max_bytes=1,
    tone_map=False,
    has_audio=False,
    reasons=(Reason.TOO_LONG,),
)


async def long_ago(store):
    return (await store.get(1)).created_at - timedelta(days=1)


async def test_past_jobs_come_with_what_settings_ask_about(store):
    await store.add(
        new_job(
            1,
            role_ids=frozenset({7, 2**62}),
            is_age_restricted=True,
            part_seconds=3.0,
            plan=CUT.to_json(),
            price_micros=450_000,
        ),
        holders=(*holders(), PARENT),
    )
    await store.add(new_job(2, price_micros=750_000), holders=holders())
    await store.cancel(2)
    first, second = await store.past.jobs(GUILD_ID, await long_ago(store))
    assert first.channel_ids == (CHANNEL_ID, PARENT_ID)
    assert first.role_ids == {7, 2**62}
    assert (first.is_age_restricted, first.was_cut, first.part_seconds) == (True, True, 3.0)
    assert (first.micros, first.is_counted) == (450_000, True)
    assert (second.channel_ids, second.role_ids) == ((CHANNEL_ID,), None)
    assert (second.part_seconds, second.was_cut) == (5.04, False)
    assert (second.micros, second.is_counted) == (0, False)


async def test_the_house_look_is_no_part_of_a_past_prompt(store):
    job = await store.add(new_job(1, prompt="a calm night", look="film grain"), holders=holders())
    [past] = await store.past.jobs(GUILD_ID, await long_ago(store))
    assert (job.look, past.prompt) == ("film grain", "a calm night")


async def test_the_real_cost_replaces_the_expected_one(store):
    job = await add_owned(store, new_job(1, price_micros=750_000), holders=holders())
    job = await store.move(job, JobState.SUBMITTING)
    job = await store.move(job, JobState.RUNNING, task_id="t")
    await store.move(job, JobState.FAILED, charge=Charge.YES, cost_micros=300_000)
    [past] = await store.past.jobs(GUILD_ID, await long_ago(store))
    assert (past.micros, past.is_counted) == (300_000, True)


async def test_the_newest_jobs_of_one_server_come_oldest_first(store):
    for number in (1, 2, 3):
        await store.add(new_job(number), holders=holders())
    await store.add(new_job(4, guild_id=8), holders=holders(guild_id=8))
    since = await long_ago(store)
    assert [job.job_id for job in await store.past.jobs(GUILD_ID, since, limit=2)] == [2, 3]
    later = (await store.get(3)).created_at + timedelta(seconds=1)
    assert await store.past.jobs(GUILD_ID, later) == []


async def test_a_job_that_counts_in_several_ways_comes_once(store):
    await store.add(new_job(1), holders=(*holders(), PARENT, SERVER))
    assert len(await store.past.jobs(GUILD_ID, await long_ago(store))) == 1
