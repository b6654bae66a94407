"""The paid request: its body, and what every answer to it means."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from bot.cometapi.wire import CreateRequest, Reply, create_body, read_created
from bot.domain.money import Cost, CostSource
from bot.errors import (
    CometAddressError,
    CometAssetError,
    CometAuthError,
    CometCreditError,
    CometError,
    CometModelError,
    CometRateLimitedError,
    CometRejectedError,
    CometResponseError,
    CometServerError,
)
from tests.cometapi.answers import all_cases, answer
from tests.cometapi.json_values import json_bodies

VIDEO = "https://cdn.discordapp.com/attachments/1/2/clip.mp4?ex=1&is=2&hm=3"
STYLE = "https://cdn.discordapp.com/attachments/1/2/style.png?ex=1&is=2&hm=3"
REQUEST_ID = "20260205132859798638387SIHCnxzJ"
REQUEST = CreateRequest(model="gen4_aleph", video_uri=VIDEO, prompt="as a watercolour")


def request(**changes):
    return dataclasses.replace(REQUEST, **changes)


def test_gen4_aleph_gets_references_and_a_ratio():
    assert create_body(
        request(
            seed=4294967295, reference_uri=STYLE, ratio="720:1280", public_figure_threshold="low"
        )
    ) == {
        "model": "gen4_aleph",
        "videoUri": VIDEO,
        "promptText": "as a watercolour",
        "contentModeration": {"publicFigureThreshold": "low"},
        "seed": 4294967295,
        "references": [{"type": "image", "uri": STYLE}],
        "ratio": "720:1280",
    }


def test_aleph2_gets_a_keyframe_at_the_start_and_the_shape_as_its_aspect():
    assert create_body(request(model="aleph2", seed=0, reference_uri=STYLE, ratio="720:1280")) == {
        "model": "aleph2",
        "videoUri": VIDEO,
        "promptText": "as a watercolour",
        "contentModeration": {"publicFigureThreshold": "auto"},
        "seed": 0,
        "keyframes": [{"uri": STYLE, "seconds": 0}],
        "targetAspectRatio": "9:16",
    }


def test_an_unknown_model_gets_only_the_keys_that_are_sure():
    assert create_body(request(model="gen9_omega", ratio="720:1280", seed=7)) == {
        "model": "gen9_omega",
        "videoUri": VIDEO,
        "promptText": "as a watercolour",
    }


def test_nothing_is_paid_for_a_video_that_would_ignore_the_reference():
    with pytest.raises(CometRejectedError) as caught:
        create_body(request(model="gen9_omega", reference_uri=STYLE))
    assert caught.value.safe_to_resend
    assert not caught.value.retryable


@pytest.mark.parametrize("ratio", [None, "16:9"])
def test_a_ratio_that_the_model_does_not_take_becomes_its_default(ratio):
    assert create_body(request(ratio=ratio))["ratio"] == "1280:720"


def test_what_was_not_asked_for_is_not_sent():
    assert create_body(request()).keys() == {
        "model",
        "videoUri",
        "promptText",
        "contentModeration",
        "ratio",
    }


def test_a_request_in_a_log_shows_neither_links_nor_prompt():
    shown = repr(request(reference_uri=STYLE))
    assert "hm=" not in shown
    assert "watercolour" not in shown


@pytest.mark.parametrize(
    ("case", "task_id", "estimate"),
    [
        ("created_id_only", "12a01a5e-ab55-4aa7-b002-7b873546cf76", None),
        ("created_with_estimate", "acf9ba3d-a513-42c9-a646-96e8bc97c691", 630_000),
        ("created_wrapped", "task_0123456789abcdefghijklmnopqrstuv", None),
        ("created_flat", "3d957031-9a2a-45e2-9dc7-bc8513059c50", None),
    ],
)
def test_the_task_id_is_found_wherever_it_stands(case, task_id, estimate):
    created = read_created(answer(case))
    assert created.task_id == task_id
    assert created.estimate == (Cost(estimate, CostSource.ESTIMATE) if estimate else None)


def test_the_request_id_of_an_accepted_request_is_kept():
    assert read_created(answer("created_id_only")).request_id == REQUEST_ID


REFUSED = [
    ("error_401_gateway", CometAuthError),
    ("error_401_runway", CometAuthError),
    ("error_403_blocked", CometAuthError),
    ("error_403_html", CometAuthError),
    ("error_403_quota_task_layer", CometCreditError),
    ("error_403_quota_gateway", CometCreditError),
    ("error_429_quota", CometCreditError),
    ("error_402", CometCreditError),
    ("error_400_account_empty", CometCreditError),
    ("error_400_account_empty_quoted", CometCreditError),
    ("error_200_quota", CometCreditError),
    ("error_503_model_not_found", CometModelError),
    ("error_400_model_price", CometModelError),
    ("error_400_model_retired", CometModelError),
    ("error_400_prompt", CometRejectedError),
    ("error_400_unknown_key", CometRejectedError),
    ("error_400_gateway", CometRejectedError),
    ("error_400_task_layer", CometRejectedError),
    ("error_404_wrong_path", CometAddressError),
    ("error_405", CometAddressError),
    ("error_500_invalid_request", CometRejectedError),
    ("error_301", CometAddressError),
    ("error_200_compat_400", CometRejectedError),
    ("missing_404_runway", CometAddressError),
]


@pytest.mark.parametrize(("case", "error"), REFUSED)
def test_a_definite_refusal_is_told_apart_and_ends_the_matter(case, error):
    with pytest.raises(CometError) as caught:
        read_created(answer(case))
    assert type(caught.value) is error
    assert caught.value.safe_to_resend
    assert not caught.value.retryable


FILES = [
    ("error_400_asset_http_code", True),
    ("error_400_asset_timeout", True),
    ("error_400_asset_invalid_url", True),
    ("error_400_asset_content_type", True),
    ("error_400_quoted_fetch", True),
    ("error_400_masked", True),
    ("error_400_masked_gateway", True),
    ("error_400_asset_unsupported", False),
    ("error_400_asset_data_uri", False),
    ("error_400_too_long", False),
    ("error_413", False),
]


@pytest.mark.parametrize(("case", "unreachable"), FILES)
def test_a_refused_file_is_told_from_one_that_could_not_be_fetched(case, unreachable):
    with pytest.raises(CometAssetError) as caught:
        read_created(answer(case))
    assert caught.value.unreachable is unreachable
    assert caught.value.safe_to_resend
    assert not caught.value.retryable


LIMITED = [("error_429_plain", None), ("error_429_seconds", 7), ("error_429_date", 90)]


@pytest.mark.parametrize(("case", "seconds"), LIMITED)
def test_a_rate_limited_request_may_be_sent_again_after_the_stated_time(case, seconds):
    with pytest.raises(CometRateLimitedError) as caught:
        read_created(answer(case))
    assert caught.value.retry_after_seconds == seconds
    assert caught.value.safe_to_resend
    assert caught.value.retryable


AMBIGUOUS = [
    ("error_408", CometServerError),
    ("error_409", CometServerError),
    ("error_500", CometServerError),
    ("error_502", CometServerError),
    ("error_503_retry_after", CometServerError),
    ("error_503_masked", CometServerError),
    ("error_504", CometServerError),
    ("error_524_html", CometServerError),
    ("error_200_compat_500", CometServerError),
    ("error_200_compat_429", CometResponseError),
    ("error_200_unknown", CometResponseError),
    ("error_303", CometResponseError),
    ("created_empty_object", CometResponseError),
    ("created_empty_body", CometResponseError),
    ("created_null", CometResponseError),
    ("created_id_is_a_path", CometResponseError),
    ("created_id_is_a_number", CometResponseError),
    ("created_html", CometResponseError),
    ("created_truncated", CometResponseError),
    ("missing_200_data_null", CometResponseError),
]


@pytest.mark.parametrize(("case", "error"), AMBIGUOUS)
def test_an_answer_that_leaves_it_open_is_never_safe_to_resend(case, error):
    with pytest.raises(CometError) as caught:
        read_created(answer(case))
    assert type(caught.value) is error
    assert not caught.value.safe_to_resend


def test_every_recorded_error_has_its_place_in_one_of_the_tables():
    tables = {case for table in (REFUSED, FILES, LIMITED, AMBIGUOUS) for case, _ in table}
    assert {case for case in all_cases() if case.startswith("error_")} <= tables


DEFINITE_4XX = [status for status in range(400, 500) if status not in (408, 409, 429)]


@pytest.mark.parametrize("status", DEFINITE_4XX)
def test_every_other_4xx_is_a_refusal(status):
    with pytest.raises(CometRejectedError):
        read_created(Reply(status, {}, b""))


def test_an_id_counts_even_beside_words_of_trouble():
    body = b'{"id": "task-1", "error": {"message": "quota is not enough", "code": "500"}}'
    assert read_created(Reply(200, {}, body)).task_id == "task-1"


def test_an_invalid_url_is_the_files_only_where_the_request_itself_was_read():
    body = b'{"error": {"message": "Invalid URL (POST /v1/video_to_video)"}}'
    with pytest.raises(CometRejectedError) as caught:
        read_created(Reply(406, {}, body))
    assert type(caught.value) is CometRejectedError


@pytest.mark.parametrize("status", [408, 409, *range(500, 600)])
def test_every_5xx_may_hide_a_task(status):
    with pytest.raises(CometServerError) as caught:
        read_created(Reply(status, {}, b""))
    assert not caught.value.safe_to_resend


@pytest.mark.parametrize("status", [500, 502, 504, 524])
def test_a_missing_model_is_believed_of_a_503_only(status):
    with pytest.raises(CometServerError):
        read_created(Reply(status, {}, answer("error_503_model_not_found").body))


def test_the_wait_asked_for_by_an_overloaded_server_is_kept():
    with pytest.raises(CometServerError) as caught:
        read_created(answer("error_503_retry_after"))
    assert caught.value.retry_after_seconds == 20


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        ("1.5", 1.5),
        ("Wed, 26 Aug 2026 06:29:00 GMT", 0),  # over already
        ("Wed, 26 Aug 2026 06:30:10 -0000", 10),
        ("-5", None),
        ("soon", None),
        ("١٢", None),
        ("nan", None),
        ("Mon, 99 Foo 99999 99:99:99 GMT", None),
    ],
)
def test_retry_after_is_read_or_ignored(value, seconds):
    headers = CIMultiDict({"retry-after": value, "date": "Wed, 26 Aug 2026 06:30:00 GMT"})
    assert Reply(429, headers, b"").retry_after_seconds == seconds


def test_an_error_carries_the_request_id_from_text_or_header():
    with pytest.raises(CometError) as caught:
        read_created(answer("error_503_model_not_found"))
    assert caught.value.request_id == REQUEST_ID
    with pytest.raises(CometError) as caught:
        read_created(Reply(500, CIMultiDict({"x-oneapi-request-id": "abc-1"}), b""))
    assert caught.value.request_id == "abc-1"


def test_an_error_keeps_the_providers_words_for_the_log_without_secrets():
    body = (
        b'{"error":{"message":"Invalid URL: https://cdn.example/x.mp4?ex=1&hm=5ec2e7 with key '
        b'sk-abcdef1234567890","code":"invalid_request"}}'
    )
    with pytest.raises(CometError) as caught:
        read_created(Reply(400, {}, body))
    assert "https://cdn.example/x.mp4" in caught.value.detail
    for secret in ("5ec2e7", "abcdef1234567890"):
        assert secret not in caught.value.detail
        assert secret not in str(caught.value)


@given(status=st.sampled_from([200, 201, 204, 301, 400, 404, 429, 500, 503]), body=json_bodies)
def test_no_answer_raises_anything_but_a_comet_error(status, body):
    created, error = None, None
    try:
        created = read_created(Reply(status, CIMultiDict(), body))
    except CometError as exc:
        error = exc
    if created:
        assert status < 300
        assert "/" not in created.task_id
        assert len(created.task_id) <= 191
    elif status < 300:  # never a reason to send it once more
        assert not (error.safe_to_resend and error.retryable)
    elif status == 500 and b"invalid_request" not in body:
        assert not error.safe_to_resend


@given(value=st.text(max_size=60), date=st.text(max_size=60))
def test_no_header_is_too_odd(value, date):
    seconds = Reply(429, {"Retry-After": value, "Date": date}, b"").retry_after_seconds
    assert seconds is None or seconds >= 0
