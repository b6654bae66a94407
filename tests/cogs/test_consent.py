"""Taking clips out of messages, and asking their authors; as everybody involved sees it.

The engine does not run: ``asked`` does what it would do with a job that it claims.
"""

import pytest

from bot.domain.jobs import CancelReason, Hold, JobState
from bot.errors import JobLostError
from bot.policy.problems import SERVER
from cogs.consent.request_messages import question_card
from tests.cogs import forged
from tests.cogs.conftest import buttons_of, said, text_of
from tests.storage.rows import put

MENU = "Restyle this"


@pytest.fixture(autouse=True)
def same_day(stage, clock):
    """Have the database on the same clock as Discord."""
    clock.now = stage.env.now()


@pytest.fixture
def mode(stage):
    """``await mode("own")``: the server's consent mode."""

    async def change(value, **others):
        await stage.store.policies.change(
            stage.guild.id,
            {SERVER: {"consent_mode": value} | others},
            user_id=stage.mo.id,
            operator=None,
        )

    return change


@pytest.fixture
def posted(stage, clip):
    """``await posted(stage.bob)``: a message with a clip."""

    async def send(who, *names, where=None, text=""):
        files = [(name, clip) for name in names or ("clip.mp4",)]
        return await who.send(where or stage.channel, text, attachments=files)

    return send


@pytest.fixture
def menu(stage):
    """``await menu(message)``: choose Restyle this on it, fill in the form and send it."""

    async def choose(message, *, who=None, where=None, **fields):
        who = who or stage.alice
        form = await who.context_menu(where or stage.channel, MENU, message)
        if form.modal is None:
            return form
        sent = await who.submit_modal(form, {"prompt": "a rainy night"} | fields)
        stage.openers[sent._interaction.id] = form._interaction.id
        return sent

    return choose


@pytest.fixture
def asked(stage, menu, posted):
    """``await asked()``: a job of Alice's for which Bob was asked, and the question."""

    async def make(message=None, **fields):
        result = await menu(message or await posted(stage.bob), **fields)
        job = await stage.job(result)
        assert job is not None, said(result)
        await engine(stage)
        return await stage.store.get(job.id)

    return make


async def engine(stage):
    """Claim what is nobody's, ask about it, and see to what was decided."""
    stage.new_jobs.clear()
    for job in await stage.store.claims.claim(100):
        if job.state is JobState.HELD:
            await stage.bot.approval_prompts.present(job, None)
        elif job.state is JobState.CANCELLED:
            await stage.bot.approval_prompts.settled(job)


def question_of(person):
    return person.user.dm_channel.last_message


async def press(person, label, message=None):
    message = message or question_of(person)
    presser = person.user if message.guild is None else person
    return await presser.click(message, custom_id=buttons_of(message)[label])


# Ways in


async def test_a_clip_of_ones_own_message_starts_at_once(stage, menu, posted):
    message = await posted(stage.alice)
    job = await stage.job(await menu(message, start="0:00.2", length="0.5"))
    assert (job.state, job.hold, job.source_author_id) == (
        JobState.QUEUED,
        None,
        stage.alice.id,
    )
    assert job.source_message_url == message.jump_url
    assert job.prompt == "a rainy night"
    assert (job.part_start, job.part_seconds) == (pytest.approx(0.2, abs=0.05), pytest.approx(0.5))


async def test_of_several_clips_one_is_chosen_and_pictures_do_not_count(stage, menu, posted):
    message = await posted(stage.alice, "a.png", "b.mp4", "c.gif")
    form = await stage.alice.context_menu(stage.channel, MENU, message)
    [files] = [
        part["component"]
        for part in form.modal["components"]
        if part["component"]["custom_id"] == "file"
    ]
    assert [option["label"] for option in files["options"]] == ["1. b.mp4", "2. c.gif"]
    job = await stage.job(await menu(await posted(stage.alice, "x.mp4", "y.mp4"), file=["2"]))
    assert job.source_filename == "y.mp4"


