"""The engine and a provider beside the simulated Discord, for the tests of the whole way."""

import asyncio
import io
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import aiohttp
import discord
import pytest

from bot.cometapi.client import CometClient
from bot.domain.jobs import Hold
from bot.engine.engine import Engine
from bot.media.processing import MediaProcessor
from bot.storage.store import open_store
from sandbox.cometapi import StandIn
from tests.factories import new_job


@pytest.fixture
async def sqlite_store(database_url):
    """On PostgreSQL as well, whatever its name says."""
    async with open_store(database_url, worker_id="flow") as store:
        yield store


@pytest.fixture
async def standin():
    async with StandIn(check_assets=False, restyles=False) as server:
        yield server


@pytest.fixture
def settings(settings, standin):
    return settings.model_copy(
        update={
            "cometapi_base_url": standin.base_url,
            "poll_min_seconds": 0.05,
            "poll_max_seconds": 0.1,
        }
    )


@pytest.fixture
def open_engine(simcord_env, settings, downloader, sqlite_store):
    """``async with open_engine():`` the engine of one process."""

    @asynccontextmanager
    async def start():
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as http:
            comet = CometClient(
                http,
                base_url=settings.cometapi_base_url,
                api_key=settings.cometapi_key,
                version=settings.runway_version,
            )
            async with Engine(
                settings=settings,
                store=sqlite_store,
                comet=comet,
                deliverer=simcord_env.bot.deliverer,
                downloader=downloader,
                scratch=simcord_env.bot.scratch,
                media=MediaProcessor(simcord_env.bot.process_pool),
                approval_prompts=simcord_env.bot.approval_prompts,
            ):
                yield

    return start


async def accepted(stage, clip, number=1, *, reasons=None, **fields):
    """Store a job as the command would: its record posted, its clip an attachment."""
    channel = stage.bot.get_channel(stage.channel.id)
    upload = await channel.send(file=discord.File(io.BytesIO(clip), filename="clip.mp4"))
    job = new_job(
        upload.id + number,
        guild_id=stage.guild.id,
        channel_id=stage.channel.id,
        record_message_id=upload.id,
        user_id=stage.alice.id,
        source_url=upload.attachments[0].url,
        source_bytes=len(clip),
        source_seconds=1.0,
        prompt="a rainy night",
        **fields,
    )
    if reasons is None:
        reasons = ["mode"] if job.hold is Hold.REVIEW else []
    stored = await stage.store.add(job, review_reasons=reasons)
    stage.new_jobs.set()
    return stored


async def until(condition):
    """Wait for the engine, which works on the wall clock."""
    for _ in range(1200):  # a minute: a machine may be busy with something else
        found = condition()
        if asyncio.iscoroutine(found):
            found = await found
        if found:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("waited in vain")


async def in_state(stage, job, *states):
    async def look():
        found = await stage.store.get(job.id)
        return found if found.state in states and (found.told_at or not found.is_settled) else None

    return await until(look)


def in_an_hour():
    return datetime.now(UTC) + timedelta(hours=1)
