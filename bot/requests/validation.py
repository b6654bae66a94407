"""Which requests are accepted: type, size, length, prompt, seed, place. No I/O."""

from __future__ import annotations

import enum
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from bot.domain.quotas import Decider
from bot.domain.units import MEBIBYTE
from bot.requests.text_safety import is_blank, one_line, utf16_units

if TYPE_CHECKING:
    from bot.cometapi.models import VideoModel

MAX_PROMPT_UNITS: Final = 1000
"""UTF-16 units of ``promptText``.

Source: https://apidoc.cometapi.com/api/video/runway/official-format/generate-a-video-from-a-video
"""

MAX_SEED: Final = 2**32 - 1
MAX_REFERENCE_BYTES: Final = 16 * MEBIBYTE
"""Runway's limit for an image by address. Source: https://docs.dev.runwayml.com/assets/inputs/"""

VIDEO_SUFFIXES: Final = frozenset(
    {
        ".mp4", ".m4v", ".mov", ".qt", ".webm", ".mkv", ".ogv", ".3gp", ".3g2",
        ".gif", ".avi", ".ts", ".mts", ".m2ts", ".mpegts", ".mpg", ".mpeg", ".flv", ".wmv", ".asf",
    }
)  # fmt: skip
"""What we can read; what the provider does not take among it is prepared."""
_VIDEO_TYPES: Final = frozenset({"image/gif", "application/ogg", "application/x-matroska"})
TAKEN_IMAGES: Final = frozenset({"jpeg", "png", "webp"})
"""What the provider reads. Source: https://docs.dev.runwayml.com/assets/inputs/"""

IMAGE_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".jfif", ".png", ".webp"})
IMAGE_TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp"})
_SECONDS: Final = re.compile(
    r"(?:(?P<minutes>[0-9]{1,4}):)?(?P<seconds>[0-9]{1,5}(?:[.,][0-9]{1,3})?)\s*(?:s|sec)?"
)
_NO_TYPE: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})


