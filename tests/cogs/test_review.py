"""Reviews, as moderators and requesters see them."""

import discord
import pytest

from bot.domain.jobs import CancelReason, JobState
from bot.domain.quotas import ReviewStage, ReviewStatus
from bot.errors import DeliveryDelayedError
from bot.policy.decide import BY_REVIEW_MODE
from cogs.delivery.source_message import kept_in
from tests.cogs.conftest import buttons_of, said, text_of
from tests.cogs.reviewing import OUTPUT_URL, SOURCE_URL, court, simcord_bot

__all__ = ["court", "simcord_bot"]

SPENDING, PUBLISHING = ReviewStage.SPENDING, ReviewStage.PUBLISHING
POSTS = "/channels/{}/messages"


def galleries(message):
    found = []

    def walk(components):
        for component in components:
            if isinstance(component, discord.MediaGalleryComponent):
                found.extend(component.items)
            walk(getattr(component, "children", None) or [])

    walk(message.components)
    return found


# The card


async def test_moderators_see_the_whole_request(court):
    reasons = (BY_REVIEW_MODE, "Prompt rule 2 found something: gore")
    job = await court.asked(reasons=reasons, prompt="@everyone *neon*")
    text = text_of(court.card)
    assert "A request is waiting for a moderator** · nothing is spent yet" in text
    assert f"<@{court.alice.id}> in <#{court.channel.id}>, <t:" in text
    thread_url = f"https://discord.com/channels/{court.guild.id}/{court.thread.id}"
    assert f":R> · [thread]({thread_url})" in text
    assert "> @\u200beveryone \\*neon\\*" in text
    assert "gen4_aleph · 5 s · about $0.75" in text
    assert "-# Every request is reviewed here. Prompt rule 2 found something: gore" in text
    assert f"Without a decision it ends <t:{int(job.held_until.timestamp())}:R>" in text
    assert [item.media.url for item in galleries(court.card)] == [SOURCE_URL]
    assert list(buttons_of(court.card)) == ["Take", "Approve", "Deny…", "Edit prompt…"]
    [post] = [call for call in court.env.http_requests if call.method == "POST"]
    assert post.json["allowed_mentions"] == {"parse": []}
    assert post.json["nonce"] == f"{job.id}rs"


async def test_a_card_never_shows_what_lies_in_the_original_beside_its_pictures(court):
    """Where nothing was kept: a file that is packed anew has a place, an owner, a cover in it."""
    plan = (
        '{"way": "copy", "start_seconds": 0, "seconds": 5, "width": 1280, "height": 720, '
        '"fps": null, "max_bytes": 1000, "tone_map": false, "has_audio": false, "reasons": []}'
    )
    await court.asked(plan=plan, reference_url=SOURCE_URL, convert_reference=True)
    assert galleries(court.card) == []


async def test_a_card_has_room_for_the_longest_prompts_reasons_and_notes(court):
    longest, rule = "*_`" * 333, "~" * 200
    await court.asked(reasons=(rule,) * 5, prompt=longest, look="*" * 200)
    await court.form("Edit prompt…", "`~" * 499 + "!!")
    assert "!!" in text_of(court.card)
    assert len(text_of(court.card)) <= 4000
    await court.form("Deny…", "*`" * 250)
    assert "!!" in text_of(court.card)
    assert len(text_of(court.card)) <= 4000


async def test_approving_lets_the_job_go_on_and_closes_the_card(court):
    job = await court.asked()
    await court.press("Approve")
    assert court.new_jobs.is_set()
    assert (await court.store.get(job.id)).state is JobState.QUEUED
    assert "**Approved**" in text_of(court.card)
    assert f"<@{court.mo.id}> approved it <t:" in text_of(court.card)
    assert buttons_of(court.card) == {}


async def test_denying_asks_for_the_reason_which_the_requester_gets(court):
    job = await court.asked()
    await court.form("Deny…", "not in *this* club")
    denied = await court.store.get(job.id)
    assert (denied.state, denied.cancel_reason) == (JobState.CANCELLED, CancelReason.DENIED)
    assert (denied.cancelled_by, denied.cancel_note) == (court.mo.id, "not in *this* club")
    assert f"<@{court.mo.id}> denied it" in text_of(court.card)
    assert "Reason:\n> not in \\*this\\* club" in text_of(court.card)
    assert court.new_jobs.is_set()


