"""What can be made to go wrong with a request, and for which requests."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.errors import TEXTS


@dataclass(kw_only=True)
class Fault:
    """One way to answer badly.

    Attributes:
        status: HTTP status of the answer; ``None`` gives the true answer (see ``lost``).
        body: JSON, or text for what is sent as HTML.
        carried_out: The request is carried out before the bad answer is given.
        lost: The connection is closed instead of answering.
        hang: No answer at all until the server closes.
    """

    status: int | None = None
    body: dict[str, Any] | str = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    carried_out: bool = False
    lost: bool = False
    hang: bool = False


def refused(status: int, code: int) -> Fault:
    """Refuse for good: 400, 401, 403, 404 or 413 with one of Discord's codes."""
    return Fault(status=status, body={"message": TEXTS.get(code, "Error"), "code": code})


def rate_limited(retry_after_seconds: float, *, via: bool = True, code: int = 0) -> Fault:
    """Answer 429. Without ``via`` it looks like Cloudflare's ban, which discord.py raises."""
    headers = {
        "Retry-After": str(max(1, round(retry_after_seconds))),
        "X-RateLimit-Scope": "user",
    }
    if via:
        headers["Via"] = "1.1 google"
    body = {
        "message": "You are being rate limited.",
        "retry_after": retry_after_seconds,
        "global": False,
        "code": code,
    }
    return Fault(status=429, headers=headers, body=body)


def unavailable(status: int, *, carried_out: bool = False) -> Fault:
    """Answer 500, 502 or 503, as HTML as a proxy does; perhaps after having carried it out."""
    page = f"<html><head><title>{status}</title></head><body>cloudflare</body></html>"
    return Fault(status=status, body=page, carried_out=carried_out)


def lost_answer(*, carried_out: bool = True) -> Fault:
    """Close the connection without an answer, by default after having carried it out."""
    return Fault(lost=True, carried_out=carried_out)


def hang(*, carried_out: bool = False) -> Fault:
    """Never answer."""
    return Fault(hang=True, carried_out=carried_out)


@dataclass(kw_only=True)
class Rule:
    """When a fault applies; a rule is used up after ``times`` requests.

    Attributes:
        path: Without ``/api/v10``; ``*`` stands for one segment, ``**`` for any number.
        channel_id: Only requests about this channel, its threads, or interactions in it.
        user_id: Only direct messages to this user; matched as well when ``channel_id`` is given.
        body: A pattern to be found in the JSON of the request, as text.
        skip: How many requests pass unharmed first.
        times: How many requests it hits; ``None`` means all.
    """

    method: str
    path: str
    fault: Fault
    channel_id: int | None = None
    user_id: int | None = None
    body: str = ""
    skip: int = 0
    times: int | None = 1
    hits: int = 0

    def takes(self, method: str, path: str, places: set[int], body: object = None) -> bool:
        """Tell whether the fault applies to this request, and count it."""
        if self.method not in {"*", method} or (self.times is not None and self.hits >= self.times):
            return False
        wanted = {self.channel_id, self.user_id} - {None}
        if wanted and not wanted & places:
            return False
        if not re.fullmatch(_pattern(self.path), path):
            return False
        if self.body and not re.search(self.body, json.dumps(body)):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.hits += 1
        return True


def _pattern(path: str) -> str:
    parts = re.split(r"(\*\*|\*)", path)
    return "".join({"**": ".*", "*": "[^/]+"}.get(part, re.escape(part)) for part in parts)
