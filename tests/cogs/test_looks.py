"""``/restyle-looks`` and Save as look…, as members and moderators see them, across restarts."""

from dataclasses import replace

import pytest

from bot.domain.built_in_looks import BUILT_IN
from bot.domain.jobs import JobState
from bot.domain.looks import Look, LookOrigin
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.domain.reviews import Review
from bot.policy.look_values import check_look
from bot.texts import looks as look_texts
from bot.texts import review as review_texts
from cogs.looks.book import LookBook
from cogs.looks.forms import words_of
from cogs.looks.pages import SAMPLES
from tests.cogs.conftest import buttons_of, said
from tests.cogs.forged import WORDS as MENU
from tests.cogs.forged import press as forge
from tests.cogs.forged import send_form
from tests.cogs.pages import message_of, press, restart
from tests.cogs.panels import text_of
from tests.storage.rows import put

HOUSE = Look(name="House", words="a house party. {prompt} Keep faces.")


@pytest.fixture
def browse(stage):
    """``await browse(who)``: what they get from the command."""

    async def open_it(who=None):
        result = await (who or stage.alice).slash(stage.channel, "restyle-looks")
        assert result.ephemeral
        return result

    return open_it


async def choose(who, result, key):
    return await who.select(message_of(result), [key], custom_id="looks:open")


async def test_a_look_is_found_seen_and_tried_after_restarts(stage, browse, clip, make_bot):
    page = await browse()
    words = text_of(message_of(page))
    assert "**Film noir**" in words
    assert look_texts.ABOUT_SAMPLES in words
    assert len(message_of(page).attachments) == 6
    bot = await restart(stage, make_bot)
    second = await press(stage.alice, page, "Next")
    assert "**Film noir**" not in text_of(message_of(second))
    await press(stage.alice, page, "Back")
    whole = await choose(stage.alice, page, "b:noir")
    assert BUILT_IN["noir"].words in text_of(message_of(whole)).replace("\\", "")
    form = await press(stage.alice, page, "Try it…")
    again = await restart(stage, make_bot)
    result = await stage.alice.submit_modal(
        form, {"video": [("clip.mp4", clip)], "prompt": "a red coat"}
    )
    job = await stage.job(result)
    assert job.state is JobState.QUEUED, said(result)
    assert job.prompt.startswith("Restyle the clip as a 1940s film noir")
    assert ". a red coat. Keep the people" in job.prompt
    for one in (bot, again):
        await one.close()


async def test_moderators_look_after_the_servers_looks_and_members_see_them(
    stage, browse, make_bot
):
    page = await browse(stage.mo)
    page = await press(stage.mo, page, "This server's")
    assert "none of its own" in text_of(message_of(page))
    form = await press(stage.mo, page, "Add one…")
    bot = await restart(stage, make_bot)
    await stage.mo.submit_modal(form, {"name": "House", "words": "a house party.", "seed": "7"})
    await stage.set(looks=[*(await servers(stage)), Look(name="Barn", words="a barn {prompt}")])
    page = await browse(stage.bob)
    assert "**House**" in text_of(message_of(page))
    assert "Add one…" not in buttons_of(message_of(page))
    await choose(stage.bob, page, "s:house")
    assert set(buttons_of(message_of(page))) == {"Try it…", "All looks"}
    page = await browse(stage.mo)
    await choose(stage.mo, page, "s:house")
    await press(stage.mo, page, "Later")
    assert [look.name for look in await servers(stage)] == ["Barn", "House"]
    form = await press(stage.mo, page, "Edit…")
    await stage.mo.submit_modal(form, {"name": "Home", "words": "at home {prompt}", "seed": ""})
    assert (await servers(stage))[1] == Look(name="Home", words="at home {prompt}")
    await choose(stage.mo, page, "s:home")
    await press(stage.mo, page, "Remove…")
    await press(stage.mo, page, "Remove it")
    assert [look.name for look in await servers(stage)] == ["Barn"]
    await bot.close()


async def servers(stage):
    return (await stage.store.policies.read(stage.guild.id)).server("looks")


async def test_a_built_in_look_that_is_switched_off_is_offered_to_nobody(stage, browse):
    page = await browse(stage.mo)
    await choose(stage.mo, page, "b:noir")
    await press(stage.mo, page, "Switch off")
    assert "switched off here" in text_of(message_of(page))
    offered = await LookBook(stage.store).offered(stage.guild.id, stage.bob.id)
    assert "b:noir" not in [one.key for one in offered]
    page = await browse(stage.bob)
    assert "Film noir" not in text_of(message_of(page))
    gone = await forge(stage, stage.bob, "looks:try:b:noir")
    assert said(gone).strip() == look_texts.CHANGED_MEANWHILE
    page = await browse(stage.mo)
    await choose(stage.mo, page, "b:noir")
    await press(stage.mo, page, "Switch on")
    assert not (await stage.store.policies.read(stage.guild.id)).server("hidden_looks")


