"""Discord in trouble at every call of a job: the job ends, is paid once, answered once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.domain.units import MEBIBYTE
from bot.engine import owed_cards as owed_cards_runner
from bot.storage import owed_cards
from tests.fakes import (
    Channel,
    DiscordServer,
    Fault,
    Interaction,
    Upload,
    User,
    lost_answer,
    rate_limited,
    refused,
    unavailable,
)
from tests.wire.looking import all_settled, creates_with, outcomes, states
from tests.wire.running import bot_running

if TYPE_CHECKING:
    from bot.settings import Settings
    from sandbox.cometapi import StandIn
    from tests.wire.conftest import Clock

# Every call of a job: method, path, and which of those calls it is.
EDIT = ("PATCH", "/channels/*/messages/*")
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "acknowledge": ("POST", "/interactions/*/*/callback", {}),
    "record": ("PATCH", "/webhooks/*/*/messages/@original", {}),
    "thread": ("POST", "/channels/*/messages/*/threads", {}),
    "status": ("POST", "/channels/*/messages", {}),
    "edit": (*EDIT, {}),
    "next edit": (*EDIT, {"skip": 1}),
    "keep": ("POST", "/channels/*/messages", {"body": r'"nonce": "\d+k"'}),
    "answer": ("POST", "/channels/*/messages", {"body": r'"nonce": "\d+a"'}),
    "last record": (*EDIT, {"body": "Watch"}),
    "last status": (*EDIT, {"body": r"^(?!.*Watch).*\*\*Done\*\*"}),
}
FAULTS: dict[str, Fault] = {
    "no access": refused(403, 50001),
    "no permission": refused(403, 50013),
    "gone": refused(404, 10003),
    "too large": refused(413, 40005),
    "rate limit": rate_limited(0.05),
    "ban": rate_limited(1, via=False),
    "500": unavailable(500),
    "500 but done": unavailable(500, carried_out=True),
    "503": unavailable(503),
    "answer lost": lost_answer(),
    "request lost": lost_answer(carried_out=False),
}


@pytest.fixture(autouse=True)
def _cards_are_tried_again_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owed_cards_runner, "PASS_SECONDS", 0.1)
    monkeypatch.setattr(owed_cards, "FIRST_PAUSE", timedelta(seconds=0.1))


@dataclass
class Case:
    """One job in a channel of its own, with one thing going wrong."""

    name: str
    place: Channel
    user: User
    done: Interaction | None = None


def new_case(server: DiscordServer, name: str) -> Case:
    guild = next(iter(server.guilds.values()), None) or server.add_guild()
    return Case(name, server.add_channel(guild, "case"), server.add_user("mira"))


async def play(
    server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
    cases: list[Case],
) -> None:
    """Run one job per case, all at once, until each that was acknowledged has ended."""
    for case in cases:
        case.done = await server.use(
            "restyle", channel=case.place, user=case.user, video=clip, prompt=case.name
        )
    accepted = [case for case in cases if not case.name.startswith("acknowledge")]
    await standin.wait_for_creates(len(accepted))
    clock.finish()
    for case in accepted:
        await server.until(lambda c=case: outcomes(server, c.place, c.user))
    await server.until(lambda: all_settled(settings))


def lies(server: DiscordServer, case: Case) -> list[str]:
    """Return what record and status of a finished job say that is not so."""
    record = case.place.posts[0].text if case.place.posts else "no record"
    cards = {"record": (record, ("restyled a clip", "**Done**", "Watch"))}
    for thread in server.threads_of(case.place):
        # a thread begins with what shows the message it was made from
        found = [post.text for post in thread.posts[1:] if post.text.startswith("**")]
        cards |= {f"status {n}": (text, ("**Done**",)) for n, text in enumerate(found)}
    return [
        f"{case.name}: the {name} says {text!r}"
        for name, (text, wanted) in cards.items()
        if not all(words in text for words in wanted)
    ]


async def truth(server: DiscordServer, cases: list[Case]) -> None:
    """Wait until every card tells the truth."""
    try:
        await server.until(lambda: not any(lies(server, case) for case in cases), seconds=60)
    except TimeoutError:
        pytest.fail("\n".join(line for case in cases for line in lies(server, case)))


def without_video(settings: Settings) -> Settings:
    """Return settings by which answers go out with the link alone: no work on media."""
    return settings.model_copy(update={"max_output_mb": 1 / MEBIBYTE})


@pytest.mark.parametrize("call", [name for name in CALLS if name != "acknowledge"])
async def test_trouble_at_a_call_costs_neither_money_nor_the_answer_nor_the_truth(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
    call: str,
):
    method, path, which = CALLS[call]
    cases = [new_case(discord_server, f"{call}: {name}") for name in FAULTS]
    rules = [
        discord_server.fail(method, path, fault, channel_id=case.place.id, **which)
        for case, fault in zip(cases, FAULTS.values(), strict=True)
    ]
    if call == "keep":  # by itself only where the status message was not taken with the clip
        for case in cases:
            discord_server.fail(method, path, refused(413, 40005), channel_id=case.place.id)
    if call != "answer":
        settings = without_video(settings)
    async with bot_running(discord_server, settings):
        await play(discord_server, standin, clock, settings, clip, cases)
        await truth(discord_server, cases)
    assert [rule.hits for rule in rules] == [1] * len(rules)
    for case in cases:
        assert creates_with(standin, case.name) == 1, case.name
        assert len(outcomes(discord_server, case.place, case.user)) == 1, case.name
    assert set(states(settings).values()) == {("done", True)}


async def test_a_refused_first_answer_costs_nothing_and_leaves_nobody_waiting(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
):
    method, path, _ = CALLS["acknowledge"]
    # discord.py asks again in time, or the answer is there although we were not told
    harmless = {"rate limit", "500", "503", "500 but done", "answer lost"}
    cases = []
    for name, fault in FAULTS.items():
        case = new_case(discord_server, name if name in harmless else f"acknowledge: {name}")
        discord_server.fail(method, path, fault, channel_id=case.place.id)
        cases.append(case)
    settings = without_video(settings)
    async with bot_running(discord_server, settings):
        await play(discord_server, standin, clock, settings, clip, cases)
        await truth(discord_server, [case for case in cases if case.name in harmless])
    for case in cases:
        expected = 1 if case.name in harmless else 0
        assert creates_with(standin, case.name) == expected, case.name
        assert len(case.place.posts) == expected, case.name
    assert set(states(settings).values()) == {("done", True)}


async def test_places_that_refuse_for_good_lead_to_the_next_one(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
):
    server = discord_server
    thread, channel, message, archived, deleted = (
        new_case(server, name) for name in ("thread", "channel", "DM", "archived", "deleted")
    )
    for case, name in ((thread, "thread"), (channel, "status")):
        method, path, _ = CALLS[name]
        fault = refused(403, 50013) if case is thread else refused(403, 50001)
        server.fail(
            method, path, fault, channel_id=case.place.id, times=None if case is thread else 1
        )
    cases = [thread, channel, message, archived, deleted]
    async with bot_running(server, settings):
        for case in cases:
            case.done = await server.use(
                "restyle", channel=case.place, user=case.user, video=clip, prompt=case.name
            )
        await standin.wait_for_creates(len(cases))
        for case in (message, archived, deleted):
            await server.until(lambda c=case: server.threads_of(c.place)[0].posts[1:])
        server.threads_of(archived.place)[0].archived = True
        await server.delete_channel(server.threads_of(deleted.place)[0])
        await server.delete_channel(server.threads_of(message.place)[0])
        server.fail("*", f"/channels/{message.place.id}/**", refused(403, 50001), times=None)
        clock.finish()
        for case in cases:
            await server.until(lambda c=case: outcomes(server, c.place, c.user))
        await server.until(lambda: all_settled(settings))
    assert [m.channel_id for m in outcomes(server, thread.place, thread.user)] == [thread.place.id]
    assert len(outcomes(server, channel.place, channel.user)) == 1
    (told,) = outcomes(server, message.place, message.user)
    assert told.channel_id == server.dm_with(message.user).id
    assert told.attachments[0].filename == "restyled.mp4"
    (told,) = outcomes(server, archived.place, archived.user)
    assert told.channel_id == server.threads_of(archived.place)[0].id
    (told,) = outcomes(server, deleted.place, deleted.user)
    assert told.channel_id == deleted.place.id
    assert set(states(settings).values()) == {("done", True)}
    assert len(standin.creates) == len(cases)


async def test_a_record_that_discord_takes_late_does_not_overwrite_the_end(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
):
    case = new_case(discord_server, "late")
    method, path, _ = CALLS["record"]
    rule: Any = discord_server.fail(method, path, unavailable(500), times=None)
    async with bot_running(discord_server, settings):
        await play(discord_server, standin, clock, settings, clip, [case])
        await discord_server.until(lambda: "Watch" in case.place.posts[0].text)
    assert rule.hits == 2  # left alone, discord.py would go on for 25 s


async def test_a_file_that_discord_refuses_as_too_large_becomes_a_link(
    discord_server: DiscordServer,
    standin: StandIn,
    clock: Clock,
    settings: Settings,
    clip: Upload,
):
    case = new_case(discord_server, "large")
    method, path, which = CALLS["answer"]
    rule: Any = discord_server.fail(method, path, refused(413, 40005), **which)
    async with bot_running(discord_server, settings):
        await play(discord_server, standin, clock, settings, clip, [case])
    (answer,) = outcomes(discord_server, case.place, case.user)
    assert rule.hits == 1
    assert "restyled.mp4" not in {file.filename for file in answer.attachments}
    assert standin.origin in answer.text