class Rule(enum.StrEnum):
    """Why a request is not accepted; ``texts/refusal.py`` has a sentence for each."""

    NOT_A_VIDEO = "not_a_video"  # value: what it seems to be
    EMPTY_FILE = "empty_file"
    VIDEO_TOO_BIG = "video_too_big"  # value, limit: bytes
    VIDEO_TOO_SHORT = "video_too_short"  # value, limit: seconds
    START_PAST_END = "start_past_end"  # value: seconds; limit: the latest start, in seconds
    LENGTH_OUT_OF_RANGE = "length_out_of_range"  # value: seconds; words: shortest, longest
    LIMIT_BELOW_MODEL = "limit_below_model"  # value: seconds; limit: what the model needs
    TOO_BUSY = "too_busy"
    PICTURE_SHAPE = "picture_shape"  # value: its size; words: least side, longest shape
    VIDEO_TOO_DEAR = "video_too_dear"  # value: size, frames, length; words: number, size, rate
    VIDEO_UNREADABLE = "video_unreadable"  # value: an UnreadableReason; words: its size, if known
    PROMPT_EMPTY = "prompt_empty"
    PROMPT_TOO_LONG = "prompt_too_long"  # value, limit: UTF-16 units
    SEED_OUT_OF_RANGE = "seed_out_of_range"  # value: the number, or what was typed; limit
    RATIO_NOT_OFFERED = "ratio_not_offered"  # value: the ratio; words: those offered
    REFERENCE_NOT_TAKEN = "reference_not_taken"  # value: the model
    REFERENCE_NOT_AN_IMAGE = "reference_not_an_image"  # value: what it seems to be
    REFERENCE_TOO_BIG = "reference_too_big"  # value, limit: bytes
    REFERENCE_UNREADABLE = "reference_unreadable"
    REFERENCE_ANIMATED = "reference_animated"
    REFERENCE_TOO_COMPLEX = "reference_too_complex"
    DIRECT_MESSAGES_OFF = "direct_messages_off"
    SERVER_NOT_SERVED = "server_not_served"  # words: the server's id
    NOT_ON_SERVER = "not_on_server"  # the command of an account, where the bot itself is not
    PAUSED = "paused"  # value: since when, as a Unix time; words: by whom, why
    PAUSED_EVERYWHERE = "paused_everywhere"  # words: as above
    BLOCKED = "blocked"  # value: since when, as a Unix time; words: by whom, why
    STRUCK = "struck"  # value: until when, as a Unix time
    CHANNEL_REFUSED = "channel_refused"
    ADULTS_ONLY = "adults_only"
    ROLE_NOT_ALLOWED = "role_not_allowed"  # words: mentions of the allowed roles
    PROMPT_REFUSED = "prompt_refused"
    CHANNEL_NOT_ALLOWED = "channel_not_allowed"  # words: mentions of the allowed channels
    LINK_TOO_SLOW = "link_too_slow"
    MESSAGE_WITHOUT_CLIP = "message_without_clip"
    MESSAGE_FORWARDED = "message_forwarded"
    MESSAGE_NOT_AN_ANSWER = "message_not_an_answer"  # ours, but not the result of a job
    MOMENT_UNREADABLE = "moment_unreadable"  # value: what was typed
    JOB_UNKNOWN = "job_unknown"  # the earlier one that should be done again
    JOB_ELSEWHERE = "job_elsewhere"  # that was on another server, or in direct messages
    JOB_SOURCE_GONE = "job_source_gone"  # its clip is nowhere any more
    JOB_PART_GONE = "job_part_gone"  # value: the part of its clip that is still there
    STARTED_ALREADY = "started_already"  # an open request that has become a job
    REQUEST_GONE = "request_gone"  # an open request that is too old, or was dropped
    CONSENT_OPTED_OUT = "consent_opted_out"  # words: who
    CONSENT_NOBODY = "consent_nobody"
    CONSENT_OWN_ONLY = "consent_own_only"  # words: whose clip it is
    CONSENT_TOO_MANY = "consent_too_many"  # value: how many questions; words: whose clip it is
    PERMISSION_MISSING = "permission_missing"  # words: names of the permissions
    STORE_UNAVAILABLE = "store_unavailable"
    PROVIDER_CLOSED = "provider_closed"  # it refuses every clip for now
    MACHINE_TROUBLE = "machine_trouble"  # no room on its disk, or no process to look into a clip
    DOWNLOAD_FAILED = "download_failed"
    TOOK_TOO_LONG = "took_too_long"
    BOT_STOPPING = "bot_stopping"


MENDABLE: Final = frozenset(
    {
        Rule.START_PAST_END,
        Rule.LENGTH_OUT_OF_RANGE,
        Rule.MOMENT_UNREADABLE,
        Rule.PROMPT_EMPTY,
        Rule.PROMPT_TOO_LONG,
        Rule.PROMPT_REFUSED,
        Rule.SEED_OUT_OF_RANGE,
        Rule.RATIO_NOT_OFFERED,
        Rule.TOO_BUSY,
        Rule.MACHINE_TROUBLE,
        Rule.DOWNLOAD_FAILED,
        Rule.TOOK_TOO_LONG,
        Rule.JOB_PART_GONE,
    }
)
"""Rules that other words or another part may keep, or the same a little later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One rule that a request broke, the value that broke it, and who decides it."""

    rule: Rule
    value: float | str | None = None
    limit: float | None = None
    decided_by: Decider | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A number that must not be passed, and who set it."""

    value: float
    decided_by: Decider


def clean_prompt(text: str) -> str:
    """Return the prompt as it goes to the provider: one line, no control characters."""
    return one_line(text)


def with_look(prompt: str, look: str | None) -> str:
    """Return a cleaned prompt with the server's look at its end, if there is room for it."""
    if not look:
        return prompt
    longer = f"{prompt.rstrip(' .,;')}, {look}"
    return longer if utf16_units(longer) <= MAX_PROMPT_UNITS else prompt


def check_prompt(prompt: str) -> Refusal | None:
    """Return why a cleaned prompt is not taken: it is blank, or longer than the provider takes."""
    if is_blank(prompt):
        return Refusal(rule=Rule.PROMPT_EMPTY)
    units = utf16_units(prompt)
    if units > MAX_PROMPT_UNITS:
        return Refusal(
            rule=Rule.PROMPT_TOO_LONG,
            value=units,
            limit=MAX_PROMPT_UNITS,
            decided_by=Decider.PROVIDER,
        )
    return None