async def test_a_result_is_saved_as_a_look_which_is_its_owners_alone(stage, browse, clip, make_bot):
    job, answer = await stage.done(clip, prompt="rain and neon", seed=5)
    menu = await stage.bob.click(answer, custom_id=f"restyle:{job.id}:more")
    form = await press(stage.bob, menu, "Save as look…")
    assert "for-all" not in [part["component"]["custom_id"] for part in form.modal["components"]]
    bot = await restart(stage, make_bot)
    sent = await stage.bob.submit_modal(
        form, {"name": "Rainy", "words": "rain and neon {prompt}", "seed": "5"}
    )
    saved = look_texts.saved("Rainy", for_all=False, restyle="</restyle:")
    assert said(sent).startswith(saved.rstrip("."))
    [mine] = [
        one
        for one in await LookBook(stage.store).offered(None, stage.bob.id)
        if one.origin is LookOrigin.PERSONAL
    ]
    assert (mine.look.name, mine.look.seed) == ("Rainy", 5)
    assert not await stage.store.looks.of(stage.alice.id)
    page = await browse(stage.bob)
    page = await press(stage.bob, page, "Yours")
    await choose(stage.bob, page, mine.key)
    form = await press(stage.bob, page, "Try it…")
    tried = await stage.job(
        await stage.bob.submit_modal(form, {"video": [("clip.mp4", clip)], "prompt": ""})
    )
    assert (tried.prompt, tried.seed) == ("rain and neon", 5)
    await bot.close()


async def test_a_moderator_saves_a_result_for_everybody(stage, clip):
    job, answer = await stage.done(clip)
    form = await stage.mo.click(
        message_of(await stage.mo.click(answer, custom_id=f"restyle:{job.id}:more")),
        custom_id=f"restyle:{job.id}:save-look",
    )
    await stage.mo.submit_modal(form, {"name": "Neon", "words": "neon {prompt}", "for-all": True})
    assert [look.name for look in await servers(stage)] == ["Neon"]


@pytest.mark.parametrize("is_taken_down", [False, True])
async def test_a_style_picture_goes_with_the_look_as_long_as_it_is_there(
    stage, browse, clip, picture, is_taken_down
):
    job, answer = await stage.done(clip, reference=("style.png", picture))
    menu = await stage.bob.click(answer, custom_id=f"restyle:{job.id}:more")
    form = await press(stage.bob, menu, "Save as look…")
    await stage.bob.submit_modal(form, {"name": "A", "words": "a {prompt}", "picture": True})
    page = await press(stage.bob, await browse(stage.bob), "Yours")
    [mine] = await stage.store.looks.of(stage.bob.id)
    await choose(stage.bob, page, mine.key)
    form = await press(stage.bob, page, "Try it…")
    tried = await stage.job(await stage.bob.submit_modal(form, {"video": [("clip.mp4", clip)]}))
    assert tried.reference_url == job.reference_url
    gone = {"reference_url": None, "source_url": ""}
    if is_taken_down:
        gone = {"deleted_at": stage.clock(), "deleted_by": stage.mo.id}
    await put(stage.store, job.id, JobState.DONE, **gone)
    form = await press(stage.bob, page, "Try it…")
    refused = await stage.bob.submit_modal(form, {"video": [("clip.mp4", clip)]})
    assert said(refused) == look_texts.PICTURE_GONE


async def test_the_prompt_rules_hold_for_the_words_of_a_look(stage, browse, clip):
    await stage.set(prompt_rules=[{"kind": "words", "text": "gore", "action": "refuse"}])
    page = await press(stage.alice, await browse(), "Yours")
    form = await press(stage.alice, page, "Add one…")
    refused = await stage.alice.submit_modal(form, {"name": "Red", "words": "much g o r e"})
    assert said(refused).endswith(look_texts.RULED_OUT)
    await stage.store.looks.save(1, Look(name="Red", words="gore {prompt}"), user_id=stage.alice.id)
    form = await forge(stage, stage.alice, "looks:try:p:1")
    refused = await stage.alice.submit_modal(form, {"video": [("clip.mp4", clip)]})
    assert await stage.job(refused) is None
    assert "prompt" in said(refused)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": "A", "words": "{prompt} {prompt}"}, look_texts.ONE_SLOT),
        ({"name": "\u200b", "words": "a"}, look_texts.NO_WORDS),
        ({"name": "A", "words": "a", "seed": "9" * 12}, look_texts.BAD_NUMBER),
        ({"name": "A" * 41, "words": "a"}, look_texts.TOO_LONG),
        ({"name": "A", "words": "a" * 495}, look_texts.TOO_LONG),  # with its slot
    ],
)
async def test_what_is_no_look_is_said_and_not_stored(stage, fields, words):
    sent = await send_form(stage, stage.alice, "looks:form:add:p:", fields)
    assert words in said(sent)
    assert not await stage.store.looks.of(stage.alice.id)


