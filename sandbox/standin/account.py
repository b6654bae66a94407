"""What the stand-in says of its one account: the key, the models, the money, the list of tasks."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Final

from sandbox.standin.answers import RefusalError, check_headers, gateway_refusal, json_answer
from sandbox.standin.behaviours import Fail
from sandbox.standin.shapes import QUOTA_PER_CREDIT, charged_credits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp import web

    from sandbox.standin.server import StandIn
    from sandbox.standin.tasks import Task

UNLIMITED_DOLLARS: Final = 100_000_000


@dataclass(slots=True, kw_only=True)
class Account:
    """The account behind the stand-in's key; tests change it as they go.

    Attributes:
        api_key: As the stand-in's: ``None`` takes any.
        access_token: The console's; without one there is no list of tasks.
        offered: The codes in the catalogue; ``None``: there is no catalogue.
        limit_dollars: Of the key; ``None`` is without a limit.
        used_dollars: Of that.
        is_odd: Answer everything here with 404.
    """

    api_key: str | None = None
    access_token: str | None = None
    offered: tuple[str, ...] | None = None
    limit_dollars: float | None = None
    used_dollars: float = 0.0
    is_odd: bool = False


def add_account(app: web.Application, standin: StandIn) -> None:
    """Add the account's routes, at the origin as CometAPI has them."""
    account = standin.account

    def check(request: web.Request) -> None:
        if account.is_odd:
            raise RefusalError(404, {"error": "Invalid URL"})
        check_headers(request, api_key=account.api_key, needs_version=False)

    async def models(request: web.Request) -> web.Response:
        check(request)
        return json_answer(200, {"object": "list", "data": [{"id": "gpt-5"}]})

    async def organization(request: web.Request) -> web.Response:
        check(request)
        left = UNLIMITED_DOLLARS if account.limit_dollars is None else account.limit_dollars
        return json_answer(200, {"creditBalance": round((left - account.used_dollars) * 100)})

    async def subscription(request: web.Request) -> web.Response:
        check(request)
        limit = UNLIMITED_DOLLARS if account.limit_dollars is None else account.limit_dollars
        return json_answer(200, {"object": "billing_subscription", "hard_limit_usd": limit})

    async def usage(request: web.Request) -> web.Response:
        check(request)
        return json_answer(200, {"object": "list", "total_usage": account.used_dollars * 100})

    async def catalogue(_: web.Request) -> web.Response:
        if account.offered is None or account.is_odd:
            return json_answer(404, {"error": "Invalid URL"})
        entries = [{"id": number, "code": code} for number, code in enumerate(account.offered)]
        return json_answer(200, {"success": True, "data": entries})

    async def own_tasks(request: web.Request) -> web.Response:
        if account.access_token is None or account.is_odd:
            return json_answer(404, {"error": "Invalid URL"})
        if request.headers.get("Authorization") != f"Bearer {account.access_token}":
            raise gateway_refusal(401, "the access token is invalid", "")
        headers = {"Date": format_datetime(standin.now(), usegmt=True)}
        return json_answer(200, _page(standin.tasks.values(), request), headers)

    routes = {
        "/v1/models": models,
        "/v1/organization": organization,
        "/v1/dashboard/billing/subscription": subscription,
        "/v1/dashboard/billing/usage": usage,
        "/api/models": catalogue,
        "/api/task/self": own_tasks,
    }
    for path, handler in routes.items():
        app.router.add_get(path, handler, allow_head=False)


def _page(tasks: Iterable[Task], request: web.Request) -> dict[str, Any]:
    query = request.query
    since, until = int(query["start_timestamp"]), int(query["end_timestamp"])
    number, size = int(query.get("p", 1)), int(query.get("page_size", 10))
    found = [
        item
        for item in map(_item, tasks)
        if since <= item["submit_time"] <= until
        and query.get("task_id", item["task_id"]) == item["task_id"]
        and query.get("platform", "runwayml") == "runwayml"
    ]
    found.sort(key=lambda item: -item["submit_time"])
    shown = found[(number - 1) * size : number * size]
    data = {"page": number, "page_size": size, "total": len(found), "items": shown}
    return {"success": True, "message": "", "data": data}


def _item(task: Task) -> dict[str, Any]:
    moment = int(task.created.at.timestamp())
    end = task.fate.end
    credits_ = charged_credits(end, task.credits) if isinstance(end, Fail) else task.credits
    return {
        "id": abs(hash(task.created.task_id)) % 10**9,
        "created_at": moment,
        "task_id": task.created.task_id,
        "platform": "runwayml",
        "action": "VIDEO_TO_VIDEO",
        "status": "IN_PROGRESS" if task.polls else "SUBMITTED",
        "model_name": task.created.body.get("model", ""),
        "quota": credits_ * QUOTA_PER_CREDIT,
        "submit_time": moment,
        "start_time": 0,
        "finish_time": 0,
        "progress": "10%",
        "fail_reason": "",
    }
