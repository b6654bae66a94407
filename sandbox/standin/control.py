"""Steer a stand-in from another process, over HTTP under ``/_control``.

``GET  /_control``         what happened: creates, refusals, tasks with their counts, downloads
``POST /_control``         set what happens next; every key is optional::

    {"create": ["hang"], "poll": ["missing*3", "500"], "output": ["expired"],
     "task": [{"polls": ["PENDING"], "end": "fail:SAFETY.INPUT.VIDEO", "output": "ok",
               "shape": "B", "lag": "outer", "task_seconds": 3,
               "word": "FINISHED", "place": "metadata.url"}],
     "down": "503", "shape": "C", "task_seconds": 0.5}

``DELETE /_control``       forget the script (tasks and counts stay)

The texts are those of :mod:`sandbox.standin.specs`; ``"down": null`` ends an outage, and
``"task_seconds": null`` lets tasks end after a number of polls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from sandbox.standin.behaviours import Close, Hang, HttpAnswer, Shape
from sandbox.standin.specs import parse_creates, parse_fate, parse_output, parse_polls

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.standin.server import StandIn


def apply_script(standin: StandIn, wishes: Mapping[str, Any]) -> None:
    """Set what happens next.

    Raises:
        ValueError: A text names no behaviour; nothing is changed then.
    """
    if unknown := set(wishes) - {
        "create",
        "poll",
        "output",
        "task",
        "down",
        "shape",
        "task_seconds",
    }:
        raise ValueError(f"no such keys: {sorted(unknown)}")
    creates = parse_creates(wishes.get("create", ()))
    polls = parse_polls(wishes.get("poll", ()))
    outputs = [parse_output(text) for text in wishes.get("output", ())]
    fates = [parse_fate(data) for data in wishes.get("task", ())]
    shape = Shape(wishes["shape"]) if "shape" in wishes else standin.shape
    down = standin.script.down
    if "down" in wishes:
        found = parse_polls([wishes["down"]])[0] if wishes["down"] else None
        if found is not None and not isinstance(found, HttpAnswer | Hang | Close):
            raise ValueError(f"not an outage: {wishes['down']!r}")
        down = found
    standin.script.create(*creates)
    standin.script.poll(*polls)
    standin.script.output(*outputs)
    standin.script.task(*fates)
    standin.script.down = down
    standin.shape = shape
    if "task_seconds" in wishes:
        standin.task_seconds = wishes["task_seconds"]


def _shorten(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Cut data URIs, which are megabytes long."""
    if isinstance(value, str) and value.startswith("data:"):
        return value[:40] + "…"
    if isinstance(value, dict):
        return {key: _shorten(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_shorten(part) for part in value]
    return value


def describe(standin: StandIn) -> dict[str, Any]:
    """Return what happened so far, as JSON."""
    return {
        "creates": [
            {
                "task_id": created.task_id,
                "at": created.at.isoformat(),
                "body": _shorten(created.body),
            }
            for created in standin.creates
        ],
        "refused": [refused.status for refused in standin.refused],
        "tasks": {
            task_id: {"polls": task.polls, "downloads": task.downloads}
            for task_id, task in standin.tasks.items()
        },
        "downloads": [
            {"task_id": download.task_id, "had_key": download.had_key}
            for download in standin.downloads
        ],
    }


def add_control(app: web.Application, standin: StandIn) -> None:
    """Add the routes."""

    async def read(_: web.Request) -> web.Response:
        return web.Response(body=orjson.dumps(describe(standin)), content_type="application/json")

    async def write(request: web.Request) -> web.Response:
        try:
            apply_script(standin, orjson.loads(await request.read()))
        except (ValueError, TypeError, KeyError, AttributeError) as exc:
            return web.Response(status=400, text=f"{exc}\n")
        return await read(request)

    async def forget(request: web.Request) -> web.Response:
        standin.script.clear()
        return await read(request)

    app.router.add_get("/_control", read)
    app.router.add_post("/_control", write)
    app.router.add_delete("/_control", forget)
