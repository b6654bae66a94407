"""``/restyle-help`` with the server's real numbers, and the first words on a new server."""

import pytest

from bot.texts import help as help_texts
from tests.cogs.conftest import buttons_of, said


async def press(person, message, label):
    return await person.click(message, custom_id=buttons_of(message)[label])


async def test_help_says_how_with_this_servers_numbers_and_a_command_to_click(stage):
    await stage.set(max_video_seconds=3)
    page = await stage.alice.slash(stage.channel, "restyle-help")
    assert page.ephemeral
    assert "Up to 3 s of it is restyled" in said(page)
    assert "</restyle:" in said(page)
    assert list(buttons_of(page.response.message)) == ["What it costs", "My data", "How I am told"]


async def test_a_command_is_named_plainly_until_discord_has_told_its_id(stage):
    stage.bot.command_mentions.learn({})
    before = len(stage.calls())
    page = await stage.alice.slash(stage.channel, "restyle-help")
    assert "Type /restyle and attach" in said(page)
    await stage.bot.registration.ask_again()  # they are registered, so it asks for the ids alone
    await stage.env.settle()
    page = await stage.alice.slash(stage.channel, "restyle-help")
    assert "Type </restyle:" in said(page)
    asked = [call.split()[0] for call in stage.calls()[before:] if "/commands" in call]
    assert asked == ["GET"]


async def test_the_costs_are_this_servers_and_what_is_left_is_ones_own(stage, clip, make_bot):
    await stage.set(max_video_seconds=4, member_jobs_per_day=9, ask_above_micros=500_000)
    await stage.restyle(clip)
    page = await stage.alice.slash(stage.channel, "restyle-help")
    bot = make_bot()
    await stage.env.restart_bot(bot)
    page = await press(stage.alice, page.response.message, "What it costs")
    assert "About $0.15 a second: $0.60 for 4 s, the longest part." in said(page)
    assert "Above $0.50 you are asked before it starts." in said(page)
    assert "8 of your 9 clips today" in said(page)
    await bot.close()


async def test_moderators_see_what_is_set_and_get_a_text_to_pin(stage):
    await stage.set(
        allowed_channel_ids=[stage.channel.id],
        micros_per_month=20_000_000,
        review_mode="spending",
        member_jobs_per_day=3,
    )
    page = await stage.mo.slash(stage.channel, "restyle-help")
    page = await press(stage.mo, page.response.message, "For moderators")
    words = said(page)
    assert f"Where: {stage.channel.mention}" in words
    assert "$20.00 a month, $20.00 left" in words
    assert "a moderator checks before money is spent" in words
    assert "</restyle-settings:" in words
    pin = said(await press(stage.mo, page.response.message, "Text to pin"))
    assert "Where: #videos." in pin
    assert "Clips for each member: 3 a day." in pin


async def test_members_are_not_offered_what_is_for_moderators(stage):
    page = await stage.alice.slash(stage.channel, "restyle-help")
    assert "For moderators" not in buttons_of(page.response.message)


@pytest.fixture
def joined(stage):
    """``await joined()``: a server that the bot has just joined, and its first words."""

    async def join(**options):
        guild = stage.env.create_guild("Newcomers")
        channel = guild.create_text_channel("lobby", **options)
        boss = guild.add_member(stage.env.create_user("boss"))
        found = stage.bot.get_guild(guild.id)
        stage.bot.dispatch("guild_join", found)
        await stage.env.settle()
        return guild, channel, boss

    return join


async def test_on_joining_a_server_three_steps_are_posted_once(stage, joined):
    _, channel, _ = await joined()
    [words] = channel.history()
    text = "\n".join(texts_in(words.components))
    assert text.startswith("**Restyle is here.** Three steps and your members can restyle clips:")
    assert "3. Who checks requests (now: nobody)" in text
    assert list(buttons_of(words)) == [
        "Set it up",
        "What does it cost?",
        "What happens to our clips?",
    ]


def texts_in(components):
    for component in components:
        if (content := getattr(component, "content", None)) is not None:
            yield content
        yield from texts_in(getattr(component, "children", None) or [])


async def test_the_steps_are_answered_in_private_after_a_restart(stage, joined, make_bot):
    _, channel, boss = await joined()
    [words] = channel.history()
    bot = make_bot()
    await stage.env.restart_bot(bot)
    refused = await press(boss, words, "Set it up")
    assert "This is for members with Manage Server" in said(refused)
    cost = await press(boss, words, "What does it cost?")
    assert cost.ephemeral
    assert "About $0.15 a second" in said(cost)
    data = await press(boss, words, "What happens to our clips?")
    assert "A clip and its prompt go to CometAPI and Runway" in said(data)
    assert len(channel.history()) == 1
    await bot.close()


async def test_a_manager_sets_it_up_from_there(stage):
    stage.bot.dispatch("guild_join", stage.bot.get_guild(stage.guild.id))
    await stage.env.settle()
    [words] = stage.channel.history()
    panel = await press(stage.mo, words, "Set it up")
    assert panel.ephemeral
    assert "Settings" in said(panel) or buttons_of(panel.response.message)


class TestElsewhere:
    @pytest.fixture
    def settings(self, settings):
        return settings.model_copy(update={"servers": "1" * 18})

    async def test_on_a_server_that_is_not_the_operators_nothing_is_said(self, joined):
        _, channel, _ = await joined()
        assert channel.history() == []


def test_what_a_new_server_may_spend_is_the_lower_of_its_own_and_the_bots():
    assert help_texts.spending(None, 20_000_000) == "$20.00 a month, shared with other servers"
    assert help_texts.spending(5_000_000, 20_000_000) == "$5.00 a month"
    assert help_texts.spending(None, None) == "no limit"
