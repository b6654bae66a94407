"""The demo's page over HTTP, as the browser uses it.

Each private name of SimCord that the page rests on is used here on a real preview.
"""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import aiohttp
import pytest

from cogs.delivery.answers import OUTPUT_FILENAME
from sandbox.demo import simcord_private as inside
from sandbox.demo.harness import open_stage
from sandbox.demo.page import DemoPage
from sandbox.sample import tiny_clip


class Tab:
    """One tab of a browser."""

    def __init__(self, http, url):
        self.http = http
        self.origin, _, token = url.partition("/#")
        self.headers = {"X-Simcord-Capability": token}
        self.sequence = 0

    async def get(self, path):
        async with self.http.get(self.origin + path, headers=self.headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path, body):
        async with self.http.post(self.origin + path, headers=self.headers, json=body) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def open(self):
        state = await self.post("/api/pages", {})
        self.context = state["context"]["id"]
        self.headers["X-Simcord-Context"] = self.context
        return state

    async def state(self):
        return await self.get("/api/state")

    async def sidebar(self):
        return await self.get("/demo/state")

    async def go(self, channel, *, person="Mira"):
        [found] = [one for one in (await self.sidebar())["people"] if one["name"] == person]
        wish = {"person": found["id"], "channel": channel, "context": self.context}
        return await self.post("/demo/go", wish)

    async def places(self, person="Mira"):
        """Return what somebody sees in the sidebar, by name; of one name the last."""
        [found] = [one for one in (await self.sidebar())["people"] if one["name"] == person]
        return {place["name"]: place["id"] for place in found["places"]}

    async def try_it(self):
        return await self.post("/demo/try", {"look": "Noir", "context": self.context})

    async def run(self, name, *, files=None, revision=None, **options):
        """Type a command and press Enter, as the page's script does."""
        state = await self.state()
        catalog = await self.get("/api/commands")
        [command] = [entry for entry in catalog["entries"] if entry["path"] == [name]]
        self.sequence += 1
        form = aiohttp.FormData()
        uploads = {option: {"upload": index} for index, option in enumerate(files or {})}
        body = {
            "protocol_version": 3,
            "sequence": self.sequence,
            "request_id": f"request-{self.sequence}",
            "generation": state["context"]["generation"],
            "bot_generation": state["botGeneration"],
            "published_revision": revision or state["publishedRevision"],
            "kind": "run_command",
            "command_id": command["commandId"],
            "path": command["path"],
            "schema_fingerprint": command["schemaFingerprint"],
            "options": options | uploads,
        }
        form.add_field("payload", json.dumps(body))
        for option, (filename, data) in (files or {}).items():
            form.add_field(f"file:{option}", data, filename=filename)
        url = self.origin + "/api/action"
        async with self.http.post(url, headers=self.headers, data=form) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


async def until(look, *, seconds=60):
    async with asyncio.timeout(seconds):
        while not (found := await look()):  # noqa: ASYNC110 - another program's news
            await asyncio.sleep(0.05)
    return found


@asynccontextmanager
async def opened(folder):
    clip = folder / "boat.mp4"
    tiny_clip(clip)
    async with (
        open_stage(task_seconds=0.1, poll_seconds=0.05) as stage,
        DemoPage(stage, sample=clip, prompts={"Noir": "film noir"}) as page,
        aiohttp.ClientSession() as http,
    ):
        yield SimpleNamespace(stage=stage, page=page, http=http, clip=clip.read_bytes())


@pytest.fixture
async def site(tmp_path):
    async with opened(tmp_path) as site:
        yield site


@pytest.fixture
async def tab(site):
    tab = Tab(site.http, site.page.url)
    await tab.open()
    return tab


async def thread_of(tab):
    """Wait for the thread in the sidebar."""

    async def look():
        [mira, *_] = (await tab.sidebar())["people"]
        return [place for place in mira["places"] if place["kind"] == "thread"]

    return (await until(look))[0]


async def video_of(tab):
    """Wait for the restyled video on the page."""

    async def look():
        assets = (await tab.state())["assets"].values()
        return [found for found in assets if found["filename"] == OUTPUT_FILENAME]

    return (await until(look))[0]


