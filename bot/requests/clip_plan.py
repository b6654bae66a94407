"""What has to be done to a clip before the provider takes it: as little as possible. No I/O."""

from __future__ import annotations

import enum
import json
import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from bot.domain.quotas import Decider
from bot.errors import UnreadableReason
from bot.requests.clip_cost import refuse_too_dear
from bot.requests.validation import Limit, Refusal, Rule

if TYPE_CHECKING:
    from bot.cometapi.models import VideoModel
    from bot.requests.video_facts import VideoFacts

_SLACK_SECONDS: Final = 0.1  # a container counts whole frames: a clip of 5 s may say 5.03
# The provider's own limits have no slack: it refuses 30.03 s where it says "at most 30 seconds",
# inclusive, and frames are counted likewise. These are no more than rounding.
_ROUNDING_SECONDS: Final = 0.0005
_ROUNDING_FPS: Final = 0.001
_LEAST_SECONDS: Final = 0.1  # of a part, where the model has no minimum
_LOST_SECONDS: Final = 0.5  # at most, when a part ends without encoding: a few frames
# What is packed anew without encoding. Besides MP4 that is WebM and MOV, by ``CopiedVideo.form``.
COPIED_CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "prores"})
_WEB_CODECS: Final = frozenset({"vp8", "vp9", "av1"})
_LEAST_PICTURES: Final = 1.5  # in a part; one that stands still is no video
_LEAST_SIDE: Final = 32  # pixels as shown; with less there is nothing to restyle
_MAX_SHAPE: Final = 8.0  # how many times as long as the other a side may be
_MAX_SKEW: Final = 1.0  # pixels by which a picture may be wider than shown: one nobody sees
# The others tell no moments, or lie about them.
COPIED_CONTAINERS: Final = frozenset({"mp4", "mov", "matroska", "webm", "mpegts", "flv"})
_LONG_SIDE, _SHORT_SIDE = 1920, 1080  # of what is encoded for a model that names no sizes
_COPIED_SHARE: Final = 0.9  # of the bytes allowed: no part has exactly its share of the whole
_LEAST_BITS_PER_PIXEL: Final = 0.03  # of H.264, per frame; with fewer, less pixels look better
_FEW_PIXELS: Final = 480 * 270  # never shrunk further for that


class Mode(enum.StrEnum):
    """How the clip reaches the provider."""

    AS_IS = "as_is"  # the very file that was attached
    COPY = "copy"  # cut or packed anew, its pictures unchanged
    ENCODE = "encode"


class Reason(enum.StrEnum):
    """Why a clip cannot go as it is."""

    TOO_LONG = "too_long"
    CUT_ASKED = "cut_asked"  # somebody chose another part
    TOO_BIG = "too_big"  # bytes
    CONTAINER = "container"  # not taken, or served under a type that is not
    CODEC = "codec"
    PIXEL_FORMAT = "pixel_format"  # colours in more detail than usual, or with transparency
    TOO_FAST = "too_fast"  # frames per second
    PICTURE_TOO_LARGE = "picture_too_large"
    ODD_SIZE = "odd_size"
    PIXEL_ASPECT = "pixel_aspect"  # pixels that are not square
    ROTATED = "rotated"  # by a mark in the file, which not every reader heeds
    HDR = "hdr"
    EXTRAS = "extras"  # more than the pictures and the sound lies in the file
    TRIMMED = "trimmed"  # it holds pictures that its edit list hides
    BROKEN = "broken"  # some pictures do not decode
    CHANGING = "changing"  # size, shape or colours are not the same throughout
    UNSEEN = "unseen"  # whether one of the last two applies is not known yet


