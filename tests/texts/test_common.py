from datetime import UTC, datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.jobs import CancelReason, Charge, Delay, FailureReason, Job, JobState, Phase
from bot.texts import clip as clip_texts
from bot.texts import common as texts
from bot.texts import outcome as outcome_texts

NOON = datetime(2026, 8, 1, 12, tzinfo=UTC)


def a_job(**changes):
    values = {
        "id": 1,
        "guild_id": 2,
        "channel_id": 3,
        "record_message_id": 4,
        "user_id": 5,
        "can_open_thread": True,
        "source_url": "https://cdn.example/in.mp4",
        "source_filename": "in.mp4",
        "source_content_type": "video/mp4",
        "source_bytes": 1000,
        "source_seconds": 8.0,
        "source_width": 1280,
        "source_height": 720,
        "reference_url": None,
        "model": "gen4_aleph",
        "prompt": "neon",
        "seed": None,
        "ratio": None,
        "public_figure_threshold": "auto",
        "state": JobState.QUEUED,
        "owner": None,
        "created_at": NOON,
        "updated_at": NOON,
    }
    return Job(**(values | changes))


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (4.5, "4.5 s"),
        (5, "5 s"),
        (4.96, "5 s"),
        (40.4, "40 s"),
        (59.6, "1 min"),
        (100, "1 min 40 s"),
        (3600, "1 h"),
        (3899, "1 h 5 min"),
    ],
)
def test_durations_read_like_speech(seconds, words):
    assert texts.duration(seconds) == words


def test_an_estimate_is_not_more_exact_than_it_can_be():
    assert texts.rough_duration(1) == "5 s"
    assert texts.rough_duration(98.7) == "1 min 40 s"
    assert texts.rough_duration(200) == "3 min"


def test_sizes():
    assert texts.size(50 * 1024 * 1024) == "50 MB"
    assert texts.size(1) == "0.1 MB"


@given(st.floats(0, 1, exclude_max=True, allow_nan=False))
def test_a_hundred_per_cent_is_not_claimed_early(fraction):
    if fraction < 0.999:
        assert texts.percent(fraction) != "100%"
    assert texts.percent(1) == "100%"


def test_progress_is_shown_only_with_a_number_from_the_provider():
    assert texts.phase_words(JobState.RUNNING, Phase.RUNNING, 0.42) == ("Running · 42%")
    assert texts.phase_words(JobState.RUNNING, Phase.RUNNING) == "Running"
    assert "%" not in texts.phase_words(JobState.RUNNING, Phase.PENDING, 0.0)


def test_the_status_tells_since_when_and_how_long_it_usually_takes():
    job = a_job(state=JobState.RUNNING, submitted_at=NOON)
    assert texts.status_detail(job, phase=Phase.RUNNING, typical_seconds=98, overdue=False) == (
        "Started <t:1785585600:R> · a clip this long usually takes about 1 min 40 s"
    )
    late = texts.status_detail(job, phase=Phase.RUNNING, typical_seconds=98, overdue=True)
    assert "far longer than usual" in late
    held = texts.status_detail(job, phase=Phase.THROTTLED, typical_seconds=None, overdue=False)
    assert held == "Sent <t:1785585600:R> · all its slots are taken; it starts by itself"


def test_the_providers_estimate_is_shown_beside_what_was_foreseen():
    line = texts.before_spending(model="aleph2", price=750_000, part=None, revised=1_400_000)
    assert line == ("aleph2 · up to $1.40 by Runway's own estimate instead of the $0.75 expected")


def test_money_is_named_before_it_is_spent():
    assert texts.before_spending(model="gen4_aleph", price=750_000, part=(0.0, 5.0)) == (
        "gen4_aleph · about $0.75 · the first 5 s are restyled"
    )
    assert texts.before_spending(model="gen4_aleph", price=750_000, part=(3.0, 5.0)) == (
        "gen4_aleph · about $0.75 · 5 s from 3 s on are restyled"
    )
    assert texts.before_spending(model="new", price=None, part=None) == "new"


@pytest.mark.parametrize(("reason", "charge"), list(product(FailureReason, Charge)))
def test_every_failure_says_what_happened_whether_it_was_charged_and_what_next(reason, charge):
    lines = outcome_texts.failure(reason, charge, cost=750_000, threshold="low")
    assert 3 <= len(lines) <= 4
    for line in lines:
        assert 10 < len(line) < 130
        assert line.endswith(".")
        assert not set(line) & set("!@<>*_`")
    assert ("nothing" in lines[1]) == (charge is Charge.NO)


def test_a_charge_is_never_denied_when_nobody_said():
    assert outcome_texts.charge_words(FailureReason.TIMED_OUT, Charge.UNKNOWN) == (
        "Runway has not said whether it charges for this."
    )
    assert outcome_texts.charge_words(FailureReason.SAFETY_PROMPT, Charge.YES, 750_000) == (
        "Runway charges for such refusals: $0.75."
    )
    assert outcome_texts.charge_words(FailureReason.NO_OUTPUT, Charge.YES, 750_000) == (
        "Runway charged $0.75."
    )


