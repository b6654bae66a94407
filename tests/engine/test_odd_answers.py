"""Odd answers of the provider, through the whole of a job's way: paid once, and never stuck."""

import pytest

from bot.domain.jobs import Charge, JobState
from bot.domain.money import CostSource
from bot.domain.quotas import LedgerStatus
from bot.storage.consistency import disagreements
from sandbox.cometapi import HttpAnswer
from tests.storage.money import HOLDERS, rows_of

PRICE = 750_000
VIDEO = "https://cdn.discordapp.com/attachments/1/2/output.mp4"


async def add(bench):
    return await bench.add(id=1, price_micros=PRICE, holders=HOLDERS)


async def check(bench, caplog):
    """That nothing broke in the program, nothing was paid twice, and the books agree."""
    assert " broke" not in caplog.text
    assert "step failed" not in caplog.text
    assert len(bench.standin.creates) <= 1
    assert await disagreements(bench.store._database) == []


@pytest.mark.parametrize(
    "extra",
    [
        b', "estimatedCost": {"credits": 1e300}',
        b', "estimatedCost": {"credits": NaN}',
        b', "estimatedCost": {"credits": -5}',
        b', "estimatedCost": {"credits": 0}',
        b', "estimatedCost": [null, {"credits": {}}]',
        b', "error": {"message": "\\u0000 \\ud800"}, "code": 500, "data": null',
        b', "id": "0-the-last-of-two"',
    ],
)
async def test_an_accepted_request_is_recorded_whatever_else_is_in_the_answer(bench, caplog, extra):
    body = b'{"id": "0-the-first"' + extra + b"}"
    bench.standin.script.create(HttpAnswer(status=200, body=body, accepted=True))
    handle = await add(bench)
    await bench.step(handle)
    job = await bench.job(handle)
    assert job.state is JobState.RUNNING
    assert job.task_id.startswith("0-the-")
    assert await rows_of(bench.store, 1) == {(LedgerStatus.COMMITTED, PRICE)}
    await check(bench, caplog)


@pytest.mark.parametrize(
    ("status", "body", "states"),
    [
        (200, b"<html>OK</html>", {JobState.UNCERTAIN}),
        (200, b'{"id": {"id": null}}', {JobState.UNCERTAIN}),
        (200, b'{"code": 400, "msg": "Failed to fetch asset."}', {JobState.FAILED}),
        (200, b'{"code": 429, "msg": "later"}', {JobState.UNCERTAIN}),
        (200, b'{"code": 500, "msg": "\\u0000"}', {JobState.UNCERTAIN}),
        (202, b"", {JobState.UNCERTAIN}),
        (302, b"", {JobState.UNCERTAIN}),
        (500, b'{"error": {"code": 1e400}}', {JobState.UNCERTAIN}),
        (418, b"\xff\xfe", {JobState.FAILED}),
    ],
)
async def test_any_other_answer_ends_the_matter_without_a_second_request(
    bench, caplog, status, body, states
):
    bench.standin.script.create(HttpAnswer(status=status, body=body))
    handle = await add(bench)
    await bench.run(handle)
    job = await bench.job(handle)
    assert job.state in states
    uncertain = job.state is JobState.UNCERTAIN
    standing = LedgerStatus.RESERVED if uncertain else LedgerStatus.RELEASED
    assert await rows_of(bench.store, 1) == {(standing, PRICE)}
    assert job.charge is (Charge.UNKNOWN if uncertain else Charge.NO)
    assert bench.standin.creates == []
    await check(bench, caplog)


WAITING = [
    b"<html>502</html>",
    b"",
    b"null",
    b"[[[[[[]]]]]]",
    b'{"status": 7, "id": []}',
    b'{"id": "t", "status": "RUNNING", "progress": 1e999}',
    b'{"id": "t", "status": "FINISHED", "output": [[[[[["%s"]]]]]]}' % VIDEO.encode(),
    b'{"code": "success", "data": {"data": {"data": {"data": null}}}}',
    b'{"code": "success", "data": {"task_id": "t", "status": null, "quota": -1, "data": null}}',
]


@pytest.mark.parametrize("body", WAITING)
async def test_an_answer_that_says_nothing_is_asked_for_again(bench, caplog, body):
    handle = await add(bench)
    await bench.step(handle)
    bench.standin.script.poll(HttpAnswer(status=200, body=body))
    job = await bench.run(handle)
    assert job.state is JobState.DONE
    await check(bench, caplog)


@pytest.mark.parametrize(
    ("quota", "micros", "source"),
    [
        (b"500000", 1_000_000, CostSource.QUOTA),
        (b"0", PRICE, None),
        (b"-1", PRICE, None),
        (b"NaN", PRICE, None),
        (b"1e300", PRICE, None),
        (b"9223372036854775807", PRICE, None),
        (b'"500000"', PRICE, None),
    ],
)
async def test_a_result_is_delivered_whatever_it_is_said_to_cost(
    bench, caplog, quota, micros, source
):
    handle = await add(bench)
    await bench.step(handle)
    task = b'{"task_id": "t", "status": "SUCCESS", "result_url": "%s", "quota": %s}'
    body = b'{"code": "success", "data": ' + task % (VIDEO.encode(), quota) + b"}"
    bench.standin.script.poll(HttpAnswer(status=200, body=body))
    job = await bench.run(handle)
    assert (job.state, job.cost_source) == (JobState.DONE, source)
    assert await rows_of(bench.store, 1) == {(LedgerStatus.COMMITTED, micros)}
    await check(bench, caplog)


async def test_a_failure_in_words_that_no_database_takes_is_told(bench, caplog):
    handle = await add(bench)
    await bench.step(handle)
    body = b'{"id": "t", "status": "FAILED", "failure": "a \\u0000 b \\ud800 c", "cost": {}}'
    bench.standin.script.poll(HttpAnswer(status=200, body=body))
    job = await bench.run(handle)
    assert (job.state, job.charge) == (JobState.FAILED, Charge.UNKNOWN)
    assert bench.deliverer.told == [1]
    await check(bench, caplog)