_CURED_BY_COPYING: Final = frozenset(
    {
        Reason.TOO_LONG,
        Reason.CUT_ASKED,
        Reason.TOO_BIG,
        Reason.CONTAINER,
        Reason.EXTRAS,
        Reason.TRIMMED,
        Reason.UNSEEN,
    }
)
_NEW_WORDS: Final = frozenset(
    {Reason.EXTRAS, Reason.TRIMMED, Reason.BROKEN, Reason.CHANGING, Reason.UNSEEN}
)
"""Not stored, as nothing reads them there, and the release before them would refuse the plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is sent of a clip, and how it is made."""

    mode: Mode
    start_seconds: float
    """Where the part that is restyled begins."""
    seconds: float
    """How long that part is. ``AS_IS`` sends the rest as well, which the model leaves alone."""
    width: int
    """In pixels, as shown, of what is sent; even when it is encoded."""
    height: int
    fps: float | None
    """What comes faster is dropped; ``None`` keeps every frame."""
    max_bytes: int
    """What is sent may have at most so many."""
    tone_map: bool
    """Whether HDR is brought to the range of ordinary screens."""
    has_audio: bool
    reasons: tuple[Reason, ...]
    """Empty when it goes as it is."""

    def is_whole_copy(self, total_seconds: float) -> bool:
        """Tell whether all of a clip of that length is packed anew, and nothing is cut away."""
        whole = self.start_seconds == 0 and self.seconds == round(total_seconds, 3)
        is_cut = not {Reason.TOO_LONG, Reason.CUT_ASKED}.isdisjoint(self.reasons)
        return self.mode is Mode.COPY and whole and not is_cut

    def to_json(self) -> str:
        """Return it as text, to be stored: after a restart the same clip must be made."""
        values = asdict(self)
        values["reasons"] = [word for word in self.reasons if word not in _NEW_WORDS]
        return json.dumps({"way": values.pop("mode")} | values)  # its name since the first release

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """Return what ``to_json`` wrote."""
        values = json.loads(text)
        reasons = tuple(Reason(reason) for reason in values.pop("reasons"))
        return cls(**values | {"mode": Mode(values.pop("way")), "reasons": reasons})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    start: float
    seconds: float
    is_rest: bool
    """Whether nothing follows it."""


def plan_clip(
    facts: VideoFacts,
    *,
    size_bytes: int,
    content_type: str | None,
    model: VideoModel,
    start: float | None,
    length: float | None,
    max_seconds: Limit,
    upload_bytes: int,
) -> Plan | Refusal:
    """Decide which part of a clip is sent, and whether it must be prepared.

    Args:
        facts: What probing found.
        size_bytes: Of the file.
        content_type: Under which Discord serves it; ``None`` when it names none.
        model: What the model takes.
        start: Where the part begins, in seconds; ``None`` for the clip's beginning.
        length: How long it is, in seconds; ``None`` for as much as may be.
        max_seconds: The longest part that may be restyled.
        upload_bytes: The largest file that Discord takes from the bot where it posts what it
            prepared.
    """
    part = _check_shape(facts) or _choose_part(
        facts.duration_seconds, model, start, length, max_seconds
    )
    if isinstance(part, Refusal):
        return part
    if facts.fps * part.seconds < _LEAST_PICTURES and facts.frames:
        return Refusal(rule=Rule.VIDEO_UNREADABLE, value=UnreadableReason.STILL_IMAGE.value)
    reasons = _find_reasons(facts, size_bytes, content_type, model)
    if not _is_left_alone(part, facts, model):
        is_asked = start is not None or length is not None
        reasons.insert(0, Reason.CUT_ASKED if is_asked else Reason.TOO_LONG)
    reasons = reasons or _find_lesser_reasons(facts)
    max_bytes = min(model.max_url_bytes, upload_bytes)
    mode, begin = _choose_mode(facts, size_bytes, model, part, reasons, max_bytes)
    width, height, fps = facts.width, facts.height, None
    if mode is Mode.ENCODE:
        fps = _cap(facts, model)
        width, height = _choose_size(facts, model, part.seconds, fps, max_bytes)
    plan = Plan(
        mode=mode,
        start_seconds=round(begin, 3),
        seconds=round(part.seconds, 3),
        width=width,
        height=height,
        fps=fps,
        max_bytes=model.max_url_bytes if mode is Mode.AS_IS else max_bytes,
        tone_map=facts.is_hdr,
        has_audio=facts.has_audio,
        reasons=tuple(reasons),
    )
    if mode is Mode.AS_IS:
        return plan
    size = (width, height) if mode is Mode.ENCODE else None
    return refuse_too_dear(facts, begin, part.seconds, encoded=size, fps=fps) or plan


