"""What a ``video_to_video`` body may hold, per model: as strict as Runway's own schema.

Written apart from ``bot/cometapi/models.py`` on purpose: the stand-in checks the bot, so the two
must not share a mistake.

Sources:
    https://apidoc.cometapi.com/api/video/runway/official-format/generate-a-video-from-a-video
    https://github.com/runwayml/sdk-python (video_to_video_create_params.py, 4.18.0 and 5.24.0)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Issue = dict[str, Any]
FieldPath = list[str | int]

MAX_PROMPT_UNITS: Final = 1000  # UTF-16 code units: an emoji counts 2
MAX_SEED: Final = 4_294_967_295
_MEBIBYTE: Final = 1024 * 1024
_RATIOS: Final = (
    "1280:720", "720:1280", "1104:832", "960:960", "832:1104", "1584:672", "848:480", "640:480",
)  # fmt: skip
_ASPECTS: Final = ("16:9", "4:3", "3:2", "1:1", "2:3", "3:4", "9:16", "21:9")
_FORMATS: Final = ("mp4", "prores", "png_sequence", "sdr_rec709_10bit")
_PRORES: Final = ("422", "4444", "422 Proxy", "422 LT", "422 HQ", "4444 XQ")
_THRESHOLDS: Final = ("auto", "low")
_MAX_KEYFRAMES: Final = 5
_COMMON: Final = frozenset(
    {"model", "videoUri", "promptText", "ratio", "seed", "contentModeration"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """One model's rules.

    Attributes:
        keys: What the body may hold.
        required: What it must hold.
        used_seconds: How much of the clip is restyled, from its start.
        min_seconds: Shorter clips are refused at once.
        max_seconds: Longer clips are refused at once; ``None``: they are cut instead.
        max_fps: Faster clips make the task fail (ASSET.INVALID); ``None``: no limit.
        max_lines: The shorter side's limit in pixels; likewise.
        max_long_side: The longer side's, in pixels; likewise, where the check is strict.
        max_url_bytes: The largest clip by address, where the check is strict.
        output_lines: The output is made smaller until its shorter side has so many pixels.
        credits_per_second: 1 credit = $0.01.
        min_credits: The least a task costs.
    """

    model: str
    keys: frozenset[str]
    required: tuple[str, ...]
    used_seconds: float
    min_seconds: float = 0
    max_seconds: float | None = None
    max_fps: float | None = None
    max_lines: int | None = None
    max_long_side: int | None = None
    max_url_bytes: int = 32 * _MEBIBYTE
    output_lines: int
    credits_per_second: int
    min_credits: int = 0


MODELS: Final[Mapping[str, Rules]] = {
    rules.model: rules
    for rules in (
        Rules(
            model="gen4_aleph",
            keys=_COMMON | {"references"},
            required=("videoUri", "promptText"),
            used_seconds=5,
            # "Under 16 MB": https://replicate.com/runwayml/gen4-aleph
            max_url_bytes=16 * _MEBIBYTE - 1,
            output_lines=720,
            credits_per_second=15,
        ),
        Rules(
            model="aleph2",
            keys=_COMMON | {"keyframes", "targetAspectRatio", "outputFormat", "proresProfile"},
            required=("videoUri",),
            used_seconds=30,
            min_seconds=2,
            max_seconds=30,
            max_fps=30,
            max_lines=1080,
            max_long_side=1920,
            output_lines=1080,
            credits_per_second=28,
            min_credits=56,
        ),
    )
}


def utf16_units(text: str) -> int:
    """Return the length that JavaScript, and so Runway, sees."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _wrong_type(path: FieldPath, expected: str, value: Any) -> Issue:  # noqa: ANN401 - any JSON
    names = {dict: "object", list: "array", str: "string", bool: "boolean", type(None): "null"}
    received = names.get(type(value), "number")
    message = f"Invalid input: expected {expected}, received {received}"
    return {"expected": expected, "code": "invalid_type", "path": path, "message": message}


