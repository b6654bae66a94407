"""Arbitrary answers, many of them nearly right."""

import json

from hypothesis import strategies as st

_WORDS = st.sampled_from(
    [
        *("SUCCEEDED", "FAILED", "RUNNING", "QUEUED", "THROTTLED", "CANCELLED", "PAUSED", "ERROR"),
        *("SUCCESS", "FAILURE", "IN_PROGRESS", "task_not_exist", "success", "model_not_found"),
        *("invalid_request", "fail_to_fetch_task", "quota_not_enough", "videoUri", "model"),
        *("https://example.com/x.mp4", "http://127.0.0.1:1/x", "https://[", "https://", "{", "[]"),
        *('{"error":"Invalid URL"}', "37%", "1e999", "9" * 400, "-1", "../..", "", "\x00"),
    ]
)
_KEYS = st.sampled_from(
    [
        *("id", "status", "data", "task_id", "output", "url", "progress", "failure", "cost"),
        *("failureCode", "fail_reason", "result_url", "video_url", "error", "code", "message"),
        *("msg", "issues", "path", "credits", "estimatedCost", "quota"),
    ]
)
_SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | _WORDS
)
json_values = st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(_KEYS | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=25,
)
json_bodies = json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=60)
