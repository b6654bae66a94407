"""``/restyle-jobs``: one's own clips and a server's, found, opened, and gone on with."""

import discord
import pytest

from bot.domain.jobs import Extra, Hold, JobState
from bot.engine.ports import AnswerContent
from bot.texts import history as history_texts
from tests.cogs.conftest import buttons_of, said
from tests.cogs.forged import WORDS as MENU
from tests.cogs.forged import press as forge
from tests.cogs.forged import send_form
from tests.cogs.pages import message_of, press, restart
from tests.cogs.panels import text_of
from tests.storage.rows import put


@pytest.fixture
def result(stage, clip, picture, tmp_path):
    """``await result()``: a finished job of Alice's with its video and picture."""
    video, shown = tmp_path / "restyled.mp4", tmp_path / "picture.png"
    video.write_bytes(clip)
    shown.write_bytes(picture)

    async def make(**options):
        answer = AnswerContent(video=video, picture=shown, offers=frozenset({Extra.COMPARE}))
        return await stage.done(clip, answer, **options)

    return make


@pytest.fixture
def listed(stage):
    async def open_it(who=None):
        shown = await (who or stage.alice).slash(stage.channel, "restyle-jobs")
        assert shown.ephemeral
        return shown

    return open_it


async def choose(who, page, verb, value):
    found = [custom for custom in menus_of(message_of(page)) if f":{verb}:" in custom]
    return await who.select(message_of(page), [value], custom_id=found[0])


def menus_of(message):
    return [one.custom_id for one in walk(message) if isinstance(one, discord.SelectMenu)]


def thumbnails_of(message):
    return [one.media.url for one in walk(message) if isinstance(one, discord.ThumbnailComponent)]


def walk(found):
    for one in getattr(found, "components", None) or getattr(found, "children", None) or []:
        yield one
        yield from walk(one)
        if (accessory := getattr(one, "accessory", None)) is not None:
            yield accessory


async def test_a_clip_is_found_opened_and_done_again_from_the_list_after_restarts(
    stage, result, listed, make_bot
):
    job, answer = await result(seed=7)
    page = await listed()
    assert "**Done**" in text_of(message_of(page))
    files = {file.filename: file.url for file in answer.attachments}
    assert thumbnails_of(message_of(page)) == [files["before-and-after.png"]]
    bot = await restart(stage, make_bot)
    await choose(stage.alice, page, "open", str(job.id))
    buttons = buttons_of(message_of(page))
    assert list(buttons)[:5] == ["Again", "Change…", "Use as source", "Compare", "More ▾"]
    assert buttons["Go to it"] == answer.jump_url
    assert buttons["As posted here"] == files["restyled.mp4"]
    again = await restart(stage, make_bot)
    started = await stage.job(await press(stage.alice, page, "Again"))
    assert (started.state, started.prompt) == (JobState.QUEUED, job.prompt)
    await press(stage.alice, page, "Back to the list")
    assert "**Waiting to start**" in text_of(message_of(page)).splitlines()[1]
    for one in (bot, again):
        await one.close()


async def test_what_waits_can_be_cancelled_and_what_failed_tried_again(stage, clip, listed):
    waiting = await stage.job(await stage.restyle(clip, prompt="the first"))
    failed = await stage.failed(clip, prompt="the second")
    page = await listed()
    await choose(stage.alice, page, "open", str(failed.id))
    assert "safety check" in text_of(message_of(page))
    assert list(buttons_of(message_of(page)))[:1] == ["Try again…"]
    await press(stage.alice, page, "Back to the list")
    await choose(stage.alice, page, "open", str(waiting.id))
    await press(stage.alice, page, "Cancel")
    assert (await stage.store.get(waiting.id)).state is JobState.CANCELLED


async def test_a_list_is_narrowed_by_state_and_words(stage, clip, listed, make_bot):
    await stage.restyle(clip, prompt="a rainy night")
    await stage.failed(clip, prompt="a snowy morning")
    page = await listed()
    form = await press(stage.alice, page, "Search…")
    bot = await restart(stage, make_bot)
    await stage.alice.submit_modal(form, {"words": "SNOWY"})
    words = text_of(message_of(page))
    assert "snowy" in words.lower().partition("with")[2]
    assert "rainy" not in words
    await press(stage.alice, page, "Show all")
    assert "rainy" in text_of(message_of(page))
    await choose(stage.alice, page, "states", "done")
    assert "No clips match" in text_of(message_of(page))
    await bot.close()