async def test_the_house_look_is_shown_below_the_members_own_words(court):
    await court.asked(prompt="a calm night", look="film *grain*")
    shown = "> a calm night\nThe house look is added: film \\*grain\\*"
    assert shown in text_of(court.card)


async def test_an_edited_prompt_is_shown_and_told_to_the_requester(court):
    job = await court.asked(prompt="a gory night")
    shown = await court.press("Edit prompt…")
    [label] = shown.modal["components"]
    assert label["component"]["value"] == "a gory night"
    await court.sent(shown, "a calm\nnight")
    mended = await court.store.get(job.id)
    assert (mended.prompt, mended.state) == ("a calm night", JobState.HELD)
    text = text_of(court.card)
    assert f"> a calm night\nPrompt changed by <@{court.mo.id}>. Before:\n> a gory night" in text
    [told] = court.texts(court.thread)
    assert f"The prompt of <@{court.alice.id}>'s request was changed by <@{court.mo.id}>." in told
    assert mended.edited_by == court.mo.id
    assert "> a gory night" in told
    assert "> a calm night" in told
    await court.press("Approve")
    assert "> a gory night" in text_of(court.card)


async def test_what_the_clips_author_allowed_a_moderator_can_shorten_but_not_change(court):
    job = await court.asked(prompt="A gory night, without rain", source_author_id=court.sam.id)
    for words in ("a calm night, without rain", "A gory night, rain", "rain without a gory night"):
        answer = await court.form("Edit prompt…", words)
        assert "You can take words out, but not add or change any" in said(answer), words
        assert (await court.store.get(job.id)).prompt == job.prompt
    await court.form("Edit prompt…", "a night without rain.")
    mended = await court.store.get(job.id)
    assert (mended.prompt, mended.edited_by) == ("a night without rain.", court.mo.id)
    await court.form("Edit prompt…", "A gory night, without rain")  # the author has seen these
    assert (await court.store.get(job.id)).edited_by is None


async def test_a_server_can_keep_its_moderators_names_to_itself(court):
    fields = {"name_moderators": False}
    job = await court.asked(prompt="a gory night", **fields)
    form = await court.press("Edit prompt…")
    await court.sent(form, "a calm night")
    form = await court.press("Deny…")
    assert "without your name" in str(form.modal)
    await court.sent(form, "not here")
    await court.bot.deliverer.deliver(await court.store.get(job.id), None)
    told = "\n".join(court.texts(court.thread))
    assert "Your request was denied by the moderators." in told
    assert "was changed by the moderators" in told
    assert f"<@{court.mo.id}>" not in told
    assert f"<@{court.mo.id}> denied it" in text_of(court.card)  # moderators know


async def test_a_clip_under_review_is_kept_where_moderators_alone_see_it(court):
    job = await court.held()
    assert await kept_in(court.store, job) == court.reviews.id
    await court.decide(review_channel_id=None)
    assert await kept_in(court.store, job) is None  # nowhere, rather than before everybody
    await court.decide()
    await court.engine()
    await court.press("Approve")
    assert await kept_in(court.store, await court.store.get(job.id)) == court.thread.id


async def test_the_same_prompt_again_is_no_change(court):
    await court.asked(prompt="a calm night")
    await court.form("Edit prompt…", " a  calm night ")
    assert court.texts(court.thread) == []
    assert "Prompt changed" not in text_of(court.card)


async def test_an_empty_prompt_is_not_taken(court):
    job = await court.asked()
    answer = await court.form("Edit prompt…", "\u200b")
    assert "The prompt is empty" in said(answer)
    assert "with its old prompt" in said(answer)
    assert (await court.store.get(job.id)).prompt == job.prompt


# Who may


