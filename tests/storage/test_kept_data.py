"""The table of what is kept: whole, and true to what the code does."""

import json
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from bot.domain.jobs import FailureReason, JobState
from bot.domain.kept_data import KEPT_DATA, Term, Wish
from bot.domain.personal_data import export
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.domain.telling import ToldBy
from bot.settings import Settings
from bot.storage import retention
from bot.storage.tables import metadata
from bot.storage.tables.job import jobs
from bot.storage.tables.look import looks
from bot.storage.tables.people import blocks, strikes, wishes
from bot.storage.tables.request import open_requests
from bot.storage.tables.review import appeals, reviews
from bot.storage.wiping import WIPED, WIPED_REVIEW
from bot.texts.kept_data import page_with_table
from tests.factories import GUILD_ID, USER_ID
from tests.storage.rows import put

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "privacy.md"
TEMPLATES = ROOT / "docs" / "templates"
AUTHOR = USER_ID + 1


def test_every_column_of_the_schema_has_one_answer():
    answered = Counter(name for kept in KEPT_DATA for name in kept.names())
    schema = {f"{t.name}.{column.name}" for t in metadata.tables.values() for column in t.columns}
    assert not schema - set(answered), "say in bot/domain/kept_data.py why and how long it is kept"
    assert not set(answered) - schema
    assert [name for name, count in answered.items() if count > 1] == []


def test_every_answer_is_whole():
    for kept in KEPT_DATA:
        assert (kept.exported is None) == bool(kept.unexported_because), kept.what
        assert (kept.wish is Wish.KEPT) == bool(kept.kept_because), kept.what


def test_what_the_table_says_is_emptied_is_what_the_code_empties():
    said = {name for kept in KEPT_DATA if kept.wish is Wish.EMPTIED for name in kept.names()}
    done = {f"jobs.{name}" for name in WIPED} | {f"reviews.{name}" for name in WIPED_REVIEW}
    whole = {
        f"{t.name}.{column.name}" for t in (open_requests, looks, wishes) for column in t.columns
    }
    assert said == done | whole | {"appeals.about", "appeals.words", "appeals.answer"}
    aged = {Term.WORDS, Term.ARCHIVE}
    assert {n for kept in KEPT_DATA if kept.term in aged for n in kept.names()} == done


def test_what_the_table_says_goes_with_a_server_is_what_the_code_deletes():
    gone = {name for kept in KEPT_DATA if kept.goes_with_server for name in kept.names()}
    whole = {f"{t.name}.{column.name}" for t in retention.OF_SERVER for column in t.columns}
    assert gone == whole | {f"jobs.{name}" for name in WIPED}


def test_the_page_has_todays_table():
    page = PAGE.read_text(encoding="utf-8")
    assert page_with_table(page) == page, "run `make privacy`"


def test_the_templates_name_the_terms_that_hold_by_default():
    settings = Settings(_env_file=None, discord_token="t", cometapi_key="k")
    policy = (TEMPLATES / "privacy-policy.md").read_text(encoding="utf-8")
    days = settings.retention
    for words in (
        f"Prompts and links: [{days['words']:g}] days",
        f"Questions to moderators: [{days['questions']:g}] days",
        f"Strikes: [{days['strikes']:g}] days",
        f"Changes of settings: [{days['changes']:g}] days",
        f"Everything about a server: [{settings.guild_gone_days:g}] days",
    ):
        assert words in policy
    terms = (TEMPLATES / "terms.md").read_text(encoding="utf-8")
    assert f"[{settings.guild_gone_days:g}] days" in terms


def keys_of(document, path=""):
    """Return every key of an export that has a value: ``jobs.prompt``."""
    if isinstance(document, list):
        return {key for one in document for key in keys_of(one, path)}
    if isinstance(document, dict):
        inner = [keys_of(value, f"{path}.{key}".lstrip(".")) for key, value in document.items()]
        return set().union(*inner)
    return {path} if document is not None else set()


@pytest.fixture
async def everything(store, clock):
    """Something in every place that the export reads, with no column of it empty."""
    now = clock()
    for number, fields in ((1, {"user_id": USER_ID}), (2, {"user_id": 9})):
        await put(
            store,
            number,
            JobState.FAILED if number == 1 else JobState.CANCELLED,
            told_at=now,
            **dict.fromkeys(set(WIPED) - {"role_ids"}, "private"),
            role_ids=frozenset({7}),
            source_author_id=AUTHOR if number == 1 else USER_ID,
            submitted_at=now,
            finished_at=now,
            deleted_at=now,
            failure=FailureReason.SAFETY_PROMPT,
            cancel_reason="consent_refused",
            price_micros=1,
            cost_credits=2.0,
            **fields,
        )
    who = {"guild_id": GUILD_ID, "user_id": USER_ID}
    async with store._database.transaction() as connection:
        for table, values in {
            reviews: {"job_id": 1, "guild_id": GUILD_ID, "stage": ReviewStage.SPENDING}
            | {"standing": ReviewStatus.DENIED, "opened_at": now, "expires_at": now}
            | {"decided_at": now, "note": "private", "prompt_before": "private"}
            | {"reasons": '["private"]'},
            appeals: who
            | {"id": 3, "about": "private", "words": "private", "answer": "private"}
            | {"opened_at": now, "told_at": now},
            strikes: who
            | {"job_id": 1, "struck_at": now, "lifted_at": now}
            | {"failure": FailureReason.SAFETY_PROMPT},
            looks: {"id": 6, "user_id": USER_ID, "name": "private", "words": "private {prompt}"}
            | {"seed": 1, "ratio": "1:1", "model": "m", "picture_job_id": 2, "saved_at": now},
            wishes: {"user_id": USER_ID, "told_by": ToldBy.DIRECT, "since": now},
            open_requests: who | {"id": 5, "words": "private", "kept_at": now},
            blocks: who | {"blocked_by": 1, "blocked_at": now, "note": "be kind"},
        }.items():
            await connection.execute(insert(table).values(values))
    await store.consents.opt_out(USER_ID)


async def test_the_export_has_what_the_table_names_and_nothing_else(store, everything):
    kept = await store.privacy.kept(USER_ID)
    await put(store, 4, JobState.RUNNING)  # so that a deletion is under way
    await store.privacy.forget(USER_ID)
    later = await store.privacy.kept(USER_ID)
    found = set()
    for one in (kept, later):
        found |= keys_of(json.loads(export(one, max_bytes=10**6)[0]))
    named = {key for data in KEPT_DATA if data.exported for key in data.exported.split()}
    assert found - {"about", "older_jobs_left_out"} == named


async def test_no_word_of_a_person_is_left_in_any_row(store, everything):
    await store.privacy.forget(USER_ID)
    async with store._database.transaction() as connection:
        left = {
            table.name: (await connection.execute(select(table).where(condition))).all()
            for table, condition in (
                (jobs, jobs.c.user_id == USER_ID),
                (reviews, reviews.c.job_id == 1),
                (appeals, appeals.c.user_id == USER_ID),
            )
        }
        rows = [
            (await connection.execute(select(func.count()).select_from(table))).scalar()
            for table in (open_requests, looks, wishes)
        ]
    assert all(left.values())
    assert "private" not in repr(left)
    assert rows == [0, 0, 0]