def _missing(path: FieldPath, expected: str) -> Issue:
    message = f"Invalid input: expected {expected}, received undefined"
    return {"expected": expected, "code": "invalid_type", "path": path, "message": message}


def _unrecognized(path: FieldPath, keys: Sequence[str]) -> Issue:
    names = ", ".join(f'"{key}"' for key in keys)
    message = f"Unrecognized key{'s' * (len(keys) > 1)}: {names}"
    return {"code": "unrecognized_keys", "keys": list(keys), "path": path, "message": message}


def _size(path: FieldPath, origin: str, *, limit: float, is_over: bool, unit: str) -> Issue:
    code, name, word, sign = (
        ("too_big", "maximum", "big", "<=") if is_over else ("too_small", "minimum", "small", ">=")
    )
    have = "" if unit == "number" else "have "
    what = "" if unit == "number" else f" {unit}"
    message = f"Too {word}: expected {origin} to {have or 'be '}{sign}{limit:g}{what}"
    return {
        "origin": origin,
        "code": code,
        name: limit,
        "inclusive": True,
        "path": path,
        "message": message,
    }


def _option(path: FieldPath, value: Any, options: Sequence[str]) -> list[Issue]:  # noqa: ANN401
    if isinstance(value, str) and value in options:
        return []
    names = "|".join(f'"{option}"' for option in options)
    message = f"Invalid option: expected one of {names}"
    return [{"code": "invalid_value", "values": list(options), "path": path, "message": message}]


def _text(path: FieldPath, value: Any, *, max_units: int | None = None) -> list[Issue]:  # noqa: ANN401
    if not isinstance(value, str):
        return [_wrong_type(path, "string", value)]
    if not value:
        return [_size(path, "string", limit=1, is_over=False, unit="characters")]
    if max_units is not None and utf16_units(value) > max_units:
        return [_size(path, "string", limit=max_units, is_over=True, unit="characters")]
    return []


def _number(
    path: FieldPath,
    value: Any,  # noqa: ANN401 - any JSON
    *,
    maximum: float | None = None,
    integer: bool = False,
) -> list[Issue]:
    expected = "int" if integer else "number"
    if isinstance(value, bool) or not isinstance(value, int if integer else (int, float)):
        return [_wrong_type(path, expected, value)]
    if value < 0:
        return [_size(path, "number", limit=0, is_over=False, unit="number")]
    if maximum is not None and value > maximum:
        return [_size(path, "number", limit=maximum, is_over=True, unit="number")]
    return []


def _object(
    path: FieldPath,
    value: Any,  # noqa: ANN401 - any JSON
    keys: frozenset[str],
    required: Sequence[str] = (),
) -> list[Issue]:
    if not isinstance(value, dict):
        return [_wrong_type(path, "object", value)]
    issues = [_missing([*path, key], "string") for key in required if key not in value]
    if unknown := [key for key in value if key not in keys]:
        issues.append(_unrecognized(path, unknown))
    return issues


def _moderation(value: Any) -> list[Issue]:  # noqa: ANN401 - any JSON
    path: FieldPath = ["contentModeration"]
    issues = _object(path, value, frozenset({"publicFigureThreshold"}))
    if not issues and "publicFigureThreshold" in value:
        inner: FieldPath = [*path, "publicFigureThreshold"]
        issues = _option(inner, value["publicFigureThreshold"], _THRESHOLDS)
    return issues


def _references(value: Any) -> list[Issue]:  # noqa: ANN401 - any JSON
    path: FieldPath = ["references"]
    if not isinstance(value, list):
        return [_wrong_type(path, "array", value)]
    if len(value) > 1:
        return [_size(path, "array", limit=1, is_over=True, unit="items")]
    issues: list[Issue] = []
    for index, item in enumerate(value):
        here: FieldPath = [*path, index]
        found = _object(here, item, frozenset({"type", "uri"}), ("type", "uri"))
        if not found:
            found = _option([*here, "type"], item["type"], ("image",))
            found += _text([*here, "uri"], item["uri"])
        issues += found
    return issues


