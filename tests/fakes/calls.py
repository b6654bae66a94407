"""A REST request as the server saw it, and the table of routes."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tests.fakes.server import DiscordServer

    Handler = Callable[["DiscordServer", "Call"], Awaitable[Any]]


@dataclass(kw_only=True)
class Call:
    """One request.

    Attributes:
        path: Without ``/api/v10`` and the query.
        json: The body, for multipart its ``payload_json``; ``None`` without one.
        files: What was uploaded, by field name: (file name, bytes).
        status: What was answered; ``None`` when nothing was.
        authorised: Whether the bot's token came with it.
    """

    method: str
    path: str
    query: Mapping[str, str]
    json: Any = None
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    time: float = field(default_factory=time.monotonic)
    status: int | None = None
    authorised: bool = False
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def route(self) -> str:
        """Method and path with ``*`` for ids and tokens, for counting."""
        path = re.sub(r"/(interactions|webhooks)/\d+/[^/]+", r"/\1/*/*", self.path)
        return f"{self.method} {re.sub(r'/[0-9]+', '/*', path)}"

    def id(self, name: str) -> int:
        """Return a number from the path; 0 when it is none."""
        value = self.ids[name]
        return int(value) if value.isdigit() else 0

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object sent; empty without one."""
        return self.json if isinstance(self.json, dict) else {}


class Routes:
    """Handlers by method and path template."""

    def __init__(self, *, needs_token: bool = True) -> None:
        self.needs_token = needs_token
        self._table: list[tuple[str, re.Pattern[str], Handler]] = []

    def __call__(self, method: str, template: str) -> Callable[[Handler], Handler]:
        pattern = re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))

        def register(handler: Handler) -> Handler:
            self._table.append((method, pattern, handler))
            return handler

        return register

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """Return the handler of a request and the names in its path."""
        for verb, pattern, handler in self._table:
            match = pattern.fullmatch(path)
            if verb == method and match:
                return handler, match.groupdict()
        return None