async def test_members_may_not_decide_and_learn_who_may(court):
    job = await court.asked(who=court.mo)
    for label in ("Take", "Approve", "Deny…", "Edit prompt…"):
        answer = await court.press(label, who=court.alice)
        assert "moderators (Manage Messages" in said(answer)
        assert answer.ephemeral
    assert (await court.store.get(job.id)).state is JobState.HELD


async def test_nobody_decides_about_their_own_request_not_even_a_moderator(court):
    job = await court.asked(who=court.mo)
    for label in ("Take", "Approve", "Deny…", "Edit prompt…"):
        answer = await court.press(label)
        assert "This is your own request" in said(answer)
    assert (await court.store.get(job.id)).state is JobState.HELD


async def test_a_role_of_the_servers_choice_may_decide(court):
    jury = court.guild.create_role("Jury")
    classify = court.guild.add_member(court.env.create_user("judge"), roles=[jury])
    await court.decide(reviewer_role_ids=frozenset({jury.id}))
    job = await court.asked()
    await court.press("Approve", who=classify)
    assert (await court.store.get(job.id)).state is JobState.QUEUED


async def test_what_one_moderator_took_the_other_cannot_decide(court):
    job = await court.asked()
    await court.press("Take")
    assert f"taken by <@{court.mo.id}>, free again <t:" in text_of(court.card)
    assert "Release" in buttons_of(court.card)
    answer = await court.press("Approve", who=court.sam)
    assert f"<@{court.mo.id}> took this <t:" in said(answer)
    await court.press("Release")
    await court.press("Approve", who=court.sam)
    assert (await court.store.get(job.id)).state is JobState.QUEUED


async def test_a_lock_that_is_too_old_is_no_lock(court):
    job = await court.asked()
    await court.press("Take")
    court.clock.advance(15 * 60)
    await court.press("Approve", who=court.sam)
    assert (await court.store.get(job.id)).state is JobState.QUEUED


async def test_who_comes_second_learns_who_was_first(court):
    job = await court.asked()
    late = await court.press("Deny…", who=court.sam)  # the form is open on one screen
    await court.press("Approve")
    answer = await court.sent(late, "no", who=court.sam)
    assert f"<@{court.mo.id}> approved it <t:" in said(answer)
    assert "Your press changed nothing" in said(answer)
    assert (await court.store.get(job.id)).state is JobState.QUEUED


# Restarts and trouble


async def test_everything_works_after_a_restart(court, make_bot):
    old = court.bot
    first, second = await court.asked(), await court.asked()
    card, other = court.cards
    form = await court.press("Deny…", card=card)
    edit = await court.press("Edit prompt…", card=other)
    bot = await court.restart(make_bot)
    try:
        await court.sent(form, "not here")  # opened by the process that is gone
        assert (await court.store.get(first.id)).cancel_note == "not here"
        assert "**Denied**" in text_of(court.cards[0])
        await court.sent(edit, "a calm night")
        assert (await court.store.get(second.id)).prompt == "a calm night"
        await court.press("Take", card=court.cards[1])
        await court.press("Approve", card=court.cards[1])
        assert (await court.store.get(second.id)).state is JobState.QUEUED
    finally:
        await bot.close()
        await old.close()


async def test_the_card_is_posted_once_whatever_is_repeated(court):
    job = await court.asked()
    await court.bot.approval_prompts.present(job, None)
    # As if the process had died between the post and the note of it.
    await court.store.reviews.slots._card(job.id, SPENDING, message_id=None)
    await court.bot.approval_prompts.present(job, None)
    review = await court.store.reviews.get(job.id, SPENDING)
    assert review.message_id == court.card.id


async def test_a_card_that_was_deleted_is_posted_again(court):
    job = await court.asked()
    await court.mo.delete(court.card)
    await court.bot.approval_prompts.present(job, None)
    assert "A request is waiting" in text_of(court.card)
    await court.press("Approve")
    assert (await court.store.get(job.id)).state is JobState.QUEUED