async def test_a_person_types_the_command_goes_into_the_thread_and_plays_the_video(site, tab):
    receipt = await tab.run("restyle", files={"video": ("boat.mp4", site.clip)}, prompt="film noir")
    assert (receipt["settlement"], receipt["rejected"]) == ("settled", False), receipt
    thread = await thread_of(tab)
    moved = await tab.go(thread["id"])
    assert moved["here"]["channel"] == thread["id"]
    state = await tab.state()
    assert state["channel"]["name"] == thread["name"] == "film noir"
    video = await video_of(tab)
    url = f"{tab.origin}/api/assets/{video['id']}"
    async with tab.http.get(url, headers=tab.headers) as answer:
        shown = await answer.read()
        assert answer.content_type == "video/mp4"
    messages = site.stage.world.videos.threads[0].history()
    [posted] = [
        found
        for message in messages
        for found in message.attachments
        if found.filename == OUTPUT_FILENAME
    ]
    assert shown == site.stage.env.backend.cdn.get(posted.url)
    await tab.go((await tab.places())["videos"])
    assert (await tab.state())["channel"]["name"] == "videos"


async def test_another_tab_stays_where_it_is_when_one_goes_into_a_thread(site, tab):
    other = Tab(site.http, site.page.url)
    await other.open()
    await tab.try_it()
    thread = await thread_of(tab)
    await tab.go(thread["id"])
    assert (await tab.sidebar())["here"]["channel"] == thread["id"]
    assert (await other.sidebar())["here"]["channel"] == (await other.places())["videos"]


async def test_a_command_in_a_thread_runs_in_that_thread(site, tab):
    await tab.try_it()
    thread = await thread_of(tab)
    await tab.go(thread["id"])
    await video_of(tab)
    receipt = await tab.run(
        "restyle", files={"video": ("boat.mp4", site.clip)}, prompt="a pencil sketch"
    )
    assert receipt["settlement"] == "settled", receipt
    messages = site.stage.world.videos.threads[0].history()
    asked = [found for found in messages if found.interaction_metadata is not None]
    assert [found.interaction_metadata.user.name for found in asked] == ["mira"]


async def test_one_press_tries_it_with_the_sample(site, tab):
    await tab.try_it()
    thread = await thread_of(tab)
    assert thread["name"] == "film noir"
    await tab.go(thread["id"])
    await video_of(tab)
    assert [made.body["promptText"] for made in site.stage.standin.creates] == ["film noir"]


async def test_a_press_on_a_page_that_has_changed_meanwhile_is_not_refused(site, tab):
    old = (await tab.state())["publishedRevision"]
    await tab.try_it()
    await video_of_thread(tab)
    receipt = await tab.run(
        "restyle", files={"video": ("boat.mp4", site.clip)}, prompt="neon", revision=old
    )
    assert receipt["rejected"] is False, receipt


async def video_of_thread(tab):
    await tab.go((await thread_of(tab))["id"])
    await video_of(tab)
    await tab.go((await tab.places())["videos"])


async def test_two_people_who_press_at_once_are_both_served(site, tab):
    other = Tab(site.http, site.page.url)
    await other.open()
    receipts = await asyncio.gather(
        *(
            person.run("restyle", files={"video": ("boat.mp4", site.clip)}, prompt=prompt)
            for person, prompt in ((tab, "noir"), (other, "neon"))
        )
    )
    assert [found["settlement"] for found in receipts] == ["settled", "settled"], receipts


async def test_a_page_that_cannot_be_moved_is_opened_anew_in_the_thread(tab):
    await tab.try_it()
    thread = await thread_of(tab)
    before = (await tab.sidebar())["session"]
    tab.context = "a page that is not there"
    after = await tab.go(thread["id"])
    assert after["session"] == before + 1  # upon which the script loads the page again
    state = await tab.open()
    assert state["channel"]["name"] == thread["name"]


async def test_only_who_may_is_offered_the_settings(tab):
    async def offered(person):
        await tab.go((await tab.places())["videos"], person=person)
        return {entry["path"][0] for entry in (await tab.get("/api/commands"))["entries"]}

    members = await offered("Mira")
    assert "restyle" in members
    assert await offered("Noor") == members
    assert await offered("Sam") - members == {"restyle-settings", "restyle-admin"}
    assert await offered("Olga") >= {"restyle-settings", "restyle-admin"}


