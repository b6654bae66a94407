"""The demo's page as people use it, in a real browser: by keyboard, on a phone, over a reload."""

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from types import SimpleNamespace

import pytest

from sandbox.demo.harness import open_stage
from sandbox.demo.page import DemoPage
from sandbox.demo.tour import STEPS
from sandbox.pictures.browser import BrowserError, find_chromium, open_tab
from sandbox.sample import tiny_clip

PHONE = (390, 844)
DESK = (1280, 900)
READY = "window.simcordPreview?.ready === true && !document.body.matches('.demo-busy')"
OVER = "document.querySelector('.demo-over')?.dataset.notice"
PERSON = "document.querySelector('.demo-person select').selectedOptions[0]?.textContent"
CHANNEL = "document.getElementById('channel-name')?.textContent"
FOCUSED = "document.activeElement.textContent"
TEXT = "document.getElementById('channel-message-list')?.textContent"
SCENES = [scene for step in STEPS for scene in step.scenes]


@pytest.fixture(autouse=True, scope="module")
def _browser():
    try:
        find_chromium()
    except BrowserError as exc:
        pytest.skip(str(exc))


@asynccontextmanager
async def opened(folder, *, size=DESK):
    clip = folder / "boat.mp4"
    tiny_clip(clip)
    async with AsyncExitStack() as stack:
        stage = await stack.enter_async_context(open_stage(task_seconds=0.1, poll_seconds=0.05))
        page = DemoPage(stage, sample=clip, prompts={"Noir": "film noir", "Neon": "neon signs"})
        site = await stack.enter_async_context(AsyncExitStack())
        await site.enter_async_context(page)
        tab = await stack.enter_async_context(open_tab(width=size[0], height=size[1]))
        await tab.go(page.url)
        await tab.wait(READY, what="the demo")
        await tab.wait("document.querySelector('[data-scene]')", what="the tour")
        yield SimpleNamespace(stage=stage, site=site, tab=tab, url=page.url)


async def focus(tab, selector):
    """Put the keyboard on something that is to be seen."""
    found = f"document.querySelector({selector!r})"
    await tab.wait(f"{found}?.checkVisibility() && !{found}.disabled", what=selector)
    await tab.run(f"{found}.focus()")


async def press(tab, selector):
    await focus(tab, selector)
    await tab.press("Enter")


async def enter(tab, words):
    """Wait until the page shows the words and is at rest."""
    await tab.wait(f"{TEXT}?.includes({words!r})", what=words)
    await tab.wait(READY, what="the page")


async def test_the_command_is_typed_and_enter_takes_it_however_fast(tmp_path):
    async with opened(tmp_path) as demo:
        await focus(demo.tab, "#channel-composer-input")
        await demo.tab.type("/restyle")
        await demo.tab.press("Enter")  # before the page can have fetched the commands
        await demo.tab.wait("document.querySelector('.command-chip')", what="the command")
        taken = "document.querySelector('.command-chip').textContent"
        assert await demo.tab.run(taken) == "/restyle"
        await demo.tab.wait(f"{FOCUSED}.includes('Choose file')", what="what is asked first")
        assert len(demo.stage.world.videos.history()) == 1, "nothing was posted but the welcome"
        await demo.tab.press("Escape")
        await demo.tab.wait("!document.querySelector('.command-chip')", what="no command")
        await demo.tab.press("Enter")
        await press(demo.tab, ".demo-sample")
        await demo.tab.wait("document.activeElement.matches('.command-chip')", what="the command")
        await demo.tab.press("Enter")
        await demo.tab.wait("document.querySelector('#modal-root [role=dialog]')", what="the form")
        await demo.tab.wait(
            "document.activeElement.matches('#modal-root textarea')", what="a field"
        )


async def test_a_command_that_a_message_names_is_typed_by_a_press_on_it(tmp_path):
    async with opened(tmp_path) as demo:
        await demo.tab.wait("document.querySelector('.command-mention')", what="the welcome")
        await demo.tab.run("document.querySelector('.command-mention').click()")
        await demo.tab.wait("document.activeElement.value === '/restyle'", what="the command")
        await demo.tab.press("Enter")
        await demo.tab.wait("document.querySelector('.command-chip')", what="what it takes")


async def test_a_second_enter_sends_a_command_that_needs_nothing(tmp_path):
    async with opened(tmp_path) as demo:
        await press(demo.tab, '[data-scene="review"]')  # which ends as Sam
        await enter(demo.tab, "waiting for a moderator")
        await focus(demo.tab, "#channel-composer-input")
        await demo.tab.type("/restyle-settings")
        offered = "document.querySelector('.command-popup')?.textContent"
        await demo.tab.wait(f"{offered}?.includes('how Restyle works')", what="the command's name")
        await demo.tab.press("Enter")
        await demo.tab.wait("document.activeElement.matches('.command-chip')", what="the command")
        await demo.tab.wait("!document.querySelector('.command-popup').hidden", what="its options")
        await demo.tab.press("Enter")
        await enter(demo.tab, "Restyle on Film club")