async def test_the_form_keeps_within_discords_limits(stage, posted):
    message = await posted(stage.bob, *(f"{'x' * 90}{number}.mp4" for number in range(10)))
    form = await stage.alice.context_menu(stage.channel, MENU, message)
    assert len(form.modal["title"]) <= 45
    assert len(form.modal["components"]) <= 5
    for part in form.modal["components"]:
        assert len(part["label"]) <= 45
        assert len(part.get("description") or "") <= 100
        assert len(part["component"].get("options") or []) <= 25
        for option in part["component"].get("options") or []:
            assert len(option["label"]) <= 100


@pytest.mark.parametrize("typed", ["soon", "-1", "99999:00"])
async def test_a_moment_that_is_none_is_refused_in_private(stage, menu, posted, typed):
    result = await menu(await posted(stage.alice), start=typed)
    assert "is not a time in the clip" in said(result)
    assert result.ephemeral
    assert await stage.job(result) is None


async def test_a_message_without_a_clip_is_refused_before_anything_is_typed(stage):
    message = await stage.bob.send(stage.channel, "look", attachments=[("a.png", b"p")])
    result = await stage.alice.context_menu(stage.channel, MENU, message)
    assert result.modal is None
    assert result.ephemeral
    assert "no video file in that message" in said(result)


async def test_a_form_that_was_open_over_a_restart_is_read(stage, posted, make_bot):
    form = await stage.alice.context_menu(stage.channel, MENU, await posted(stage.alice))
    bot = make_bot()
    await stage.env.restart_bot(bot)
    try:
        result = await stage.alice.submit_modal(form, {"prompt": "a *rainy* night"})
        job = await stage.store.get(form._interaction.id)
        assert job.prompt == "a *rainy* night", said(result)
    finally:
        await bot.close()


async def test_a_form_of_a_clip_that_is_not_known_gives_the_prompt_back(stage):
    result = await forged.send_form(
        stage, stage.alice, "restyle:1:this-form", {"prompt": "a *rainy* night"}
    )
    assert "> a \\*rainy\\* night" in said(result)
    assert "Choose the clip again" in said(result)
    assert result.ephemeral


# Whose clip


async def test_on_a_server_of_own_clips_only_others_are_refused_with_who_decides(
    stage, mode, posted, menu
):
    await mode("own", review_channel_id=stage.channel.id)
    result = await menu(await posted(stage.bob))
    assert "Ask a moderator…" in buttons_of(result.response.message)
    assert f"That clip is by {stage.bob.mention}" in said(result)
    assert "/restyle-settings" in said(result)
    assert result.ephemeral
    assert await stage.job(await menu(await posted(stage.alice))) is not None


async def test_on_an_open_server_nobody_is_asked(stage, mode, posted, menu):
    await mode("open")
    job = await stage.job(await menu(await posted(stage.bob)))
    assert (job.state, job.hold, job.source_author_id) == (JobState.QUEUED, None, stage.bob.id)


@pytest.mark.parametrize(("value", "taken"), [("own", False), ("ask", False), ("open", True)])
async def test_an_apps_clip_has_nobody_who_could_be_asked(stage, mode, clip, menu, value, taken):
    await mode(value)
    webhook = stage.guild.create_webhook(stage.channel, "news")
    message = await webhook.send("look", attachments=[("clip.mp4", clip)])
    result = await menu(message)
    assert ("posted by an app" in said(result)) is not taken
    job = await stage.job(result)
    assert (job is not None) is taken
    assert job is None or (job.source_author_id, job.hold) == (None, None)


@pytest.mark.parametrize("value", ["own", "ask", "open"])
async def test_an_opt_out_always_refuses_and_in_private(stage, mode, posted, menu, value):
    await mode(value)
    await stage.store.consents.opt_out(stage.bob.id)
    result = await menu(await posted(stage.bob))
    assert f"{stage.bob.mention} does not want their clips restyled." in said(result)
    assert result.ephemeral
    assert await stage.job(result) is None
    own = await menu(await posted(stage.bob), who=stage.bob)
    assert await stage.job(own) is not None


