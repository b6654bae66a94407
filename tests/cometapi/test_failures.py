import pytest

from bot.cometapi.wire import Task, TaskStatus, judge_failure, read_task
from bot.domain.jobs import Charge, FailureReason
from bot.domain.money import Cost, CostSource
from tests.cometapi.answers import answer


def failed(code=None, **changes):
    return Task(**{"task_id": "t", "status": TaskStatus.FAILED, "failure_code": code, **changes})


@pytest.mark.parametrize(
    ("code", "reason", "charge"),
    [
        ("SAFETY.INPUT.TEXT", FailureReason.SAFETY_PROMPT, Charge.YES),
        ("SAFETY.INPUT.IMAGE", FailureReason.SAFETY_REFERENCE, Charge.YES),
        ("SAFETY.INPUT.VIDEO", FailureReason.SAFETY_SOURCE, Charge.YES),
        ("SAFETY.INPUT.AUDIO", FailureReason.SAFETY_INPUT, Charge.YES),
        ("SAFETY.INPUT.TEXTURE", FailureReason.SAFETY_INPUT, Charge.YES),
        ("SAFETY.OUTPUT.VIDEO", FailureReason.SAFETY_OUTPUT, Charge.YES),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", FailureReason.SAFETY_PROMPT, Charge.UNKNOWN),
        ("INPUT_PREPROCESSING.INTERNAL", FailureReason.PROVIDER_TROUBLE, Charge.UNKNOWN),
        ("INTERNAL.BAD_OUTPUT.CODE01", FailureReason.BAD_OUTPUT, Charge.UNKNOWN),
        ("INTERNAL.BAD_OUTPUT.01", FailureReason.BAD_OUTPUT, Charge.UNKNOWN),
        ("ASSET.INVALID", FailureReason.SOURCE_REFUSED, Charge.UNKNOWN),
        ("THIRD_PARTY.UNAVAILABLE", FailureReason.PROVIDER_TROUBLE, Charge.UNKNOWN),
        ("INTERNAL", FailureReason.PROVIDER_TROUBLE, Charge.UNKNOWN),
        ("SOMETHING.NEW", FailureReason.PROVIDER_TROUBLE, Charge.UNKNOWN),
        (None, FailureReason.PROVIDER_TROUBLE, Charge.UNKNOWN),
    ],
)
def test_a_failure_code_names_the_reason_by_its_beginning(code, reason, charge):
    assert judge_failure(failed(code)) == (reason, charge)


@pytest.mark.parametrize(("micros", "charge"), [(0, Charge.NO), (750_000, Charge.YES)])
@pytest.mark.parametrize("source", [CostSource.QUOTA, CostSource.CREDITS])
@pytest.mark.parametrize("code", ["SAFETY.INPUT.TEXT", "INTERNAL", None])
def test_a_stated_cost_counts_more_than_what_is_usual(code, source, micros, charge):
    assert judge_failure(failed(code, cost=Cost(micros, source)))[1] is charge


def test_what_runway_took_from_a_gateway_says_nothing_of_what_the_gateway_takes():
    assert judge_failure(failed("INTERNAL", cost_credits=0))[1] is Charge.UNKNOWN


def test_a_moderated_task_is_known_by_its_text_when_the_wrapper_lost_the_code():
    task = failed(failure_text="The input was flagged by our content moderation system.")
    assert judge_failure(task) == (FailureReason.SAFETY_INPUT, Charge.YES)


def test_a_task_cancelled_at_the_provider_says_so():
    task = read_task(answer("task_bare_cancelled"), in_credits=True)
    assert judge_failure(task) == (FailureReason.PROVIDER_CANCELLED, Charge.NO)
    assert judge_failure(Task(task_id="t", status=TaskStatus.CANCELLED)) == (
        FailureReason.PROVIDER_CANCELLED,
        Charge.UNKNOWN,
    )


def test_a_success_without_a_video_was_paid_for():
    task = read_task(answer("task_bare_no_output"))
    assert judge_failure(task) == (FailureReason.NO_OUTPUT, Charge.YES)
