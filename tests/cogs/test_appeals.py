"""Appeals, as members and moderators see them."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.jobs import CancelReason, Charge, FailureReason, JobState
from bot.domain.reviews import MAX_OPEN_APPEALS
from cogs.appeals.button import appeal_view, is_appealable
from tests.cogs.conftest import buttons_of, said, text_of
from tests.cogs.reviewing import EXTENSIONS, Court
from tests.factories import new_job
from tests.storage.rows import put

ASK, ANSWER = "Ask a moderator…", "Answer…"


@pytest.fixture
async def simcord_bot(make_bot):
    bot = make_bot(extensions=(*EXTENSIONS, "cogs.restyle.request_flow", "cogs.restyle.cog"))
    yield bot
    await bot.close()


@pytest.fixture
async def court(simcord_env, sqlite_store, new_jobs, clock, tmp_path):
    court = Court(simcord_env, sqlite_store, new_jobs, clock, tmp_path / "output.mp4")
    await court.decide()
    return court


@pytest.fixture
def refused(court):
    """``await refused()``: the message in which something was refused; its id, and the job's."""

    async def make(number=None, *, words="That prompt is refused: @here *gore*."):
        job = None
        if number is None:
            job = await court.held()
            job = await put(court.store, job.id, JobState.FAILED, charge=Charge.YES)
        channel = court.bot.get_channel(court.thread.id)
        appeal_id = number or job.id
        return appeal_id, await channel.send(words, view=appeal_view(appeal_id))

    return make


async def asked(court, message, words="it is *art*", who=None):
    return await court.form(ASK, words, who=who or court.alice, card=message)


async def test_a_question_reaches_the_review_channel_with_what_it_is_about(court, refused):
    appeal_id, message = await refused()
    since = len(court.env.http_requests)
    answer = await asked(court, message)
    assert "The moderators have your question" in said(answer)
    assert answer.ephemeral
    text = text_of(court.card)
    assert f"**<@{court.alice.id}> asks a moderator** in <#{court.thread.id}>" in text
    assert "> it is \\*art\\*" in text
    assert "> That prompt is refused: @\u200bhere \\*gore\\*." in text
    assert list(buttons_of(court.card)) == [ANSWER]
    [post] = [
        call
        for call in court.env.http_requests[since:]
        if (call.method, call.path) == ("POST", f"/channels/{court.reviews.id}/messages")
    ]
    assert post.json["allowed_mentions"] == {"parse": []}
    assert post.json["nonce"] == f"{appeal_id}q"


async def test_the_second_time_says_when_it_was_asked(court, refused):
    _, message = await refused()
    form = await court.press(ASK, who=court.alice, card=message)  # open on a second screen
    await asked(court, message)
    assert "You asked <t:" in said(await court.press(ASK, who=court.alice, card=message))
    assert "You asked <t:" in said(await court.sent(form, "again", who=court.alice))
    assert len(court.cards) == 1


async def test_a_refused_command_can_be_appealed_without_a_job(court, refused):
    _, message = await refused(number=77)
    await asked(court, message)
    assert "asks a moderator**, <t:" in text_of(court.card)
    await court.form(ANSWER, "raised the limit")
    [direct] = court.alice.user.dm_channel.history()
    assert text_of(direct).startswith(
        f"<@{court.alice.id}> Your question was answered by <@{court.mo.id}>:"
    )
    assert "> raised the limit" in text_of(direct)
    assert "moderators of Filmclub" in text_of(direct)


async def test_the_answer_comes_into_the_thread_and_pings_the_member_alone(court, refused):
    _, message = await refused()
    await asked(court, message)
    since = len(court.env.http_requests)
    answer = await court.form(ANSWER, "fine, @everyone: go on")
    assert "Your answer was sent to the member" in said(answer)
    assert "> fine, @\u200beveryone: go on" in text_of(court.thread.last_message)
    [post] = [
        call
        for call in court.env.http_requests[since:]
        if call.path == f"/channels/{court.thread.id}/messages"
    ]
    assert post.json["allowed_mentions"] == {"parse": [], "users": [court.alice.id]}
    assert f"<@{court.mo.id}> answered <t:" in text_of(court.card)
    assert buttons_of(court.card) == {}
    again = await court.press(ASK, who=court.alice, card=message)
    assert f"It was answered by <@{court.mo.id}> <t:" in said(again)
    assert "go on" in said(again)


