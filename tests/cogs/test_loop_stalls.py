"""Whatever one person can start, the event loop has others' turns in between.

What is measured is the processor time that this thread spends in one callback of the loop, not how
long it takes by the clock: on a busy machine another process may have the processor for a second
while nothing of ours is at fault. The bound is wide (people's own: 50 ms), since the simulated
Discord does its work in the same callbacks, and some machines are slow: what this finds is work
that grows with what a person sends or a server has.
"""

import asyncio
import gc
import json
import time
from contextlib import contextmanager

import pytest
from sqlalchemy import insert

from bot.domain.jobs import JobState
from bot.domain.quotas import LedgerStatus, Scope
from bot.policy.problems import SERVER
from bot.policy.prompt_rules.rules import MAX_RULES, PromptRule, RuleAction, RuleKind
from bot.storage.rows import row_from
from bot.storage.tables.job import jobs
from bot.storage.tables.money import ledger
from tests.cogs import forged
from tests.cogs.conftest import said
from tests.cogs.test_forged_options import leaves
from tests.cogs.test_items import JOB, POSTED
from tests.factories import new_job
from tests.storage.money import set_values

MOST_SECONDS = 0.2
JOBS = 500
"""Enough to see what grows with them; ``test_batches.py`` is about thousands."""
LONGEST = "b l o o d-" * 100


@contextmanager
def watched(found):
    """Note the longest callback of the loop, in processor time, with what was done meanwhile."""
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


@pytest.fixture
async def crowded(stage):
    """A server with as much of everything as it can have, and its moderator with the jobs."""
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
    """Return which of the things that ``use`` does held the loop up, and for how long."""
    wrong = []
    async for name, done in use(stage):
        found = []
        with watched(found):
            await done()
        seconds, where = max(found)
        if seconds > MOST_SECONDS:
            wrong.append((name, round(seconds, 3), where[:160]))
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
        for name in reversed(names[1:]):
            kind = 1 if name == names[-1] else 2
            options = [{"name": name, "type": kind, "options": options}]
        data = {"id": "1", "name": names[0], "type": 1, "options": options, "resolved": {}}

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


@pytest.mark.parametrize("use", [commands, controls])
async def test_nothing_that_can_be_used_holds_the_loop_up(crowded, use):
    assert await stalls(crowded, use) == []


async def test_the_largest_files_and_changes_hold_nothing_up(crowded, open_panel):
    """An import with the most names and every one twice, and a change that is tried out."""
    panel = await open_panel()
    names = ", ".join(f'"name{number}": 1, "name{number}": 2' for number in range(12_000))
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