async def answered(stage, clip, *, author=None, who=None):
    """Return the message with a finished clip of ``who``'s, made from a clip of ``author``'s."""
    job = await stage.finished(clip, who=who)
    delivered = await stage.deliverer.deliver(job, None)
    url = "https://discord.com/channels/1/2/3" if author else None
    channel = stage.bot.get_partial_messageable(delivered.channel_id, guild_id=stage.guild.id)
    message = await channel.fetch_message(delivered.message_id)
    return await put(
        stage.store,
        job.id,
        JobState.DONE,
        answer_message_id=message.id,
        source_author_id=author.id if author else None,
        source_message_url=url,
    ), message


async def with_clip(stage, message, clip):
    """Have the answer bear its video, as it does where the provider's output can be had."""
    attached = stage.env.backend.store_attachments(message.channel.id, [("restyled.mp4", clip)])
    stage.env.backend.messages[message.channel.id][message.id].attachments = attached
    [thread] = [one for one in stage.channel.threads if one.id == message.channel.id]
    return thread


async def test_consent_to_a_result_is_that_of_the_person_in_it(stage, clip, menu):
    _, message = await answered(stage, clip, author=stage.bob, who=stage.mo)
    thread = await with_clip(stage, message, clip)
    job = await stage.job(await menu(message, where=thread))
    assert (job.source_author_id, job.hold) == (stage.bob.id, Hold.CONSENT)
    by_bob = await stage.job(await menu(message, where=thread, who=stage.bob))
    assert (by_bob.source_author_id, by_bob.hold) == (stage.bob.id, None)
    # It was their wish, but not their clip.
    again = await stage.job(await menu(message, where=thread, who=stage.mo))
    assert (again.source_author_id, again.hold) == (stage.bob.id, Hold.CONSENT)


async def test_a_result_of_ones_own_clip_is_ones_own(stage, clip, menu):
    _, message = await answered(stage, clip, who=stage.bob)
    thread = await with_clip(stage, message, clip)
    job = await stage.job(await menu(message, where=thread))
    assert (job.source_author_id, job.hold) == (stage.bob.id, Hold.CONSENT)
    own = await stage.job(await menu(message, where=thread, who=stage.bob))
    assert own.hold is None


async def test_the_opt_out_of_everybody_behind_a_result_counts(stage, clip, menu, mode):
    await mode("open")
    _, message = await answered(stage, clip, author=stage.bob, who=stage.mo)
    thread = await with_clip(stage, message, clip)
    await stage.store.consents.opt_out(stage.mo.id)
    assert f"{stage.mo.mention} does not want" in said(await menu(message, where=thread))


async def test_other_messages_of_the_bots_are_no_clips_of_anybody(stage, clip, menu):
    job, message = await answered(stage, clip, who=stage.bob)
    thread = await with_clip(stage, message, clip)
    await put(stage.store, job.id, JobState.DONE, answer_message_id=message.id + 1)
    assert "only those with a finished clip" in said(await menu(message, where=thread))


# The question


async def test_the_author_is_asked_in_person_with_all_that_they_need(stage, asked, posted):
    message = await posted(stage.bob)
    job = await asked(message, prompt="@everyone **neon**")
    question = question_of(stage.bob)
    text = text_of(question)
    assert f"{stage.alice.mention} would like to restyle [your clip]({message.jump_url})" in text
    assert "> @\u200beveryone \\*\\*neon\\*\\*" in text
    assert "CometAPI and Runway" in text
    assert "</restyle-privacy:" in text
    assert f"<t:{int(job.held_until.timestamp())}:R>" in text
    assert list(buttons_of(question)) == ["Allow", "No", "Never ask me"]
    [record] = [found for found in stage.channel.history() if found.id == job.record_message_id]
    assert "Waiting for approval" in text_of(record)
    await engine(stage)
    assert len(stage.bob.user.dm_channel.history()) == 1