def _keyframes(value: Any) -> list[Issue]:  # noqa: ANN401 - any JSON
    path: FieldPath = ["keyframes"]
    if not isinstance(value, list):
        return [_wrong_type(path, "array", value)]
    if len(value) > _MAX_KEYFRAMES:
        return [_size(path, "array", limit=_MAX_KEYFRAMES, is_over=True, unit="items")]
    issues: list[Issue] = []
    for index, item in enumerate(value):
        here: FieldPath = [*path, index]
        found = _object(here, item, frozenset({"uri", "seconds", "at", "range"}), ("uri",))
        if not found:
            found = _text([*here, "uri"], item["uri"]) + _keyframe_time(here, item)
        issues += found
    if not issues and len({"range" in item for item in value}) > 1:
        message = "Either all keyframes or none must have a range"
        issues.append({"code": "custom", "path": path, "message": message})
    return issues


def _keyframe_time(path: FieldPath, item: Mapping[str, Any]) -> list[Issue]:
    if ("seconds" in item) == ("at" in item):
        return [{"code": "invalid_union", "errors": [], "path": path, "message": "Invalid input"}]
    if "seconds" in item:
        issues = _number([*path, "seconds"], item["seconds"])
    else:
        issues = _number([*path, "at"], item["at"], maximum=1)
    if "range" in item:
        here: FieldPath = [*path, "range"]
        keys = ("startSeconds", "endSeconds")
        found = _object(here, item["range"], frozenset(keys), keys)
        if not found:
            for key in keys:
                found += _number([*here, key], item["range"][key])
        issues += found
    return issues


def model_issues(body: Mapping[str, Any], served: frozenset[str]) -> list[Issue]:
    """Return what is wrong with ``model``: a union without a matching branch."""
    model = body.get("model")
    if isinstance(model, str) and model in served and model in MODELS:
        return []
    issues = [] if isinstance(model, str) else [_missing(["model"], "string")]
    issues.append(
        {
            "code": "invalid_union",
            "errors": [],
            "note": "No matching discriminator",
            "discriminator": "model",
            "path": ["model"],
            "message": "Invalid input",
        }
    )
    return issues


def body_issues(body: Mapping[str, Any], rules: Rules) -> list[Issue]:
    """Return everything wrong with a body, apart from what its addresses lead to."""
    issues = [_missing([key], "string") for key in rules.required if key not in body]
    if "videoUri" in body:
        issues += _text(["videoUri"], body["videoUri"])
    if "promptText" in body:
        issues += _text(["promptText"], body["promptText"], max_units=MAX_PROMPT_UNITS)
    if "seed" in body:
        issues += _number(["seed"], body["seed"], maximum=MAX_SEED, integer=True)
    if "contentModeration" in body:
        issues += _moderation(body["contentModeration"])
    if "ratio" in body and "references" in rules.keys:
        issues += _option(["ratio"], body["ratio"], _RATIOS)
    elif "ratio" in body:
        issues += _text(["ratio"], body["ratio"])
    options = (
        ("targetAspectRatio", _ASPECTS),
        ("outputFormat", _FORMATS),
        ("proresProfile", _PRORES),
    )
    for key, values in options:
        if key in body and key in rules.keys:
            issues += _option([key], body[key], values)
    if "references" in body and "references" in rules.keys:
        issues += _references(body["references"])
    if "keyframes" in body and "keyframes" in rules.keys:
        issues += _keyframes(body["keyframes"])
    if unknown := [key for key in body if key not in rules.keys]:
        issues.append(_unrecognized([], unknown))
    return issues


def image_addresses(body: Mapping[str, Any]) -> list[tuple[FieldPath, str]]:
    """Return where a checked body names images: the field's path and the address."""
    return [
        ([key, index, "uri"], item["uri"])
        for key in ("references", "keyframes")
        for index, item in enumerate(body.get(key, ()))
    ]