async def test_both_forms_outlive_a_restart(court, refused, make_bot):
    _, message = await refused()
    old = court.bot
    question = await court.press(ASK, who=court.alice, card=message)
    first = await court.restart(make_bot)
    try:
        await court.sent(question, "why?", who=court.alice)
        assert "> why?" in text_of(court.card)
        reply = await court.press(ANSWER)
        second = await court.restart(make_bot)
        try:
            await court.sent(reply, "because")
            assert "> because" in text_of(court.thread.last_message)
        finally:
            await second.close()
    finally:
        await first.close()
        await old.close()


async def test_only_the_requester_can_ask(court, refused):
    _, message = await refused()
    answer = await court.press(ASK, who=court.sam, card=message)
    assert f"Only <@{court.alice.id}> can ask" in said(answer)


async def test_only_moderators_answer_and_never_themselves(court, refused):
    _, message = await refused()
    await asked(court, message)
    assert "your own question" in said(await court.press(ANSWER, who=court.alice))
    bystander = court.guild.add_member(court.env.create_user("bob"))
    assert "moderators (Manage Messages" in said(await court.press(ANSWER, who=bystander))
    _, other = await refused(number=78)
    await asked(court, other, who=court.mo)
    own = await court.press(ANSWER, card=court.cards[1])
    assert "your own question" in said(own)


async def test_moderators_of_another_server_cannot_answer(court, refused):
    _, message = await refused()
    await asked(court, message)
    answer = await court.pressed_elsewhere(buttons_of(court.card)[ANSWER])
    assert answer.modal is None
    assert "no longer open" in said(answer)


async def test_the_second_answer_says_who_was_first(court, refused):
    _, message = await refused()
    await asked(court, message)
    late = await court.press(ANSWER, who=court.sam)
    await court.form(ANSWER, "yes")
    answer = await court.sent(late, "no", who=court.sam)
    assert f"<@{court.mo.id}> answered this <t:" in said(answer)
    assert "Your answer was not sent" in said(answer)
    assert len([text for text in court.texts(court.thread) if "was answered by" in text]) == 1


async def test_without_a_review_channel_nobody_can_be_asked(court, refused):
    _, message = await refused()
    await court.decide(review_channel_id=None)
    answer = await court.press(ASK, who=court.alice, card=message)
    assert "Ask one of them directly" in said(answer)


async def test_a_question_that_reached_nobody_can_be_asked_again(court, refused):
    _, message = await refused()
    await court.decide(review_channel_id=1234)
    assert "Ask one of them directly" in said(await asked(court, message))
    await court.decide()
    assert "have your question" in said(await asked(court, message))


async def test_a_question_under_way_when_the_process_died_is_posted_once(court, refused):
    appeal_id, message = await refused()
    path = f"/channels/{court.reviews.id}/messages"
    court.env.inject_error("POST", path, status=500, code=0, times=1)
    assert "Try again later" in said(await asked(court, message, "first words"))
    await asked(court, message, "other words")
    assert "> first words" in text_of(court.card)
    await court.store.appeals._set(appeal_id, message_id=None)  # posted, and not noted
    court.bot.get_cog("AppealCog")._messages._now = lambda: court.clock() + timedelta(minutes=3)
    await asked(court, message, "again")
    assert len(court.cards) == 1


async def test_an_answer_in_trouble_can_be_given_again(court, refused):
    _, message = await refused()
    await asked(court, message)
    path = f"/channels/{court.thread.id}/messages"
    court.env.inject_error("POST", path, status=500, code=0, times=1)
    assert "was not sent" in said(await court.form(ANSWER, "yes"))
    assert "was sent to the member" in said(await court.form(ANSWER, "yes"))


async def test_a_member_who_cannot_be_reached_is_named_to_the_moderator(court, refused):
    _, message = await refused(number=79)
    await asked(court, message)
    court.env.inject_error("POST", "/channels/*/messages", status=403, code=50007, times=None)
    answer = await court.form(ANSWER, "yes")
    assert f"<@{court.alice.id}> accepts no direct messages" in said(answer)