async def test_a_card_that_the_bot_may_no_longer_read_is_not_posted_again(court):
    job = await court.asked()
    path = f"{POSTS.format(court.reviews.id)}/{court.card.id}"
    court.env.inject_error("GET", path, status=403, code=50013, times=None)
    await court.bot.approval_prompts.present(job, None)
    review = await court.store.reviews.get(job.id, SPENDING)
    assert review.message_id == court.card.id


async def test_every_press_is_answered_without_a_database(court):
    await court.asked()
    form = await court.press("Deny…")
    await court.store._database.close()
    for label in ("Take", "Approve", "Deny…", "Edit prompt…"):
        assert "cannot reach its database" in said(await court.press(label))
    assert "cannot reach its database" in said(await court.sent(form, "no"))


async def test_a_press_for_a_request_of_another_server_finds_nothing(court):
    await court.asked()
    answer = await court.pressed_elsewhere(buttons_of(court.card)["Approve"])
    assert "not known here" in said(answer)


async def test_show_next_of_another_server_opens_nothing_there(court):
    await court.decide(review_open_cap=1)
    for _ in range(2):
        await court.asked()
    answer = await court.pressed_elsewhere(buttons_of(court.cards[1])["Show next"])
    assert said(answer) == "Nothing else is waiting."
    await court.engine()
    assert len(court.cards) == 2


# When it ends by itself


@pytest.mark.parametrize(
    ("reason", "title"),
    [(CancelReason.REVIEW_EXPIRED, "**Expired**"), (CancelReason.REQUESTER, "**Withdrawn")],
)
async def test_a_card_closes_when_the_job_ends_without_a_decision(court, reason, title):
    job = await court.asked()
    await court.ended(job, reason)
    assert title in text_of(court.card)
    assert buttons_of(court.card) == {}
    expected = {"**Expired**": ReviewStatus.EXPIRED}.get(title, ReviewStatus.WITHDRAWN)
    assert (await court.store.reviews.get(job.id, SPENDING)).standing is expected


async def test_a_press_on_a_card_that_is_out_of_date_brings_it_up_to_date(court):
    job = await court.asked()
    card = court.card
    court.env.inject_error("PATCH", "/channels/*", status=500, code=0, times=1)
    await court.expired(job)
    assert "Approve" in buttons_of(court.card)
    answer = await court.press("Approve", card=card)
    assert "Nobody decided in time" in said(answer)
    assert buttons_of(court.card) == {}


# Results


async def test_a_result_is_seen_behind_a_spoiler_and_published_on_approval(court):
    job = await court.asked(court.withheld)
    text = text_of(court.card)
    assert "A finished clip is waiting for a moderator** · nobody else can see it yet" in text
    assert "already paid for" in text
    [item] = galleries(court.card)
    assert item.spoiler
    [attachment] = court.card.attachments
    assert await attachment.read() == court.clip_path.read_bytes()
    assert list(buttons_of(court.card)) == ["Take", "Approve", "Deny…"]
    await court.press("Take")
    assert len(court.card.attachments) == len(galleries(court.card)) == 1
    await court.press("Approve")
    assert (await court.store.get(job.id)).state is JobState.DELIVERING
    assert court.card.attachments == []
    assert galleries(court.card) == []


async def test_a_result_that_is_not_published_stays_with_the_moderators(court):
    job = await court.asked(court.withheld)
    await court.form("Deny…", "too much")
    kept = await court.store.get(job.id)
    assert (kept.state, kept.cancel_reason) == (JobState.CANCELLED, CancelReason.WITHHELD)
    assert "charges for the clip anyway" in text_of(court.card)
    assert len(court.card.attachments) == 1
    [item] = galleries(court.card)
    assert item.spoiler


async def test_the_engine_takes_a_published_clip_off_a_card_that_no_press_closed(court):
    job = await court.asked(court.withheld)
    assert len(court.card.attachments) == 1
    await court.store.reviews.approve(
        job.id, PUBLISHING, guild_id=court.guild.id, user_id=court.mo.id
    )
    await court.engine()
    assert court.card.attachments == galleries(court.card) == []
    assert buttons_of(court.card) == {}


