"""Whatever one person can start, the event loop has others' turns in between.

What is measured is processor time, not how long something takes by the clock: on a busy machine
another process may have the processor for a second while nothing of ours is at fault. No callback
of the loop may take more than 50 ms of it, what the simulated Discord does there included, and no
work in the threads that everybody shares more than a second.
"""

import asyncio
import gc
import json
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import insert

from bot.domain.jobs import JobState
from bot.domain.quotas import LedgerStatus, Scope
from bot.media.process_pool import ProcessPool
from bot.policy.problems import SERVER
from bot.policy.prompt_rules.rules import MAX_RULES, PromptRule, RuleAction, RuleKind
from bot.storage.rows import row_from
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger
from tests.cogs import forged
from tests.cogs.conftest import said
from tests.cogs.test_forged_options import leaves, payload
from tests.cogs.test_items import JOB, POSTED
from tests.factories import new_job
from tests.storage.money import set_values

MOST_SECONDS = 0.05
MOST_SHARED_SECONDS = 1.0
JOBS = 2_500
"""More than a preview tries out; an export has them all."""
LONGEST = "b l o o d-" * 100
PROMPTS = [
    LONGEST,
    "Il1|!" * 200,
    "b8l1I|o0○d .-_*'" * 62,
    "bl\u043b\u043eod \u04cf13()[]|!$@5 " * 50,
    "全员nude跳舞여자ผู้หญิง" * 60,
    "b\u0301l\u200bo\u3164\U0001d428ⓓ|| " * 70,
    "مرحبا بالعالم שלום नमस्ते " * 40,
]
"""A prompt in every kind of script, as hard to read as people can make it."""


@pytest.fixture
async def simcord_bot(make_bot):
    """It reads clips in processes of their own, as it does outside of tests."""
    bot = make_bot(process_pool=ProcessPool())
    yield bot
    await bot.close()


@contextmanager
def watched(found):
    """Note what each callback of the loop takes, in processor time, and whose it was."""
    run = asyncio.Handle._run
    gc.disable()  # a collection belongs to whatever happens to run then

    def timed(handle):
        began = time.thread_time()
        try:
            return run(handle)
        finally:
            found.append((time.thread_time() - began, repr(handle)))

    asyncio.Handle._run = timed
    try:
        yield
    finally:
        asyncio.Handle._run = run
        gc.enable()


class Shared(ThreadPoolExecutor):
    """The threads that everybody shares; remembers what each piece of work took of a processor."""

    def __init__(self):
        super().__init__(4)
        self.seconds = [0.0]

    def submit(self, work, /, *args, **kwargs):
        def timed():
            began = time.thread_time()
            try:
                return work(*args, **kwargs)
            finally:
                self.seconds.append(time.thread_time() - began)

        return super().submit(timed)


@pytest.fixture
async def crowded(stage):
    """A server with as much of everything as it can have, and its moderator with the jobs."""
    stage.env.settle_timeout = 120.0  # trying a change out on the past takes its time, aside
    half, words = MAX_RULES // 2, "blood, gore, " * 15
    rules = [PromptRule(kind=RuleKind.WORDS, text=words, action=RuleAction.REVIEW)] * half
    rules += [
        PromptRule(
            kind=RuleKind.PATTERN, text=f"(a|b|c|d)+x{number}(e|f)+y", action=RuleAction.REVIEW
        )
        for number in range(half)
    ]
    # Past the panel, which tries patterns out by the clock.
    guild_id = stage.guild.id
    await set_values(stage.store, *SERVER, guild_id=guild_id, prompt_rules=tuple(rules))
    now = stage.clock()
    rows = [
        row_from(
            new_job(
                10_000_000 + number,
                guild_id=stage.guild.id,
                user_id=stage.mo.id,
                prompt=LONGEST,
                source_author_id=stage.alice.id,
            )
        )
        | {"state": JobState.DONE, "task_id": "t", "told_at": now, "finished_at": now}
        | {"created_at": now, "updated_at": now, "charge": "yes", "price_micros": 750_000}
        for number in range(JOBS)
    ]
    async with stage.store._database.transaction() as connection:
        await connection.execute(insert(jobs), rows)
        counted = {"scope": Scope.SERVER, "scope_id": guild_id, "guild_id": guild_id, "jobs": 1}
        counted |= {"day": f"{now:%Y-%m-%d}", "micros": 1, "standing": LedgerStatus.COMMITTED}
        await connection.execute(insert(ledger), [counted | {"job_id": row["id"]} for row in rows])
    return stage


