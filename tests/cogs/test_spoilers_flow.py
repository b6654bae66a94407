"""A spoiler stays one: in every message that Discord ever got about such a job."""

import io

import discord
import pytest

from bot.domain.jobs import Hold, JobState
from bot.engine.extras import Extras
from bot.media.processing import MediaProcessor
from bot.media.scratch import Scratch
from bot.system.clock import SystemClock
from tests.cogs.conftest import buttons_of
from tests.cogs.flows import (
    accepted,
    in_an_hour,
    open_engine,
    settings,
    sqlite_store,
    standin,
    until,
)

__all__ = ["open_engine", "settings", "sqlite_store", "standin"]

THUMBNAIL, GALLERY, FILE = 11, 12, 13


@pytest.fixture
async def simcord_bot(make_bot):
    bot = make_bot()
    yield bot
    await bot.close()


def media_in(body):
    """Yield ``(address, spoiler)`` of all media of a request's body."""
    if isinstance(body, list):
        for part in body:
            yield from media_in(part)
    elif isinstance(body, dict):
        if body.get("type") == GALLERY:
            for item in body["items"]:
                yield item["media"]["url"], bool(item.get("spoiler"))
        elif body.get("type") in {THUMBNAIL, FILE}:
            media = body.get("media") or body.get("file")
            yield media["url"], bool(body.get("spoiler"))
        for part in body.values():
            if isinstance(part, dict | list):
                yield from media_in(part)


async def pressed(stage, who, message, label):
    return await who.click(message, custom_id=buttons_of(message)[label])


async def test_whatever_is_shown_of_a_spoiler_is_behind_one(
    stage, standin, clip, picture, open_engine, tmp_path, downloader
):
    reviews = stage.guild.create_text_channel("reviews")
    shown = stage.guild.create_text_channel("finished")
    await stage.set(review_channel_id=reviews.id, announce_channel_id=shown.id)
    extras = Extras(
        deliverer=stage.bot.deliverer,
        downloader=downloader,
        scratch=Scratch(tmp_path / "extras"),
        media=MediaProcessor(stage.bot.process_pool),
        clock=SystemClock(),
        max_output_bytes=10**8,
    )
    stage.bot.extras = extras
    channel = stage.bot.get_channel(stage.channel.id)
    style = await channel.send(file=discord.File(io.BytesIO(picture), "style.png"))
    async with open_engine():
        job = await accepted(
            stage,
            clip,
            hold=Hold.REVIEW,
            held_until=in_an_hour(),
            review_output=True,
            spoiler=True,
            reference_url=style.attachments[0].url,
        )
        approved = set()
        for _ in range(2):  # before spending, and before publishing

            def open_card():
                cards = [m for m in reviews.history() if "Approve" in buttons_of(m)]
                return next((card for card in cards if card.id not in approved), None)

            card = await until(open_card)
            approved.add(card.id)
            await pressed(stage, stage.mo, card, "Approve")

        async def is_told():
            found = await stage.store.get(job.id)
            return found if found.told_at is not None else None

        job = await until(is_told)
        [thread] = stage.channel.threads
        answer = next(m for m in thread.history() if m.id == job.answer_message_id)
        await pressed(stage, stage.alice, answer, "Compare")
        await until(lambda: thread.last_message.id != answer.id)
    await extras.close()
    assert job.state is JobState.DONE
    assert shown.history()
    calls = [call for call in stage.env.http_requests if "/messages" in call.path]
    bodies = [call.json for call in calls if call.json]
    media = [found for body in bodies for found in media_in(body)]
    # kept clip and picture; both on the first card; result on the second; result, frames; extra
    assert len(media) >= 8
    assert [address for address, spoiler in media if not spoiler] == []
    named = [address for address, _ in media if address.startswith("attachment://")]
    assert all(address.startswith("attachment://SPOILER_") for address in named)
