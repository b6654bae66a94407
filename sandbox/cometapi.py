"""The CometAPI stand-in: everything that tests and the demo use of it.

In a test::

    async with StandIn(allow_loopback=True) as standin:
        standin.script.create(Hang())  # the task exists, the answer never comes
        standin.script.task(Fate(polls=(Missing(), Report("THROTTLED")), end=Fail("INTERNAL")))
        ...  # the program talks to standin.base_url
        assert len(standin.creates) == 1
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.standin.assets import AssetLimits
from sandbox.standin.behaviours import (
    Accept,
    Cancel,
    Close,
    Fail,
    Fate,
    Hang,
    HttpAnswer,
    Lag,
    Missing,
    OutputFault,
    Place,
    Report,
    Script,
    Shape,
    Stay,
    Succeed,
    empty_body,
    html_page,
    model_not_found,
    moved,
    no_credits,
    no_quota,
    rate_limited,
    server_error,
    truncated,
)
from sandbox.standin.server import StandIn
from sandbox.standin.tasks import Created, Download, Refused, Task

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Accept",
    "AssetLimits",
    "Cancel",
    "Close",
    "Created",
    "Download",
    "Fail",
    "Fate",
    "Hang",
    "HttpAnswer",
    "Lag",
    "Missing",
    "OutputFault",
    "Place",
    "Refused",
    "Report",
    "Script",
    "Shape",
    "StandIn",
    "Stay",
    "Succeed",
    "Task",
    "empty_body",
    "html_page",
    "model_not_found",
    "moved",
    "no_credits",
    "no_quota",
    "rate_limited",
    "serve",
    "server_error",
    "truncated",
]


async def serve(
    port: int = 8787,
    *,
    host: str = "127.0.0.1",
    shape: str = "A",
    task_seconds: float | None = 12,
    api_key: str | None = None,
    allow_loopback: bool = True,
    strict: bool = False,
    check_assets: bool = True,
    on_ready: Callable[[StandIn], None] | None = None,
) -> None:
    """Run a stand-in until cancelled: what ``python -m sandbox standin`` does.

    Args:
        port: 0 takes any free one.
        host: A loopback address.
        shape: ``A``, ``B`` or ``C``.
        task_seconds: How long a task takes; ``None`` lets it end at its third poll.
        api_key: The only key that is taken; ``None`` takes any.
        allow_loopback: Take clips over http and from this machine.
        strict: Keep every documented rule for clips to the letter.
        check_assets: ``False`` fetches nothing and works on a tiny clip of its own.
        on_ready: Called once it listens; by default the addresses are printed.
    """
    async with StandIn(
        port=port,
        host=host,
        shape=shape,
        task_seconds=task_seconds,
        api_key=api_key,
        allow_loopback=allow_loopback,
        strict=strict,
        check_assets=check_assets,
    ) as standin:
        if on_ready is not None:
            on_ready(standin)
        else:
            print(f"COMETAPI_BASE_URL={standin.base_url}", flush=True)
            print(f"Steered and watched at {standin.origin}/_control", flush=True)
        await asyncio.Event().wait()
