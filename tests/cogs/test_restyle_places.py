"""Where the answer to a request comes: in a thread, or in the place itself."""

import discord

from tests.cogs.conftest import buttons_of


async def test_in_a_news_channel_a_thread_can_be_opened(stage, clip):
    news = stage.guild.create_news_channel("news")
    assert (await stage.job(await stage.restyle(clip, where=news))).can_open_thread


async def test_in_a_voice_chat_the_answer_comes_in_place(stage, clip):
    voice = stage.guild.create_voice_channel("lounge")
    result = await stage.restyle(clip, where=voice)
    assert not (await stage.job(result)).can_open_thread


async def test_without_the_permission_for_threads_the_answer_comes_in_place(stage, clip):
    channel = stage.guild.create_text_channel(
        "flat",
        overwrites={stage.bot.user: discord.PermissionOverwrite(create_public_threads=False)},
    )
    result = await stage.restyle(clip, where=channel)
    assert not (await stage.job(result)).can_open_thread
    [record] = channel.history()
    assert buttons_of(record) == {"Cancel": f"restyle:{(await stage.job(result)).id}:cancel"}


async def test_in_a_thread_the_answer_comes_in_place(stage, clip):
    first = await stage.started(clip)
    [thread] = stage.channel.threads
    result = await stage.restyle(clip, where=thread)
    job = await stage.job(result)
    assert not job.can_open_thread
    assert job.channel_id == thread.id == first.thread_id


async def test_a_thread_of_an_allowed_channel_is_allowed(stage, clip):
    await stage.set(allowed_channel_ids=frozenset({stage.channel.id}))
    await stage.started(clip)
    [thread] = stage.channel.threads
    assert await stage.job(await stage.restyle(clip, where=thread)) is not None


async def test_in_a_forum_post_the_answer_comes_in_place(stage, clip):
    forum = stage.guild.create_forum_channel("clips")
    cached = stage.bot.get_channel(forum.id)
    await cached.create_thread(name="a post", content="first message")
    [post] = forum.threads
    job = await stage.job(await stage.restyle(clip, where=post))
    assert job is not None
    assert not job.can_open_thread


async def test_in_direct_messages_the_answer_comes_in_place(stage, clip):
    result = await stage.alice.user.slash("restyle", video=("clip.mp4", clip), prompt="neon")
    job = await stage.job(result)
    assert job.guild_id is None
    assert not job.can_open_thread
    assert job.public_figure_threshold == "auto"