async def test_an_empty_list_says_how_to_begin(stage, listed):
    assert "Type </restyle:" in text_of(message_of(await listed()))


async def test_pages_follow_one_another(stage, clip, listed):
    job = await stage.job(await stage.restyle(clip))
    for number in range(7):
        await put(stage.store, 100 + number, JobState.DONE, **whose(job))
    page = await listed()
    assert text_of(message_of(page)).count("**Done**") == 4
    await press(stage.alice, page, "Older")
    assert text_of(message_of(page)).count("**Done**") == 3
    assert "Older" not in buttons_of(message_of(page))
    await press(stage.alice, page, "Newest")
    assert "Waiting to start" in text_of(message_of(page))


def whose(job):
    return {
        "guild_id": job.guild_id,
        "user_id": job.user_id,
        "channel_id": job.channel_id,
    }


async def test_moderators_see_the_servers_but_not_of_channels_that_are_closed_to_them(
    stage, result, clip, listed
):
    job, _ = await result()
    held = await stage.job(await stage.restyle(clip, prompt="waits for a yes", who=stage.bob))
    await put(stage.store, held.id, JobState.HELD, hold=Hold.CONSENT)
    page = await listed(stage.mo)
    await press(stage.mo, page, "This server's")
    words = text_of(message_of(page))
    assert f"<@{stage.alice.id}>" in words
    assert "waits for a yes" not in words
    await choose(stage.mo, page, "open", str(job.id))
    assert "Again" in buttons_of(message_of(page))
    channel = stage.bot.get_channel(stage.channel.id)
    lounge = stage.guild.create_text_channel("lounge")
    mods = discord.utils.get(stage.bot.get_guild(stage.guild.id).roles, name="Mods")
    await channel.set_permissions(mods, view_channel=False)
    stage.channel = lounge
    page = await listed(stage.mo)
    await press(stage.mo, page, "This server's")
    assert f"<@{stage.alice.id}>" not in text_of(message_of(page))
    gone = await forge(stage, stage.mo, "history:open:all:all:0:", [str(job.id)], kind=MENU)
    assert history_texts.NOT_THERE in said(gone)


async def test_members_see_no_others_whatever_they_send(stage, result, listed):
    job, _ = await result()
    assert "This server's" not in buttons_of(message_of(await listed(stage.bob)))
    refused = "This is for this server's moderators"
    for verb in ("list", "search"):
        assert refused in said(await forge(stage, stage.bob, f"history:{verb}:all:all:0:"))
    for whose_list, words in {"all": refused, "own": history_texts.NOT_THERE}.items():
        custom_id = f"history:open:{whose_list}:all:0:"
        opened = await forge(stage, stage.bob, custom_id, [str(job.id)], kind=MENU)
        assert words in said(opened)
    sent = await send_form(stage, stage.bob, "history:form:all:all:0:", {"words": "rain"})
    assert refused in said(sent)


async def test_in_direct_messages_there_are_the_clips_of_there(stage, clip, result):
    await result()
    await stage.alice.user.slash("restyle", video=("clip.mp4", clip), prompt="just me")
    page = await stage.alice.user.slash("restyle-jobs")
    words = text_of(message_of(page))
    assert "just me" in words
    assert "**Done**" not in words


async def test_odd_characters_are_looked_for_as_prompts_are_kept(stage, clip):
    await stage.restyle(clip, prompt="rain 🌧 falls")
    custom = "history:form:own:all:0:"
    found = await send_form(stage, stage.alice, custom, {"words": "rain\x00 🌧\ud800"})
    assert "rain 🌧 falls" in text_of(found.response.message)
    none = await send_form(stage, stage.alice, custom, {"words": "🌧" * 40})
    ids = [*menus_of(message_of(none)), *buttons_of(message_of(none)).values()]
    assert max(len(one.encode("utf-16-le")) // 2 for one in ids) <= 100
