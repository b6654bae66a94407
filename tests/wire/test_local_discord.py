"""The local Discord against discord.py itself: is it what discord.py expects?"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
import zstandard

from tests.fakes import (
    Channel,
    Description,
    DiscordServer,
    User,
    lost_answer,
    rate_limited,
    refused,
    unavailable,
)
from tests.fakes.world import DM, NEWS, VOICE
from tests.wire.echo import CLIP, THREAD, Card, Echo, connected, nothing, thread_or_text

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable


@pytest.fixture
def place(discord_server: DiscordServer) -> Channel:
    return discord_server.add_channel(discord_server.add_guild(boost_level=2))


@pytest.fixture
def mira(discord_server: DiscordServer) -> User:
    return discord_server.add_user("mira")


@pytest.fixture
async def client(discord_server: DiscordServer, place: Channel) -> AsyncIterator[Echo]:
    async with connected(discord_server, Echo(nothing)) as client:
        yield client


async def test_the_client_knows_its_guild_and_its_permissions(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    guild = client.guilds[0]
    channel = guild.get_channel(place.id)
    assert isinstance(channel, discord.TextChannel)
    assert guild.filesize_limit == 50 * 1024 * 1024
    assert channel.permissions_for(guild.me).create_public_threads
    assert not channel.permissions_for(guild.me).manage_threads
    assert [c["name"] for c in discord_server.commands[None]] == ["echo"]
    assert discord_server.gateway.identifies[0]["intents"] == 1


async def test_a_denied_permission_is_seen_by_the_client(discord_server: DiscordServer):
    guild = discord_server.add_guild()
    mute = discord_server.add_channel(guild, denied=1 << 15)
    async with connected(discord_server, Echo(nothing)) as client:
        channel = client.get_channel(mute.id)
        assert isinstance(channel, discord.TextChannel)
        assert not channel.permissions_for(channel.guild.me).attach_files


async def test_a_command_is_deferred_edited_and_continued_in_a_thread(
    discord_server: DiscordServer, place: Channel, mira: User
):
    async def handle(interaction: discord.Interaction, video: discord.Attachment) -> None:
        assert interaction.filesize_limit == 50 * 1024 * 1024
        assert interaction.app_permissions.create_public_threads
        response = await interaction.response.defer(thinking=True)
        assert response is not None
        assert response.is_thinking()
        assert isinstance(response.resource, discord.InteractionMessage)
        record = await interaction.edit_original_response(
            view=Card(f"{video.filename} {interaction.namespace.text}")
        )
        assert record.id == response.message_id
        assert isinstance(interaction.channel, discord.TextChannel)
        thread = await interaction.channel.get_partial_message(record.id).create_thread(name="Clip")
        await thread.send("in the thread", nonce="1")

    client = Echo(handle)
    async with connected(discord_server, client):
        done = await discord_server.use("echo", channel=place, user=mira, video=CLIP, text="hello")
        thread = await discord_server.until(lambda: discord_server.threads_of(place))
        await discord_server.until(lambda: thread[0].posts[1:])
    assert client.raised == []
    assert done.original is not None
    assert done.original.text == "clip.mp4 hello\nCancel"
    assert not done.original.is_loading
    assert thread[0].id == done.original.id
    assert [m.text for m in thread[0].posts[1:]] == ["in the thread"]
    assert done.acknowledged_after is not None


async def test_the_attachment_of_a_command_can_be_downloaded(
    discord_server: DiscordServer, place: Channel, mira: User
):
    got: list[bytes] = []

    async def handle(interaction: discord.Interaction, video: discord.Attachment) -> None:
        got.append(await video.read())
        await interaction.response.send_message("thanks", ephemeral=True)

    async with connected(discord_server, Echo(handle)):
        done = await discord_server.use("echo", channel=place, user=mira, video=CLIP, text="x")
        await discord_server.until(lambda: done.original)
    assert got == [CLIP.data]
    assert done.original is not None
    assert done.original.is_ephemeral
    assert place.posts == []


async def test_a_button_opens_a_form_and_the_form_changes_the_message(
    discord_server: DiscordServer, place: Channel, mira: User
):
    sent: list[str] = []

    class Form(discord.ui.Modal, title="New words"):
        words = discord.ui.Label(
            text="Words", component=discord.ui.TextInput(custom_id="words", max_length=20)
        )

        async def on_submit(self, interaction: discord.Interaction) -> None:
            assert isinstance(self.words.component, discord.ui.TextInput)
            sent.append(self.words.component.value)
            await interaction.response.edit_message(view=Card(sent[0]))

    async def handle(interaction: discord.Interaction, video: discord.Attachment) -> None:
        card = Card("old words")

        async def pressed(press: discord.Interaction) -> None:
            await press.response.send_modal(Form())

        next(i for i in card.walk_children() if isinstance(i, discord.ui.Button)).callback = pressed
        await interaction.response.send_message(view=card)

    async with connected(discord_server, Echo(handle)):
        done = await discord_server.use("echo", channel=place, user=mira, video=CLIP, text="x")
        record = await discord_server.until(lambda: done.original)
        (custom_id,) = record.custom_ids
        press = await discord_server.press(record, custom_id, channel=place, user=mira)
        await discord_server.until(lambda: press.data)
        form = await discord_server.submit(press, {"words": "new words"})
        await discord_server.until(lambda: form.acknowledged_after)
    assert sent == ["new words"]
    assert record.history == ["old words\nCancel", "new words\nCancel"]


async def test_an_event_that_comes_twice_can_be_answered_once(
    discord_server: DiscordServer, place: Channel, mira: User
):
    async def handle(interaction: discord.Interaction, video: discord.Attachment) -> None:
        await interaction.response.defer(thinking=True)

    client = Echo(handle)
    async with connected(discord_server, client):
        options = {"video": CLIP, "text": "x"}
        payload = discord_server.command_payload("echo", options, channel=place, user=mira)
        await discord_server.send(payload, user=mira)
        await discord_server.send(payload, user=mira)
        await discord_server.until(lambda: client.raised)
    assert [type(e) for e in client.raised] == [discord.InteractionResponded] or [
        getattr(e, "code", None) for e in client.raised
    ] == [40060]
    assert len(place.posts) == 1


async def test_a_late_first_answer_is_refused(
    discord_server: DiscordServer, place: Channel, mira: User
):
    async def handle(interaction: discord.Interaction, video: discord.Attachment) -> None:
        await interaction.response.defer(thinking=True)

    discord_server.ack_seconds = -1
    client = Echo(handle)
    async with connected(discord_server, client):
        await discord_server.use("echo", channel=place, user=mira, video=CLIP, text="x")
        await discord_server.until(lambda: client.raised)
    assert [getattr(e, "code", None) for e in client.raised] == [10062]


async def test_a_file_is_posted_and_served_and_kept_by_an_edit(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    file = discord.File(io.BytesIO(b"video"), "restyled.mp4")
    message = await thread_or_text(client, place).send(
        view=Card("Here is your clip", "restyled.mp4"), file=file, nonce="7"
    )
    url = message.attachments[0].url
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert await answer.read() == b"video"
        assert answer.content_type == "video/mp4"
    edited = await message.edit(
        view=Card("Finished", "restyled.mp4"), attachments=message.attachments
    )
    assert edited.attachments[0].url == url
    assert place.posts[0].history == [
        "Here is your clip\nCancel\n[restyled.mp4]",
        "Finished\nCancel\n[restyled.mp4]",
    ]
    with pytest.raises(discord.HTTPException, match="no attachment"):
        await message.edit(view=Card("Lost", "restyled.mp4"), attachments=[])


async def test_components_v2_replace_plain_content_only_if_it_is_emptied(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    message = await thread_or_text(client, place).send("plain")
    with pytest.raises(discord.HTTPException, match="cannot be used"):
        await client.http.edit_message(
            place.id,
            message.id,
            params=discord.http.MultipartParameters(
                payload={"flags": 1 << 15, "components": Card("new").to_components()},
                multipart=None,
                files=None,
            ),
        )
    await message.edit(content=None, embeds=[], view=Card("new"))
    assert place.posts[0].text == "new\nCancel"


async def test_a_nonce_that_comes_again_gives_the_first_message(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    there = thread_or_text(client, place)
    first = await there.send("once", nonce="job-1")
    again = await there.send("twice?", nonce="job-1")
    assert (again.id, again.content) == (first.id, "once")
    discord_server.nonce_window_seconds = -1
    late = await there.send("much later", nonce="job-1")
    assert late.id != first.id


async def test_a_500_after_posting_leaves_one_message_because_of_the_nonce(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    path = f"/channels/{place.id}/messages"
    discord_server.fail("POST", path, unavailable(500, carried_out=True))
    message = await thread_or_text(client, place).send("once")
    assert [m.id for m in place.posts] == [message.id]
    assert len(discord_server.calls_of("POST", path)) == 2


async def test_a_429_is_waited_for(discord_server: DiscordServer, client: Echo, place: Channel):
    path = f"/channels/{place.id}/messages"
    discord_server.fail("POST", path, rate_limited(0.05))
    await thread_or_text(client, place).send("later")
    assert [c.status for c in discord_server.calls_of("POST", path)] == [429, 200]


async def test_a_429_without_via_is_raised(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    discord_server.fail("POST", "/channels/*/messages", rate_limited(1, via=False))
    with pytest.raises(discord.HTTPException) as caught:
        await thread_or_text(client, place).send("later")
    assert caught.value.status == 429


async def test_a_lost_answer_leaves_a_message_that_the_nonce_finds_again(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    discord_server.fail("POST", "/channels/*/messages", lost_answer())
    there = thread_or_text(client, place)
    with pytest.raises(aiohttp.ClientError):
        await there.send("once", nonce="job-2")
    assert [m.text for m in place.posts] == ["once"]
    again = await there.send("once", nonce="job-2")
    assert [m.id for m in place.posts] == [again.id]


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, 50013, discord.Forbidden),
        (404, 10003, discord.NotFound),
        (413, 40005, discord.HTTPException),
        (503, 0, discord.DiscordServerError),
    ],
)
async def test_a_scripted_refusal_reaches_the_caller(
    discord_server: DiscordServer,
    client: Echo,
    place: Channel,
    status: int,
    code: int,
    error: type[discord.HTTPException],
):
    rule = discord_server.fail("POST", "/channels/*/messages", refused(status, code))
    with pytest.raises(error) as caught:
        await thread_or_text(client, place).send("never")
    assert (caught.value.status, caught.value.code, rule.hits) == (status, code, 1)


async def test_a_rule_can_be_kept_to_one_channel_and_its_threads(
    discord_server: DiscordServer,
):
    guild = discord_server.add_guild()
    broken, whole = discord_server.add_channel(guild), discord_server.add_channel(guild)
    refusal = refused(403, 50013)
    discord_server.fail("POST", "/channels/*/messages", refusal, channel_id=broken.id, skip=1)
    async with connected(discord_server, Echo(nothing)) as client:
        for channel in (broken, whole, whole):
            await thread_or_text(client, channel).send("fine")
        with pytest.raises(discord.Forbidden):
            await thread_or_text(client, broken).send("refused")


async def test_threads_obey_their_rules(
    discord_server: DiscordServer, client: Echo, place: Channel
):
    channel = client.get_channel(place.id)
    assert isinstance(channel, discord.TextChannel)
    message = await channel.send("record")
    thread = await message.create_thread(name="Clip")
    with pytest.raises(discord.HTTPException) as caught:
        await message.create_thread(name="Clip")
    assert caught.value.code == 160004
    status = await thread.send("status")
    fake = discord_server.channels[thread.id]
    fake.archived = True
    with pytest.raises(discord.HTTPException) as caught:
        await status.edit(content="changed")
    assert caught.value.code == 50083
    await thread.send("this opens it again")
    await status.edit(content="changed")
    fake.locked = True
    with pytest.raises(discord.Forbidden) as refusal:
        await thread.send("locked")
    assert refusal.value.code == 160005
    await discord_server.delete_channel(fake)
    with pytest.raises(discord.NotFound) as gone:
        await thread.send("gone")
    assert gone.value.code == 10003


@pytest.mark.parametrize("kind", [VOICE, DM])
async def test_some_channels_take_no_threads(discord_server: DiscordServer, kind: int):
    guild = discord_server.add_guild()
    mira = discord_server.add_user("mira")
    if kind == DM:
        channel = discord_server.dm_with(mira)
    else:
        channel = discord_server.add_channel(guild, kind=kind)
    async with connected(discord_server, Echo(nothing)) as client:
        there = thread_or_text(client, channel)
        message = await there.send("record")
        with pytest.raises(discord.HTTPException) as caught:
            await client.http.start_thread_with_message(channel.id, message.id, **THREAD)
        assert caught.value.code == 50024


async def test_an_announcement_channel_gets_its_own_kind_of_thread(discord_server: DiscordServer):
    news = discord_server.add_channel(discord_server.add_guild(), kind=NEWS)
    async with connected(discord_server, Echo(nothing)) as client:
        channel = client.get_channel(news.id)
        assert isinstance(channel, discord.TextChannel)
        thread = await (await channel.send("record")).create_thread(name="Clip")
    assert thread.type is discord.ChannelType.news_thread


async def test_a_direct_message_can_be_refused(
    discord_server: DiscordServer, client: Echo, mira: User
):
    user = await client.fetch_user(mira.id)
    await user.send("hello")
    assert [m.text for m in discord_server.dm_with(mira).posts] == ["hello"]
    mira.accepts_dms = False
    with pytest.raises(discord.Forbidden) as caught:
        await user.send("hello again")
    assert caught.value.code == 50007


async def test_only_allowed_mentions_ping(
    discord_server: DiscordServer, client: Echo, place: Channel, mira: User
):
    there = thread_or_text(client, place)
    text = f"<@{mira.id}> @everyone"
    await there.send(text)
    await there.send(text, allowed_mentions=discord.AllowedMentions.none())
    only = discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(mira.id)])
    await there.send(text, allowed_mentions=only)
    assert [set(m.pings) for m in place.posts] == [{0, mira.id}, set(), {mira.id}]


async def test_limits_are_enforced(discord_server: DiscordServer, client: Echo, place: Channel):
    discord_server.description = None  # it would refuse most of these before
    there = thread_or_text(client, place)
    problems = {
        "2000 or fewer": {"content": "x" * 2001},
        "empty message": {"content": ""},
        "4000": {"view": Card("x" * 4001)},
        "nonce": {"content": "x", "nonce": "n" * 26},
        "no attachment": {"view": Card("x", "missing.mp4")},
    }
    for text, message in problems.items():
        with pytest.raises(discord.HTTPException, match=text):
            await there.send(**message)
    assert place.posts == []
    large = discord.File(io.BytesIO(bytes(50 * 1024 * 1024 + 1)), "large.mp4")
    with pytest.raises(discord.HTTPException) as caught:
        await there.send(file=large)
    assert (caught.value.status, caught.value.code) == (413, 40005)


async def test_a_lost_gateway_is_resumed_and_missed_events_come(
    discord_server: DiscordServer, place: Channel, mira: User
):
    async def handle(interaction: discord.Interaction, video: discord.Attachment) -> None:
        await interaction.response.send_message("answered")

    async with connected(discord_server, Echo(handle)):
        await discord_server.gateway.ask_to_reconnect()
        await discord_server.until(lambda: not discord_server.gateway.ready)
        done = await discord_server.use("echo", channel=place, user=mira, video=CLIP, text="x")
        await discord_server.until(lambda: done.original)
    assert discord_server.gateway.resumes == 1
    assert len(discord_server.gateway.identifies) == 1


async def test_plain_text_and_both_compressions_are_spoken(discord_server: DiscordServer):
    import zlib

    inflate = zlib.decompressobj()
    unpack = zstandard.ZstdDecompressor().decompressobj()
    readers: dict[str, Callable[[Any], str]] = {
        "": lambda data: data,
        "&compress=zlib-stream": lambda data: inflate.decompress(data).decode(),
        "&compress=zstd-stream": lambda data: unpack.decompress(data).decode(),
    }
    async with aiohttp.ClientSession() as http:
        for query, read in readers.items():
            url = f"{discord_server.gateway_url}/?v=10&encoding=json{query}"
            async with http.ws_connect(url) as socket:
                assert json.loads(read((await socket.receive()).data))["op"] == 10
                await socket.send_json({"op": 1, "d": None})
                assert json.loads(read((await socket.receive()).data))["op"] == 11


async def test_a_wrong_token_is_refused_by_rest_and_gateway(discord_server: DiscordServer):
    client = Echo(nothing)
    with pytest.raises(discord.LoginFailure):
        async with client:
            await client.login("wrong")


async def test_bodies_are_held_against_discords_own_description():
    description = Description.load()
    if description is None:
        pytest.skip("RESTYLE_DISCORD_OPENAPI names no copy of Discord's API description")
    path = "/channels/1/messages"
    assert description.problem("POST", path, {"content": "x", "nonce": "1"}) is None
    assert description.problem("POST", path, {"message_reference": {"message_id": 5}}) is None
    assert description.problem("POST", path, {"flags": "4"}) is None
    assert "content" in (description.problem("POST", path, {"content": 5}) or "")
    button = {"type": 2, "style": 1, "label": "x" * 81, "custom_id": "x"}
    body = {"components": [{"type": 1, "components": [button]}]}
    assert description.problem("POST", path, body)
    assert description.unknown_members("POST", path, {"contents": "x"}) == ["contents"]