async def test_the_author_reads_the_prompt_to_its_end_and_what_goes_with_it(stage, asked):
    prompt = "a rainy night, " * 60 + "and <@123456789012345678> <b>"
    job = await asked(prompt=prompt)
    job = await put(stage.store, job.id, job.state, look="film grain", reference_url="https://x/y")
    [container] = question_card(job, is_direct=True, privacy="/restyle-privacy").children
    shown = "\n".join(getattr(item, "content", "") for item in container.children)
    assert "and <@123456789012345678> \\<b\\>" in shown
    assert "This server adds to every prompt: film grain" in shown
    assert "A reference image goes with it." in shown


async def test_nothing_is_asked_twice_by_two_processes(stage, asked):
    job = await asked()
    await stage.bot.approval_prompts.present(job, None)
    assert len(stage.bob.user.dm_channel.history()) == 1


async def test_a_closed_door_means_asking_in_place_and_pinging_the_author_alone(stage, asked):
    stage.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    job = await asked()
    assert stage.bob.user.dm_channel.history() == []
    question = stage.channel.last_message
    assert text_of(question).startswith(stage.bob.mention)
    body = [call for call in stage.env.http_requests if call.method == "POST"][-1].json
    assert body["allowed_mentions"] == {"parse": [], "users": [stage.bob.id]}
    await stage.bot.approval_prompts.present(job, None)
    assert stage.channel.last_message.id == question.id
    await press(stage.bob, "Allow", question)
    assert (await stage.store.get(job.id)).state is JobState.QUEUED


async def test_a_filter_that_blocks_the_prompt_does_not_keep_the_question(stage, asked):
    stage.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    stage.env.inject_error("POST", "/channels/*/messages", status=400, code=200000)
    await asked()
    assert "a rainy night" not in text_of(stage.channel.last_message)
    assert "Allow" in buttons_of(stage.channel.last_message)


async def test_allowed_it_goes_on_and_the_question_says_so(stage, asked):
    job = await asked()
    result = await press(stage.bob, "Allow")
    assert (await stage.store.get(job.id)).state is JobState.QUEUED
    assert stage.new_jobs.is_set()
    assert buttons_of(question_of(stage.bob)) == {}
    assert "Allowed." in text_of(question_of(stage.bob))
    assert result.followups == []


async def test_a_no_ends_it_and_takes_the_copy_of_the_clip_away(stage, asked, clip):
    job = await asked()
    channel = stage.bot.get_channel(stage.channel.id)
    copy = await channel.send("copy")
    await put(
        stage.store,
        job.id,
        JobState.HELD,
        source_channel_id=channel.id,
        source_message_id=copy.id,
        owner=None,
    )
    await press(stage.bob, "No")
    ended = await stage.store.get(job.id)
    assert (ended.state, ended.cancel_reason) == (
        JobState.CANCELLED,
        CancelReason.CONSENT_REFUSED,
    )
    assert "Not allowed." in text_of(question_of(stage.bob))
    await engine(stage)
    assert copy.id not in {found.id for found in stage.channel.history()}
    assert await stage.store.consents.opted_out_since(stage.bob.id) is None


async def test_a_copy_that_the_author_allowed_stays_when_somebody_else_ends_the_job(stage, asked):
    job = await asked()
    copy = await stage.bot.get_channel(stage.channel.id).send("copy")
    await press(stage.bob, "Allow")
    ended = await put(
        stage.store,
        job.id,
        JobState.CANCELLED,
        cancel_reason=CancelReason.MODERATOR,
        source_channel_id=stage.channel.id,
        source_message_id=copy.id,
    )
    await stage.bot.approval_prompts.settled(ended)
    assert copy.id in {found.id for found in stage.channel.history()}


async def test_an_opt_out_ends_what_nobody_was_asked_about_and_takes_the_copy_away(
    stage, mode, asked
):
    await mode("open")
    job = await asked()
    copy = await stage.bot.get_channel(stage.channel.id).send("copy")
    job = await stage.store.update(
        job, source_message_id=copy.id, source_channel_id=copy.channel.id
    )
    await stage.store.consents.opt_out(stage.bob.id)
    with pytest.raises(JobLostError):
        await stage.store.admissions.admit(job, operator_running=None)
    await engine(stage)
    assert (await stage.store.get(job.id)).cancel_reason is CancelReason.CONSENT_REFUSED
    assert copy.id not in {found.id for found in stage.channel.history()}