async def stalls(stage, use):
    """Return which of the things that ``use`` does held others up, and for how long."""
    wrong, shared = [], Shared()
    asyncio.get_running_loop().set_default_executor(shared)
    async for name, done in use(stage):
        found, shared.seconds = [], [0.0]
        with watched(found):
            await done()
        seconds, where = max(found)
        if seconds > MOST_SECONDS:
            wrong.append((name, round(seconds, 3), where[:160]))
        if max(shared.seconds) > MOST_SHARED_SECONDS:
            wrong.append((name, round(max(shared.seconds), 3), "a thread of everybody's"))
    return wrong


async def commands(stage):
    """Every slash command, with the longest words and the most that its options take."""
    worst = {3: LONGEST, 4: 2**53, 5: True, 10: 1.0}
    for command, names in leaves(stage.bot.tree.get_commands()):
        options = []
        for one in command.parameters:
            value = worst.get(one.type.value)
            if one.choices:
                value = one.choices[-1].value
            elif isinstance(value, str):
                value = value[: one.max_value or None]
            elif value is not None and one.max_value is not None:
                value = one.max_value
            if value is not None:
                options.append({"name": one.display_name, "type": one.type.value, "value": value})
        data = payload(names, options)

        async def done(data=data):
            await forged._dispatch_actor_interaction(stage.mo, 2, stage.channel, data)

        yield " ".join(names), done


async def controls(stage):
    """Every control that was ever posted, about a job of this server."""
    for samples in POSTED.values():
        for sample in samples[:1] if samples[0].startswith("restyle:") else samples:
            custom_id = sample.replace(JOB, "10000000")

            async def done(custom_id=custom_id):
                kind = forged.WORDS if custom_id.startswith("settings.m") else forged.BUTTON
                await forged.press(stage, stage.mo, custom_id, ["1"], kind=kind)

            yield custom_id, done


async def suggestions(stage):
    """What is suggested while somebody types, at every option that has suggestions."""
    for command, names in leaves(stage.bot.tree.get_commands()):
        for one in (one for one in command.parameters if one.autocomplete):

            async def done(names=names, one=one):
                typed = {"name": one.display_name, "type": 3, "value": "l", "focused": True}
                data = payload(names, [typed])
                await forged._dispatch_actor_interaction(stage.alice, 4, stage.channel, data)

            yield " ".join([*names, one.display_name]), done


@pytest.fixture
def use(request, clip):
    """What is done, one after the other: prompts come with a clip, or nobody would read them."""

    async def prompts(stage):
        for prompt in PROMPTS:

            async def begin(prompt=prompt):
                said(await stage.restyle(clip, prompt=prompt[:1000]))

            async def keep(prompt=prompt):
                fields = {"name": prompt[:40], "words": prompt[:400]}
                await forged.send_form(stage, stage.alice, "looks:form:add:p:", fields)

            async def test(prompt=prompt):
                options = {"test": stage.alice, "prompt": prompt[:1000]}
                said(await stage.mo.slash(stage.channel, "restyle-settings", **options))

            async def search(prompt=prompt):
                fields = {"words": prompt[:40]}
                await forged.send_form(stage, stage.mo, "history:form:all:all:0:", fields)

            for does in (begin, keep, test, search):
                yield f"{does.__name__} {prompt[:10]}", does

    return request.param or prompts


@pytest.mark.parametrize("use", [commands, controls, suggestions, None], indirect=True)
async def test_nothing_that_can_be_used_holds_the_loop_up(crowded, use):
    assert await stalls(crowded, use) == []


async def test_the_largest_files_and_changes_hold_nothing_up(crowded, open_panel):
    """An import with the most names and every one twice, and a change that is tried out."""
    panel = await open_panel()
    names = ", ".join(f'"name{number}": 1, "name{number}": 2' for number in range(12_500))
    twice = ('{"format": 1, "server": {' + names + "}}").encode()
    rules = [
        {"kind": "pattern", "text": f"(x+x+)+{number}", "action": "refuse"}
        for number in range(MAX_RULES)
    ]
    many = json.dumps({"server": {"prompt_rules": rules}}).encode()

    async def use(stage):
        for name, data in (("twice", twice), ("patterns", many)):

            async def send(data=data):
                options = {"file": ("settings.json", data)}
                said(await stage.mo.slash(stage.channel, "restyle-settings", **options))

            yield name, send

        async def change():
            await panel.type("member_jobs_per_day", "1")

        yield "preview", change

    assert await stalls(crowded, use) == []