def part_seconds(
    total: float, model: VideoModel, *, max_seconds: Limit, start: float | None = None
) -> float | Refusal:
    """Return how much of a clip is restyled where nobody chooses a length."""
    part = _choose_part(total, model, start, None, max_seconds)
    return part if isinstance(part, Refusal) else round(part.seconds, 3)


def _choose_part(
    total: float, model: VideoModel, start: float | None, length: float | None, most: Limit
) -> _Part | Refusal:
    by_model = min(model.used_seconds or math.inf, model.max_seconds or math.inf)
    if by_model <= most.value:
        most = Limit(value=by_model, decided_by=Decider.PROVIDER)
    least = model.min_seconds or _LEAST_SECONDS
    if most.value < least:
        return Refusal(
            rule=Rule.LIMIT_BELOW_MODEL,
            value=most.value,
            limit=least,
            decided_by=most.decided_by,
        )
    if model.min_seconds is not None and total < least - _ROUNDING_SECONDS:
        return Refusal(
            rule=Rule.VIDEO_TOO_SHORT, value=total, limit=least, decided_by=Decider.PROVIDER
        )
    if length is not None and not least <= length <= most.value:
        return Refusal(
            rule=Rule.LENGTH_OUT_OF_RANGE,
            value=length,
            limit=most.value,
            decided_by=most.decided_by if length > most.value else Decider.PROVIDER,
            words=(f"{least:g} s", f"{most.value:g} s"),
        )
    begin = max(start or 0.0, 0.0)
    seconds = min(most.value if length is None else length, total - begin)
    if begin > 0 and seconds < least - _ROUNDING_SECONDS:
        latest = max(math.floor((total - least) * 10) / 10, 0.0)
        return Refusal(rule=Rule.START_PAST_END, value=begin, limit=latest)
    is_rest = total - begin - seconds <= _SLACK_SECONDS and (
        model.max_seconds is None or total - begin <= model.max_seconds + _ROUNDING_SECONDS
    )
    return _Part(start=begin, seconds=total - begin if is_rest else seconds, is_rest=is_rest)


def _is_left_alone(part: _Part, facts: VideoFacts, model: VideoModel) -> bool:
    """Tell whether the model restyles just this part of a clip that is sent whole.

    A file is as long as the longest thing in it: the sound may go on after the pictures.
    """
    total = max(facts.duration_seconds, facts.file_seconds)
    fits = model.max_seconds is None or total <= model.max_seconds + _ROUNDING_SECONDS
    if part.start > 0 or not fits:
        return False
    uses_start = model.used_seconds is not None and part.seconds >= model.used_seconds
    return part.is_rest or uses_start


def _check_shape(facts: VideoFacts) -> Refusal | None:
    """Return why a picture is too small, or too long and thin, to be restyled at all."""
    width, height = facts.width * facts.pixel_aspect, float(facts.height)
    shorter, longer = sorted((width, height))
    if shorter >= _LEAST_SIDE and longer <= shorter * _MAX_SHAPE:
        return None
    return Refusal(
        rule=Rule.PICTURE_SHAPE,
        value=f"{round(width)}x{round(height)}",
        words=(f"{_LEAST_SIDE}", f"{_MAX_SHAPE:g}"),
    )


def _find_reasons(
    facts: VideoFacts, size_bytes: int, content_type: str | None, model: VideoModel
) -> list[Reason]:
    served = (content_type or "").partition(";")[0].strip().lower()
    too_fast = model.max_fps is not None and facts.fps > model.max_fps + _ROUNDING_FPS
    long, short = max(facts.width, facts.height), min(facts.width, facts.height)
    too_large = long > (model.max_long_side or long) or short > (model.max_short_side or short)
    checks = {
        Reason.TOO_BIG: size_bytes > model.max_url_bytes,
        Reason.CONTAINER: served not in model.content_types
        or facts.container not in model.containers
        or _family(served) != _family(facts.content_type),
        Reason.CODEC: facts.codec not in model.codecs,
        Reason.PIXEL_FORMAT: facts.pixel_format not in model.pixel_formats,
        Reason.TOO_FAST: too_fast,
        Reason.PICTURE_TOO_LARGE: too_large,
        Reason.ODD_SIZE: facts.width % 2 == 1 or facts.height % 2 == 1,
        Reason.PIXEL_ASPECT: abs(facts.pixel_aspect - 1) * long >= _MAX_SKEW,
        Reason.ROTATED: facts.is_turned,
        Reason.HDR: facts.is_hdr,
        Reason.TRIMMED: facts.is_trimmed,
        Reason.BROKEN: facts.flaw == "broken",
        Reason.CHANGING: facts.flaw == "changing",
    }
    return [reason for reason, applies in checks.items() if applies]