async def test_never_ask_me_refuses_everything_else_that_waits_too(stage, asked):
    first, second = await asked(), await asked()
    older, newer = stage.bob.user.dm_channel.history()
    result = await press(stage.bob, "Never ask me", older)
    assert "Nobody can restyle your clips" in said(result)
    assert await stage.store.consents.opted_out_since(stage.bob.id) is not None
    await engine(stage)
    for job in (first, second):
        assert (await stage.store.get(job.id)).cancel_reason is CancelReason.CONSENT_REFUSED
    assert all(buttons_of(found) == {} for found in stage.bob.user.dm_channel.history())
    assert newer.id != older.id


async def test_a_second_press_and_a_late_one_say_what_happened_before(stage, asked):
    job = await asked()
    await press(stage.bob, "Allow")
    # As on a screen that has not caught up.
    direct = stage.bot.get_partial_messageable(stage.bob.user.dm_channel.id)
    await direct.send(view=question_card(job, is_direct=True, privacy="/restyle-privacy"))
    again = await press(stage.bob, "No")
    assert buttons_of(question_of(stage.bob)) == {}
    assert "You already allowed this" in said(again)
    assert (await stage.store.get(job.id)).state is JobState.QUEUED
    late = await asked()
    question = question_of(stage.bob)
    past = stage.clock() - (late.held_until - stage.clock())
    await put(stage.store, late.id, JobState.HELD, held_until=past)
    answer = await press(stage.bob, "Allow", question)
    assert "The time to answer has passed" in said(answer)
    assert (await stage.store.get(late.id)).state is JobState.HELD


async def test_a_request_taken_back_closes_the_question(stage, asked):
    job = await asked()
    question = question_of(stage.bob)
    await stage.store.cancel(job.id, by=stage.alice.id)
    answer = await press(stage.bob, "Allow", question)
    assert "withdrawn in the meantime" in said(answer)
    other = await asked()
    await stage.store.cancel(other.id, by=stage.alice.id)
    await engine(stage)
    assert "withdrawn" in text_of(question_of(stage.bob))
    assert buttons_of(question_of(stage.bob)) == {}


async def test_others_are_told_whose_word_it_is(stage, asked):
    stage.env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    job = await asked()
    for person in (stage.alice, stage.mo):
        result = await press(person, "Allow", stage.channel.last_message)
        assert said(result).startswith(f"Only {stage.bob.mention} can answer this")
        assert result.ephemeral
    assert (await stage.store.get(job.id)).state is JobState.HELD


async def test_an_opt_out_while_the_request_came_in_counts(stage, posted, menu):
    job = await stage.job(await menu(await posted(stage.bob)))
    # As by another process, between the check and the storing.
    await put(stage.store, job.id, JobState.QUEUED, owner=None)
    await stage.store.consents.opt_out(stage.bob.id)
    await put(stage.store, job.id, JobState.HELD, owner=None)
    await engine(stage)
    assert (await stage.store.get(job.id)).cancel_reason is CancelReason.CONSENT_REFUSED
    assert stage.bob.user.dm_channel.history() == []


async def test_an_author_is_not_pestered(stage, asked, posted, menu):
    for _ in range(3):
        await asked()
    result = await menu(await posted(stage.bob))
    assert "several such questions" in said(result)
    assert await stage.job(result) is None


async def test_moderators_are_asked_after_the_author(stage, asked, mode):
    reviews = stage.guild.create_text_channel("reviews")
    await mode("ask", review_mode="spending", review_channel_id=reviews.id)
    job = await asked()
    assert reviews.history() == []
    await press(stage.bob, "Allow")
    waiting = await stage.store.get(job.id)
    assert (waiting.state, waiting.hold) == (JobState.HELD, Hold.REVIEW)
    await engine(stage)
    [card] = reviews.history()
    assert f"the clip is by {stage.bob.mention}" in text_of(card)
    assert waiting.held_until is not None