def test_strictness_is_named_only_where_it_matters():
    refused = outcome_texts.failure(FailureReason.SAFETY_SOURCE, Charge.YES, threshold="low")
    busy = outcome_texts.failure(FailureReason.BUSY, Charge.NO, threshold="low")
    usual = outcome_texts.failure(FailureReason.SAFETY_SOURCE, Charge.YES, threshold="auto")
    assert "low" in " ".join(refused)
    assert usual == refused[:-1]
    assert "low" not in " ".join(busy)


def test_an_uncertain_job_promises_nothing():
    said = " ".join(outcome_texts.uncertain())
    assert "not sent again" in said
    assert "refund" not in said


def test_the_link_says_when_it_ends():
    url = "https://output.example/a.mp4"
    assert texts.answer_link(url, NOON, attached=True) == (
        f"[Full quality]({url}) · works until about <t:1785585600:f>"
    )
    alone = texts.answer_link(url, None, attached=False)
    assert "about a day" in alone
    assert "Save it" in alone
    assert "cannot be shown" in texts.answer_link(None, NOON, attached=True)


def test_facts_hold_only_what_is_known():
    facts = texts.answer_facts(model="gen4_aleph", seconds=5, seed=77120, cost=750_000)
    assert facts == "gen4_aleph · 5 s · seed 77120 · cost $0.75"
    assert texts.answer_facts(model="m", seconds=5, seed=0, cost=None) == "m · 5 s · seed 0"
    assert texts.answer_facts(model="m", seconds=5, seed=None, cost=0) == "m · 5 s · cost $0.00"


@pytest.mark.parametrize("state", JobState)
def test_every_state_has_words_and_a_late_cancel_an_answer(state):
    assert texts.phase_words(state)
    assert "<@5>" in texts.record_title(state, "<@5>")
    assert texts.cancel_too_late(state).endswith(".")


def test_only_a_job_that_never_left_is_said_to_have_cost_nothing():
    for reason in (None, *CancelReason):
        unspent = "\n".join(outcome_texts.cancelled(reason, spent=False))
        spent = "\n".join(outcome_texts.cancelled(reason, spent=True))
        assert "Nothing was spent" not in spent
        unknown = "\n".join(outcome_texts.cancelled(reason, spent=False, unknown=True))
        assert "Nothing was spent" not in unknown
        if reason not in {
            CancelReason.WITHHELD,
            CancelReason.WRITTEN_OFF,
            CancelReason.RESTORED,
        }:  # spent, or unknown
            assert "Nothing was spent" in unspent
            assert "charge" in spent


@pytest.mark.parametrize(
    ("price", "words"),
    [(1_400_000, "it costs about $1.40"), (None, "it has no price set here")],
)
def test_a_job_that_became_too_dear_names_the_model_and_its_price(price, words):
    lines = outcome_texts.cancelled(CancelReason.TOO_DEAR, spent=False, model="aleph2", price=price)
    assert f"aleph2 would take over, but {words}" in lines[0]
    assert "Nothing was spent." in lines[1]


def test_a_moderators_no_names_the_moderator_and_the_reason():
    lines = outcome_texts.cancelled(CancelReason.DENIED, spent=False, by="<@7>", note="no faces")
    assert lines[0] == "Your request was denied by <@7>."
    assert lines[1:3] == ["Reason:", "no faces"]


def test_a_job_that_the_owner_ended_in_a_shell_is_no_moderators_doing():
    lines = outcome_texts.cancelled(CancelReason.MODERATOR, spent=False)
    assert lines == ["Your request was cancelled by the bot's owner.", "Nothing was spent."]
    lines = outcome_texts.cancelled(CancelReason.MODERATOR, spent=False, by="<@7>")
    assert lines[0] == "Your request was cancelled by <@7>."


def test_who_waits_reads_their_place_and_when_their_turn_is_likely_to_come():
    assert clip_texts.waiting(None, 1) == "Waiting · next in line"
    assert clip_texts.waiting(None, 2, NOON) == (
        f"Waiting · 2nd in line · starts around <t:{int(NOON.timestamp())}:t>"
    )
    assert clip_texts.waiting(Delay.PAUSED, 2, NOON) == "Paused"
    known = [
        clip_texts.waiting_detail(None, position, comes_after_others=others, is_start_known=True)
        for position, others in ((1, False), (2, True), (2, False))
    ]
    assert known == [
        "It starts as soon as a running clip is done · nothing is spent yet",
        "Others come first. It starts by itself · nothing is spent yet",
        "Your other clips come first. It starts by itself · nothing is spent yet",
    ]
    assert "too few clips have run lately to say when" in clip_texts.waiting_detail(None, 1)