async def test_every_press_is_answered_without_a_database(court, refused):
    _, message = await refused()
    _, other = await refused()
    form = await court.press(ASK, who=court.alice, card=other)
    await asked(court, message)
    reply = await court.press(ANSWER)
    await court.store._database.close()
    for answer in (
        await court.press(ASK, who=court.alice, card=message),
        await court.sent(form, "why?", who=court.alice),
        await court.press(ANSWER),
        await court.sent(reply, "because"),
    ):
        assert "cannot reach its database" in said(answer)


async def test_nobody_floods_the_channel_with_questions(court, refused):
    for number in range(MAX_OPEN_APPEALS):
        await asked(court, (await refused(number=80 + number))[1])
    _, message = await refused(number=99)
    answer = await court.press(ASK, who=court.alice, card=message)
    assert f"You have {MAX_OPEN_APPEALS} open questions" in said(answer)
    assert len(court.cards) == MAX_OPEN_APPEALS


@pytest.mark.parametrize(
    ("ended", "appealable"),
    [
        ((JobState.FAILED, {"failure": FailureReason.SAFETY_SOURCE}), True),
        ((JobState.FAILED, {"failure": FailureReason.NO_CREDIT, "charge": Charge.NO}), False),
        ((JobState.FAILED, {"failure": FailureReason.TIMED_OUT, "charge": Charge.YES}), True),
        ((JobState.CANCELLED, {"cancel_reason": CancelReason.DENIED}), True),
        ((JobState.CANCELLED, {"cancel_reason": CancelReason.REQUESTER}), False),
        ((JobState.CANCELLED, {"cancel_reason": CancelReason.CONSENT_REFUSED}), False),
        ((JobState.UNCERTAIN, {}), False),
        ((JobState.DONE, {"deleted_at": datetime(2026, 8, 1, tzinfo=UTC), "deleted_by": 7}), True),
        ((JobState.DONE, {}), False),
    ],
)
async def test_what_moderators_can_be_asked_about(sqlite_store, ended, appealable):
    state, values = ended
    await sqlite_store.add(new_job(1))
    assert is_appealable(await put(sqlite_store, 1, state, **values)) is appealable
    await sqlite_store.add(new_job(2, guild_id=None))
    assert not is_appealable(await put(sqlite_store, 2, state, **values))


async def test_an_outcome_that_can_be_appealed_has_the_button_where_somebody_reads_it(court):
    job = await court.asked()
    await court.form("Deny…", "no")
    await court.bot.deliverer.deliver(await court.store.get(job.id), None)
    denial = court.thread.last_message
    assert f"Your request was denied by <@{court.mo.id}>.\nReason:\n> no\n" in text_of(denial)
    assert "You can change it and try again, or ask the moderators about it." in text_of(denial)
    await asked(court, denial)
    assert f"> <@{court.alice.id}> Your request was denied by" in text_of(court.cards[1])
    assert "\n> Nothing was spent.\n" in text_of(court.cards[1])
    await court.decide(review_channel_id=None)
    other = await put(
        court.store, (await court.held()).id, JobState.CANCELLED, cancel_reason=CancelReason.DENIED
    )
    await court.bot.deliverer.deliver(other, None)
    assert buttons_of(court.thread.last_message).keys() == {"Try again…"}


@pytest.mark.parametrize("is_late", [False, True])
async def test_a_refusal_by_the_servers_rules_can_be_appealed_from_where_it_is_read(
    court, cdn, clip, is_late
):
    cdn.env = court.env
    if is_late:  # a quota is known only after the download
        await court.decide(jobs_per_day=0)
    else:
        await court.decide(allowed_channel_ids=frozenset({court.thread.id}))
    options = {"video": ("clip.mp4", clip), "prompt": "neon"}
    result = await court.alice.slash(court.channel, "restyle", **options)
    told = result.followups[-1] if is_late else result.response
    shown = await court.alice.click(
        told.message, custom_id=f"restyle:{result._interaction.id}:appeal"
    )
    assert "have your question" in said(await court.sent(shown, "please", who=court.alice))
    assert "> please" in text_of(court.card)
    about = text_of(court.card).splitlines()[3:]
    assert all(line.startswith("> ") for line in about)
    assert about[0].startswith("> " + told.message.content.splitlines()[0][:20])


async def test_a_refusal_that_moderators_cannot_change_has_no_button(court):
    options = {"video": ("clip.txt", b"text"), "prompt": "neon"}
    result = await court.alice.slash(court.channel, "restyle", **options)
    assert "not a video" in said(result)
    assert buttons_of(result.response.message) == {}