async def test_everybody_sees_their_own_channels_only(tab):
    for person in ("Mira", "Noor"):
        assert list(await tab.places(person)) == ["videos", "lounge", "showcase", "Restyle"]
    for person in ("Sam", "Olga"):
        assert "moderators" in await tab.places(person)
    desk = (await tab.places("Sam"))["moderators"]
    shown = await tab.go(desk, person="Mira")
    assert shown["here"]["channel"] == (await tab.places())["videos"]
    shown = await tab.go((await tab.places("Olga"))["Restyle"], person="Sam")
    assert shown["here"]["channel"] == (await tab.places())["videos"]


async def test_a_picture_that_a_message_links_to_is_shown(tab):
    await tab.try_it()
    await tab.go((await tab.places())["showcase"])

    async def look():
        messages = (await tab.state())["messages"].values()
        return [found for found in messages if "restyled" in json.dumps(found)]

    await until(look)
    state = await tab.state()
    faces = {"restyle.png", "mira.png", "noor.png", "sam.png", "olga.png"}
    pictures = [one for one in state["assets"].values() if one["filename"] not in faces]
    assert [one["available"] for one in pictures] == [True], pictures
    url = f"{tab.origin}/api/assets/{pictures[0]['id']}"
    async with tab.http.get(url, headers=tab.headers) as answer:
        assert answer.content_type.startswith("image/"), await answer.text()


async def test_the_menu_on_a_message_opens_the_form(site, tab):
    async with site.stage.pump.lock:
        posted = await site.stage.world.noor.actor.send(
            site.stage.world.videos, "Look", attachments=[("boat.mp4", site.clip)]
        )
    wish = {"message": str(posted.id), "context": tab.context}
    await tab.post("/demo/menu", wish)
    assert (await tab.state())["modal"]["payload"]["title"] == "Restyle this"
    await tab.go((await tab.places())["lounge"])
    async with tab.http.post(tab.origin + "/demo/menu", headers=tab.headers, json=wish) as answer:
        assert answer.status == 503, "the message is in another channel"
        assert "gone" in await answer.text()


async def test_messages_bear_the_time_of_day(tab):
    state = await tab.state()
    at = datetime.fromisoformat(next(iter(state["messages"].values()))["timestamp"])
    assert abs(datetime.now(UTC) - at) < timedelta(minutes=5)


async def test_the_page_says_that_it_is_a_simulation_and_offers_the_sample(site, tab):
    async with site.http.get(tab.origin + "/") as answer:
        text = await answer.text()
    assert "<title>Restyle demo</title>" in text
    assert "/demo/static/page.js" in text
    async with site.http.get(tab.origin + "/demo/sample.mp4") as answer:
        assert await answer.read() == site.clip
        assert 'filename="boat.mp4"' in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    "path", ["/demo/try", "/demo/go", "/demo/menu", "/demo/play", "/api/pages", "/api/action"]
)
async def test_nobody_acts_without_the_printed_address(site, tab, path):
    async with site.http.post(tab.origin + path, json={"look": "Noir"}) as answer:
        assert answer.status == 401
    other = {"Host": "rebound.example", **tab.headers}
    async with site.http.post(tab.origin + path, json={"look": "Noir"}, headers=other) as answer:
        assert answer.status == 403
    assert site.stage.world.videos.threads == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/demo/try", {"look": "no such look"}),
        ("/demo/play", {"scene": "no such scene"}),
        ("/demo/go", {"person": "1", "channel": "1"}),
        ("/demo/go", {"person": None, "channel": None}),
    ],
)
async def test_what_does_not_exist_is_not_found(tab, path, body):
    async with tab.http.post(tab.origin + path, headers=tab.headers, json=body) as answer:
        assert answer.status == 404


def test_where_simcord_has_changed_each_part_says_so_instead_of_breaking():
    nothing = SimpleNamespace()
    assert not inside.start_clock_now(SimpleNamespace(backend=SimpleNamespace(clock=nothing)))
    assert not inside.steady_actions(nothing, asyncio.Lock(), lambda _: None)
    assert not inside.move_page(nothing, "p", nothing, 1)
    assert not inside.show_form(nothing, "p", nothing)
    assert not inside.show_linked_files(nothing, nothing)
    assert not inside.pass_videos_through(nothing)
    assert inside.page_place(nothing, "p") is None
