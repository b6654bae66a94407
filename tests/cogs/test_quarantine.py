"""What the bot's owner sees and does about clips that wait after a pause of the bot."""

import discord
import pytest
from discord import ui

from bot.domain.jobs import CancelReason, JobState
from cogs.common.cards import YELLOW, card
from cogs.owner.quarantine import QuarantineButton
from tests.cogs.conftest import said, text_of
from tests.factories import new_job

NUMBER = 1_400_000_000_000_000_001


@pytest.fixture
async def held_back(stage):
    """Two jobs of alice's in quarantine."""
    for number in range(2):
        await stage.store.add(
            new_job(
                NUMBER + number,
                guild_id=stage.guild.id,
                channel_id=stage.channel.id,
                user_id=stage.alice.id,
                prompt=f"prompt number {number}",
            )
        )
    await stage.store.quarantine.enter()


async def test_the_owner_looks_at_one_and_says_that_it_was_finished(stage, owner, held_back):
    shown = await owner.user.slash("restyle-owner quarantine")
    assert "prompt number 1" in text_of(shown.response.message)
    await owner.user.select(shown.response.message, [str(NUMBER)], custom_id="quarantine:choose")
    answer = await owner.user.click(
        shown.response.message, custom_id=f"restyle:{NUMBER}:quarantine-restored"
    )
    assert "Ended as already finished" in said(answer)
    job = await stage.store.get(NUMBER)
    assert (job.state, job.cancel_reason) == (JobState.CANCELLED, CancelReason.RESTORED)
    assert await stage.store.quarantine.count() == 1


async def test_the_owner_releases_all(stage, owner, held_back):
    shown = await owner.user.slash("restyle-owner quarantine")
    answer = await owner.user.click(shown.response.message, custom_id="quarantine:release-all")
    assert "2 clips released" in said(answer)
    assert await stage.store.quarantine.count() == 0
    assert stage.new_jobs.is_set()


async def test_the_notices_of_earlier_versions_go_on_working(stage, owner, held_back):
    view = card(YELLOW, ["2 clips need your decision"], ui.ActionRow(QuarantineButton("look")))
    channel = await stage.bot.create_dm(discord.Object(owner.id))
    notice = await channel.send(view=view)
    await owner.user.click(notice, custom_id="quarantine:look")
    assert "prompt number 1" in text_of(owner.user.dm_channel.history()[-1])
