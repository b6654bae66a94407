"""Named points in a job's life, and proxies that end the process there.

The proxies stand between the engine and its collaborators (store, CometAPI, Discord, downloads),
and between the deliverer and Discord's REST. The program itself has no hooks.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from typing import TYPE_CHECKING, Any, Final

from bench.chaos.process_spec import What, When
from bot.errors import CometNoAnswerError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    import discord

    from bench.chaos.process_spec import Fault

WITHIN_SECONDS: Final = {"comet.create_task": 0.008, "discord.outcome": 0.004}
"""How long after the beginning of a call WITHIN is; 2 ms for all others."""

MARKERS: Final = {
    "done": "",
    "failed": "[[fail:SAFETY.INPUT.VIDEO]]",
    "refused": "[[create:429]]",
    "unknown": "[[create:close]]",
}
"""How the provider treats a job, by what becomes of it; as the stand-in's prompts have it."""

POINTS: Final = (
    ("done", "store.claim"),
    ("done", "deliverer.open"),
    ("done", "discord.thread"),
    ("done", "discord.status"),
    ("done", "store.update thread"),
    ("done", "deliverer.keep_source"),
    ("done", "discord.source"),
    ("done", "store.submit"),
    ("done", "comet.create_task"),
    ("done", "store.move running"),
    ("done", "store.update progress"),
    ("done", "deliverer.show"),
    ("done", "discord.edit progress"),
    ("done", "comet.get_task"),
    ("done", "store.move delivering"),
    ("done", "downloader.download"),
    ("done", "deliverer.deliver"),
    ("done", "discord.outcome"),
    ("done", "discord.edit final"),
    ("done", "store.move done"),
    ("failed", "store.move failed"),
    ("failed", "discord.outcome"),
    ("failed", "store.update told"),
    ("refused", "store.move queued"),
    ("unknown", "store.move uncertain"),
    ("unknown", "discord.outcome"),
    ("unknown", "store.update told"),
)
"""Every step boundary of a job: what becomes of it, and the call."""

_NONCE: Final = re.compile(r"""nonce\\?['"]: ?\\?['"](\d+)([a-z])""")


class Trigger:
    """Counts the calls of one name and ends or freezes this process at one of them."""

    def __init__(self, fault: Fault | None) -> None:
        self._fuse = fault
        self._calls = 0

    async def around(self, point: str, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - whatever the call returns
        """Carry out a call, unless it is the one."""
        fault = self._fuse
        if fault is None or fault.point != point:
            return await work()
        self._calls += 1
        if self._calls != fault.nth:
            return await work()
        if fault.when is When.BEFORE:
            self._blow(fault)
        if fault.when is When.WITHIN:
            loop = asyncio.get_running_loop()
            loop.call_later(WITHIN_SECONDS.get(point, 0.002), self._blow, fault)
        result = await work()
        if fault.when is When.WITHIN:
            await asyncio.sleep(0.05)  # a call that was quicker does not get away
        elif fault.when is When.AFTER:
            self._blow(fault)
        return result

    def _blow(self, fault: Fault) -> None:
        number = signal.SIGKILL if fault.what is What.KILL else signal.SIGSTOP
        os.kill(os.getpid(), number)


class Proxy:
    """Stands for ``target``; calls that ``name`` names go through the trigger.

    Args:
        target: What is called in the end.
        trigger: Ends this process, perhaps.
        name: The point that a call is, from the method's name, positional and keyword arguments;
            ``None`` lets it pass.
    """

    def __init__(
        self,
        target: object,
        trigger: Trigger,
        name: Callable[[str, tuple[Any, ...], dict[str, Any]], str | None],
    ) -> None:
        self._target = target
        self._trigger = trigger
        self._name = name

    def __getattr__(self, attribute: str) -> Any:  # noqa: ANN401 - of any target
        value = getattr(self._target, attribute)
        if not asyncio.iscoroutinefunction(value):
            return value

        async def call(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - of any target
            point = self._name(attribute, args, kwargs)
            if point is None:
                return await value(*args, **kwargs)
            return await self._trigger.around(point, lambda: value(*args, **kwargs))

        return call


def store_point(method: str, args: tuple[Any, ...], changes: dict[str, Any]) -> str | None:
    """Name a call of the store."""
    match method:
        case "claim" | "submit":
            return f"store.{method}"
        case "move":
            return f"store.move {args[1].value}"
        case "update":
            kinds = {
                "told_at": "told",
                "thread_id": "thread",
                "phase": "progress",
            }
            found = next((word for key, word in kinds.items() if key in changes), "other")
            return f"store.update {found}"
    return None


def simple_point(prefix: str) -> Callable[[str, tuple[Any, ...], dict[str, Any]], str]:
    """Name calls after their method."""
    return lambda method, _args, _kwargs: f"{prefix}.{method}"


class Counted:
    """CometAPI with a count of the paid requests under way; ``is_careless`` sends them again.

    Attributes:
        open_count: How many wait for their answer.
    """

    def __init__(self, comet: Any, *, is_careless: bool) -> None:  # noqa: ANN401 - a CometClient or its proxy
        self._comet = comet
        self._is_careless = is_careless
        self.open_count = 0

    async def create_task(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as CometClient
        """Send the paid request."""
        self.open_count += 1
        try:
            return await self._comet.create_task(*args, **kwargs)
        except CometNoAnswerError:
            if not self._is_careless:
                raise
            return await self._comet.create_task(*args, **kwargs)
        finally:
            self.open_count -= 1

    async def get_task(self, task_id: str) -> Any:  # noqa: ANN401 - as CometClient
        """Look at a task."""
        return await self._comet.get_task(task_id)


def guard_discord(client: discord.Client, trigger: Trigger) -> None:
    """Let every REST call of ``client`` go through the trigger."""
    request = client.http.request
    is_told = False

    async def guarded(route: discord.http.Route, **kwargs: Any) -> Any:  # noqa: ANN401 - as discord.py
        nonlocal is_told
        point = _discord_point(route, kwargs, is_told=is_told)
        if point == "discord.outcome":
            is_told = True
        if point is None:
            return await request(route, **kwargs)
        return await trigger.around(point, lambda: request(route, **kwargs))

    client.http.request = guarded  # type: ignore[method-assign] # on this one object


def _discord_point(
    route: discord.http.Route, kwargs: dict[str, Any], *, is_told: bool
) -> str | None:
    match route.method, route.path.rpartition("/")[2]:
        case "POST", "threads":
            return "discord.thread"
        case "POST", "messages":
            nonce = _NONCE.search(str(kwargs.get("json") or kwargs.get("form")))
            kinds = {"s": "discord.status", "k": "discord.source"}
            return kinds.get(nonce[2] if nonce else "", "discord.outcome")
        case "PATCH", _:
            return "discord.edit final" if is_told else "discord.edit progress"
    return None