async def test_the_whole_tour_is_played_by_keyboard(tmp_path):
    async with opened(tmp_path) as demo:

        async def let_time_pass():
            while True:  # the bot's owner is told every ten seconds of simulated time
                async with demo.stage.pump.lock:
                    await demo.stage.env.advance_time(10)
                await asyncio.sleep(0.5)

        passing = asyncio.ensure_future(let_time_pass())
        ends = {
            "consent": ("Noor", "Restyle"),
            "review": ("Sam", "moderators"),
            "owner": ("Olga", "Restyle"),
        }
        for scene in SCENES:
            await press(demo.tab, f'[data-scene="{scene}"]')
            await demo.tab.wait(
                f"document.querySelector('[data-scene=\"{scene}\"].is-done')", what=scene
            )
            if scene == "menu":
                dialog = "document.querySelector('#modal-root [role=dialog]')"
                await demo.tab.wait(dialog, what="the form")
                await demo.tab.press("Escape")
                await demo.tab.wait(f"!{dialog}", what="the page without the form")
            if scene in ends:
                person, channel = ends[scene]
                await demo.tab.wait(f"{CHANNEL} === {channel!r}", what=channel)
                assert (await demo.tab.run(PERSON)).startswith(person)
        passing.cancel()
        await enter(demo.tab, "film noir")
        undone = "document.querySelectorAll('.demo-tour li:not(.is-done)').length"
        assert await demo.tab.run(undone) == 0
        assert "navailable" not in await demo.tab.run(TEXT), "history links to pictures"


async def test_the_question_to_noor_is_in_words_and_reload_keeps_who_and_where(tmp_path):
    async with opened(tmp_path) as demo:
        await press(demo.tab, '[data-scene="consent"]')
        await enter(demo.tab, "would like to restyle")
        asked = await demo.tab.run(TEXT)
        assert "@Mira would like" in asked
        assert "<@" not in asked
        assert "<#" not in asked
        await demo.tab.run("window.isOld = true, location.reload()")
        await demo.tab.wait("!window.isOld", what="the page anew")
        await enter(demo.tab, "would like to restyle")
        assert (await demo.tab.run(PERSON)).startswith("Noor")
        assert await demo.tab.run(CHANNEL) == "Restyle"


async def test_restyle_this_is_in_the_menu_of_a_message(tmp_path):
    async with opened(tmp_path) as demo:
        await press(demo.tab, ".demo-more")
        await demo.tab.wait(f"{FOCUSED} === 'Restyle this'", what="the menu")
        await demo.tab.press("Escape")
        await demo.tab.wait("document.activeElement.matches('.demo-more')", what="no menu")
        await demo.tab.press("Enter")
        await demo.tab.wait(f"{FOCUSED} === 'Restyle this'", what="the menu")
        await demo.tab.press("Enter")
        await enter(demo.tab, "video")  # the welcome has none, and the bot says so
        assert await demo.tab.run("document.querySelector('.message-ephemeral-note') !== null")


async def test_a_phone_has_room_for_everything(tmp_path):
    async with opened(tmp_path, size=PHONE) as demo:
        box = "document.querySelector('.demo-try').getBoundingClientRect()"
        in_sight = f"(({{ right, bottom }}) => right <= innerWidth && bottom <= innerHeight)({box})"
        fits = "document.documentElement.scrollWidth <= innerWidth"
        assert await demo.tab.run(in_sight)
        await press(demo.tab, ".demo-open")
        await press(demo.tab, ".demo-channels li:nth-child(2) button")
        await demo.tab.wait(f"{CHANNEL} === 'lounge'", what="the lounge")
        await demo.tab.wait("!document.body.matches('.demo-drawer')", what="no drawer")
        await press(demo.tab, ".demo-toggle")
        assert await demo.tab.run(in_sight), "the tour does not cover it"
        assert await demo.tab.run(fits)
        await demo.tab.press("Escape")
        await demo.tab.wait("document.activeElement.matches('.demo-toggle')", what="no tour")
        await press(demo.tab, ".demo-try")
        await demo.tab.wait(f"{CHANNEL} === 'film noir'", what="the thread")
        await enter(demo.tab, "Here is your clip")
        assert await demo.tab.run(f"{fits} && {in_sight}")


async def test_without_its_key_the_page_says_where_that_is_and_at_the_end_that_it_is_over(tmp_path):
    async with opened(tmp_path) as demo:
        for address in (demo.url.partition("#")[0], f"{demo.url}x"):
            await demo.tab.go(address)
            await demo.tab.wait(f"{OVER} === 'locked'", what="what to do")
            said = await demo.tab.run("document.querySelector('.demo-over').textContent")
            assert "make demo" in said
        await demo.tab.go(demo.url)
        await demo.tab.wait(READY, what="the demo")
        assert await demo.tab.run(f"{OVER} === undefined")
        await demo.site.aclose()
        await demo.tab.wait(f"{OVER} === 'ended'", what="that the demo has ended")