def _find_lesser_reasons(facts: VideoFacts) -> list[Reason]:
    """Return why a clip is packed anew that the model would take as it is."""
    checks = {Reason.EXTRAS: not facts.is_bare, Reason.UNSEEN: facts.flaw == "unseen"}
    return [reason for reason, applies in checks.items() if applies]


def _family(content_type: str) -> str:
    """Return one name for types whose files are read alike."""
    return "video/mp4" if content_type in {"video/quicktime", "video/mov"} else content_type


def _choose_mode(
    facts: VideoFacts,
    size_bytes: int,
    model: VideoModel,
    part: _Part,
    reasons: list[Reason],
    max_bytes: int,
) -> tuple[Mode, float]:
    """Return how it is made, and where the part then begins."""
    if not reasons:
        return Mode.AS_IS, part.start
    share = min(part.seconds / facts.duration_seconds, 1) if facts.duration_seconds else 1
    whole = part.start == 0 and part.is_rest
    lost = 0.0 if part.is_rest else _LOST_SECONDS
    if part.is_rest and facts.codec in _WEB_CODECS:
        lost = 1 / max(facts.fps, 1)  # WebM does not say how long its last frame lasts
    may_copy = (
        _CURED_BY_COPYING.issuperset(reasons)
        and facts.codec in COPIED_CODECS
        and facts.container in COPIED_CONTAINERS
        and size_bytes * share <= max_bytes * (1 if whole else _COPIED_SHARE)
        # Cut without encoding, it may come out a little shorter than wanted.
        and part.seconds - lost >= (model.min_seconds or 0)
    )
    is_whole_start = part.start == 0 and not facts.is_trimmed
    keys = (0.0, *facts.key_seconds) if is_whole_start else facts.key_seconds
    near = min(keys, key=lambda key: abs(key - part.start), default=math.inf)
    if may_copy and abs(near - part.start) <= _SLACK_SECONDS:
        return Mode.COPY, near
    return Mode.ENCODE, part.start


def _cap(facts: VideoFacts, model: VideoModel) -> float | None:
    """Return the rate that frames are thinned out to; that of a variable one has peaks."""
    if model.max_fps is None:
        return None
    if facts.fps > model.max_fps + _ROUNDING_FPS or facts.is_variable_rate:
        return model.max_fps
    return None


def _choose_size(
    facts: VideoFacts, model: VideoModel, seconds: float, fps: float | None, max_bytes: int
) -> tuple[int, int]:
    """Return the size that is encoded: no more than the model takes and the bytes are good for."""
    width, height = float(facts.width), float(facts.height)
    if facts.pixel_aspect > 1:  # pixels become square by adding some: no detail is lost
        width *= facts.pixel_aspect
    else:
        height /= facts.pixel_aspect
    rate = min(facts.fps, fps or math.inf) or 25
    bits = max_bytes * 8 / max(seconds, 0.1)
    good_for = max(bits / rate / _LEAST_BITS_PER_PIXEL, _FEW_PIXELS)
    scale = min(
        1.0,
        (model.max_long_side or _LONG_SIDE) / max(width, height),
        (model.max_short_side or _SHORT_SIDE) / min(width, height),
        math.sqrt(good_for / (width * height)),
    )
    return _even(width * scale), _even(height * scale)


def _even(side: float) -> int:
    return max(int((side + 0.01) / 2) * 2, 2)