async def test_the_engine_leaves_an_unpublished_clip_on_the_card_that_it_closes(court):
    await court.expired(await court.asked(court.withheld))
    assert len(court.card.attachments) == len(galleries(court.card)) == 1
    assert buttons_of(court.card) == {}


async def test_a_result_that_is_too_large_comes_as_a_link(court):
    path = POSTS.format(court.reviews.id)
    court.env.inject_error("POST", path, status=413, code=40005, times=1)
    await court.asked(court.withheld)
    assert f"[watch it]({OUTPUT_URL})" in text_of(court.card)
    assert court.card.attachments == []


async def test_words_that_the_servers_filter_blocks_are_left_out(court):
    path = POSTS.format(court.reviews.id)
    court.env.inject_error("POST", path, status=400, code=200000, times=1)
    await court.asked()
    assert "filter blocks the prompt" in text_of(court.card)
    assert "rainy" not in text_of(court.card)


# When nobody can be asked


async def test_without_a_review_channel_the_thread_says_so_and_what_to_do(court):
    court.bot.command_mentions.learn({"restyle-settings": 5})
    await court.decide(review_channel_id=None)
    job = await court.asked()
    await court.bot.approval_prompts.present(job, None)  # after a restart, say
    [told] = court.texts(court.thread)
    assert "No moderator can check this: the server has no review channel." in told
    assert "</restyle-settings:5>" in told
    assert f"ends <t:{int(job.held_until.timestamp())}:R>. Nothing is spent." in told
    [notice] = court.thread.history()
    assert "set a review channel" in said(await court.press("Ask again", card=notice))
    await court.decide()
    answer = await court.press("Ask again", card=notice, who=court.alice)
    assert "asking the moderators again" in said(answer)
    await court.engine()
    assert "A request is waiting" in text_of(court.card)


async def test_a_review_channel_that_refuses_is_named_in_the_thread(court):
    closed = court.guild.create_text_channel(
        "closed",
        overwrites={court.bot.user: discord.PermissionOverwrite(send_messages=False)},
    )
    await court.decide(review_channel_id=closed.id)
    await court.asked()
    [told] = court.texts(court.thread)
    assert f"the bot cannot post in the review channel <#{closed.id}>" in told
    await court.decide()
    [notice] = court.thread.history()
    bystander = court.guild.add_member(court.env.create_user("bob"))
    assert "Only <@" in said(await court.press("Ask again", card=notice, who=bystander))
    await court.press("Ask again", card=notice)
    await court.engine()
    assert "A request is waiting" in text_of(court.card)


async def test_a_review_channel_that_is_gone_is_named_in_the_thread(court):
    await court.decide(review_channel_id=1234)
    await court.asked(court.withheld)
    [told] = court.texts(court.thread)
    assert "<#1234>" in told
    assert "charges for the finished clip anyway" in told


async def test_trouble_at_discord_is_for_later(court):
    path = POSTS.format(court.reviews.id)
    court.env.inject_error("POST", path, status=500, code=0, times=1)
    job = await court.held()
    with pytest.raises(DeliveryDelayedError):
        await court.bot.approval_prompts.present(job, None)
    await court.bot.approval_prompts.present(job, None)
    assert "A request is waiting" in text_of(court.card)


async def test_the_fullest_card_keeps_to_discords_limits(court):
    job = await court.asked(
        prompt="*" * 1000,
        reasons=[f"Prompt rule {n} found something: " + "_" * 300 for n in range(9)],
    )
    await court.form("Edit prompt…", "`" * 1000)
    await court.press("Take")
    assert (await court.store.get(job.id)).prompt == "`" * 1000
    bodies = [call.json for call in court.env.http_requests if call.json]
    cards = [body.get("components") or body.get("data", {}).get("components") for body in bodies]

    def walk(components):
        for component in components or []:
            yield component
            yield from walk(component.get("components"))

    sizes = [
        (len(parts), sum(len(part.get("content") or "") for part in parts))
        for parts in ([*walk(card)] for card in cards)
    ]
    assert max(count for count, _ in sizes) <= 40
    assert 2500 < max(length for _, length in sizes) <= 4000