async def test_nobody_touches_anothers_looks_or_as_a_member_the_servers(stage):
    await stage.set(looks=[HOUSE])
    await stage.store.looks.save(1, Look(name="Hers", words="x {prompt}"), user_id=stage.alice.id)
    before = await servers(stage)
    for verb in ("edit", "remove-sure", "try"):
        gone = await forge(stage, stage.bob, f"looks:{verb}:p:1")
        assert said(gone).strip() == look_texts.CHANGED_MEANWHILE
    fields = {"name": "Mine", "words": "y {prompt}"}
    await send_form(stage, stage.bob, "looks:form:edit:p:1", fields)
    for key in ("s:", "s:house"):
        for verb in ("add", "edit"):
            sent = await send_form(stage, stage.bob, f"looks:form:{verb}:{key}", fields)
            assert "This is for this server's moderators" in said(sent)
    assert await servers(stage) == before
    [hers] = await stage.store.looks.of(stage.alice.id)
    assert hers.look.name == "Hers"
    odd = await forge(stage, stage.bob, "looks:open", ["p:1"], kind=MENU)
    assert said(odd).strip() == look_texts.CHANGED_MEANWHILE


async def test_in_direct_messages_there_are_ones_own_and_the_built_in_ones(stage):
    page = await stage.alice.user.slash("restyle-looks")
    labels = set(buttons_of(message_of(page)))
    assert labels == {"Yours", "Next"}
    refused = await forge(stage, stage.alice.user, "looks:hide:b:noir")
    assert said(refused).strip() == look_texts.NOT_IN_DMS


def test_every_built_in_look_has_a_small_picture():
    files = {path.stem: path.stat().st_size for path in SAMPLES.glob("*.jpg")}
    assert set(files) == set(BUILT_IN)
    assert sum(files.values()) < 500_000


async def test_a_shape_that_the_model_lacks_keeps_no_look_from_being_used(stage, clip):
    await stage.set(looks=[Look(name="Wide", words="wide {prompt}", ratio="3:2", seed=4)])
    form = await forge(stage, stage.alice, "looks:try:s:wide")
    job = await stage.job(await stage.alice.submit_modal(form, {"video": [("clip.mp4", clip)]}))
    assert (job.prompt, job.seed, job.look_name) == ("wide", 4, "Wide")


async def test_the_longest_name_in_any_script_has_a_page_whose_buttons_work(stage, browse):
    name = "\u0390" * 40  # each three letters once case is taken off
    await stage.set(looks=[Look(name=name, words="x {prompt}")])
    page = await browse(stage.mo)
    [key] = [one.key for one in await LookBook(stage.store).offered(stage.guild.id, 1)][:1]
    await choose(stage.mo, page, key)
    await press(stage.mo, page, "Remove…")
    await press(stage.mo, page, "Remove it")
    assert not await servers(stage)


async def test_a_looks_name_is_read_by_all_so_the_rules_hold_for_it_and_deciders_see_it(
    stage, clip
):
    await stage.set(
        prompt_rules=[{"kind": "words", "text": "gore", "action": "refuse"}], review_mode="spending"
    )
    for number, name in enumerate(("Gore", "Nice"), 1):
        look = Look(name=name, words="a castle {prompt}")
        await stage.store.looks.save(number, look, user_id=stage.alice.id)
    refused = await stage.restyle(clip, prompt="by night", look="p:1")
    assert await stage.job(refused) is None
    job = await stage.job(await stage.restyle(clip, prompt="by night", look="p:2"))
    review = Review(
        job_id=job.id,
        stage=ReviewStage.SPENDING,
        guild_id=stage.guild.id,
        standing=ReviewStatus.OPEN,
        reasons=(),
        opened_at=job.created_at,
        expires_at=job.created_at,
    )
    above, _ = review_texts.card_lines(review, job, has_clip=True)
    assert look_texts.used("Nice") in above


@pytest.mark.parametrize(
    ("prompt", "own", "words"),
    [
        ("a castle by night", "by night", "a castle {prompt}"),
        ("a snowy day, snow", "snow", "a snowy day, snow {prompt}"),
        ("a {prompt} castle", None, "a  castle {prompt}"),
        ("x" * 510 + " own", "own", "x" * 491 + " {prompt}"),
    ],
)
async def test_a_saved_result_offers_words_that_can_be_saved(stage, clip, prompt, own, words):
    job = replace(
        await stage.job(await stage.restyle(clip)), prompt=prompt, look_name="A", own_words=own
    )
    assert words_of(job) == words
    check_look({"name": "A", "words": words})
