"""What of the provider's words may be kept: no key, no file contents, no signed link."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

GONE: Final = "[…]"

DATA_URIS: Final = re.compile(r"(data:[\w.+\-/\\]*(?:;[\w=.\-]+)*,)[A-Za-z0-9+/\\=_%-]+")
"""Group 1 is what stands before the contents, which are a whole file in base64."""

# Backslashes are allowed wherever JSON may have escaped a slash or an ampersand.
_RULES: Final[tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...]] = (
    (DATA_URIS, rf"\1{GONE}"),
    # Scheme, maybe a password, host and path, then a query or fragment.
    (
        re.compile(
            r"(https?:(?:\\?/){2})(?:[^\s\"'<>@/?#\\]+@)?([^\s\"'<>?#]*)([?#][^\s\"'<>]*)?",
            re.IGNORECASE,
        ),
        lambda match: match[1] + match[2] + (f"?{GONE}" if match[3] else ""),
    ),
    # The same parameters where the link around them is cut, or percent-encoded.
    (
        re.compile(
            r"((?:\b|%3F|%26)"
            r"(?:_jwt|hm|sig|signature|x-amz-signature|access_token|api_?key|token)(?:=|%3D))"
            r"[^\s&\"'<>]+",
            re.IGNORECASE,
        ),
        rf"\1{GONE}",
    ),
    (re.compile(r"\bBearer\s+[^\s\"'<>,]+", re.IGNORECASE), f"Bearer {GONE}"),
    (re.compile(r"\b(sk-|key_)[A-Za-z0-9_*-]{6,}"), rf"\1{GONE}"),
    (re.compile(r"\beyJ[\w-]{8,}(?:\.[\w-]*){1,2}"), GONE),
)


def redact(text: str, *, limit: int = 1000) -> str:
    """Return ``text`` without keys, data URIs' contents and queries of links, cut to ``limit``."""
    # A reasonable bound on the work; it lies far beyond what is returned.
    text = text[: limit * 64]
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text if len(text) <= limit else text[: limit - 1] + "…"