def parse_seconds(text: str) -> float | None:
    """Return the seconds that somebody typed: ``12``, ``12.5``, ``12,5 s`` or ``1:05``.

    ``None`` when it is something else.
    """
    match = _SECONDS.fullmatch(text.strip())
    if match is None:
        return None
    return 60 * int(match["minutes"] or 0) + float(match["seconds"].replace(",", "."))


def check_seed(seed: int | None) -> Refusal | None:
    """Check a seed; ``None`` means that one is chosen."""
    if seed is None or 0 <= seed <= MAX_SEED:
        return None
    return Refusal(
        rule=Rule.SEED_OUT_OF_RANGE, value=seed, limit=MAX_SEED, decided_by=Decider.PROVIDER
    )


def check_ratio(ratio: str | None, model: VideoModel) -> Refusal | None:
    """Check a chosen ratio against what the model offers."""
    if ratio is None or model.own_ratio(ratio) is not None:
        return None
    return Refusal(
        rule=Rule.RATIO_NOT_OFFERED,
        value=ratio,
        decided_by=Decider.PROVIDER,
        words=tuple(model.ratios),
    )


def _kind(content_type: str | None, filename: str) -> tuple[str, str]:
    """Return the declared type without parameters, and the file name's suffix, in lower case."""
    declared = (content_type or "").partition(";")[0].strip().lower()
    return declared, PurePosixPath(filename).suffix.lower()


def is_declared_video(content_type: str | None, filename: str) -> bool:
    """Tell whether Discord calls a file a video; a missing type is forgiven for a video's name."""
    declared, suffix = _kind(content_type, filename)
    is_video = declared.startswith("video/") or declared in _VIDEO_TYPES
    return is_video or (declared in _NO_TYPE and suffix in VIDEO_SUFFIXES)


class DeclaredFile(NamedTuple):
    """What Discord says of a file that somebody attached: hints, but cheap ones."""

    content_type: str | None
    filename: str
    size_bytes: int


def check_declared_video(
    content_type: str | None, filename: str, size_bytes: int, limit: Limit
) -> Refusal | None:
    """Check what Discord says of the video attachment: hints, but cheap ones.

    A missing or generic type is forgiven when the name is that of a video. What is really in
    the file shows when it is probed.
    """
    if not is_declared_video(content_type, filename):
        declared, suffix = _kind(content_type, filename)
        seems = declared if declared not in _NO_TYPE else suffix
        return Refusal(rule=Rule.NOT_A_VIDEO, value=seems or None)
    if size_bytes <= 0:
        return Refusal(rule=Rule.EMPTY_FILE)
    return check_video_bytes(size_bytes, limit)


def check_video_bytes(size_bytes: int, limit: Limit) -> Refusal | None:
    """Check the size of the source clip."""
    if size_bytes <= limit.value:
        return None
    return Refusal(
        rule=Rule.VIDEO_TOO_BIG,
        value=size_bytes,
        limit=limit.value,
        decided_by=limit.decided_by,
    )


def check_declared_reference(
    content_type: str | None, filename: str, size_bytes: int
) -> Refusal | None:
    """Check what Discord says of the reference attachment."""
    declared, suffix = _kind(content_type, filename)
    if not (declared in IMAGE_TYPES or (declared in _NO_TYPE and suffix in IMAGE_SUFFIXES)):
        seems = declared if declared not in _NO_TYPE else suffix
        return Refusal(rule=Rule.REFERENCE_NOT_AN_IMAGE, value=seems or None)
    if size_bytes <= 0:
        return Refusal(rule=Rule.REFERENCE_UNREADABLE)
    if size_bytes > MAX_REFERENCE_BYTES:
        return Refusal(
            rule=Rule.REFERENCE_TOO_BIG,
            value=size_bytes,
            limit=MAX_REFERENCE_BYTES,
            decided_by=Decider.PROVIDER,
        )
    return None
