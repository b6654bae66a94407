"""The stand-in's server: accept creates, answer polls, hand out outputs."""

from __future__ import annotations

import asyncio
import dataclasses
import math
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp
from aiohttp import web

from sandbox.standin.account import Account, add_account
from sandbox.standin.answers import (
    DIRECT_PREFIX,
    GATEWAY_PREFIX,
    RefusalError,
    act,
    check_headers,
    is_direct,
    json_answer,
    missing_task,
    name_request,
    refuse,
)
from sandbox.standin.assets import USER_AGENT, AssetLimits, is_within
from sandbox.standin.behaviours import (
    Accept,
    Close,
    CreateAnswer,
    Fail,
    Fate,
    Hang,
    HttpAnswer,
    Missing,
    PollAnswer,
    Report,
    Script,
    Shape,
    Succeed,
)
from sandbox.standin.control import add_control
from sandbox.standin.intake import Intake
from sandbox.standin.outputs import Links, denied, serve_output
from sandbox.standin.renders import Renders
from sandbox.standin.rules import MODELS
from sandbox.standin.shapes import render_task
from sandbox.standin.specs import read_markers
from sandbox.standin.tasks import STEPS, Created, Download, Refused, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from sandbox.standin.rules import Rules
    from sandbox.standin.strict import Clip

RENDER_WAIT_SECONDS: Final = 20  # a poll waits so long for an output that is nearly made
_MAX_BODY_BYTES: Final = 32 * 1024 * 1024


class StandIn:
    """A CometAPI on loopback that restyles for real; an async context manager.

    It knows CometAPI's paths (``base_url``) and Runway's own (``direct_url``), refuses what they
    refuse, and goes wrong as ``script`` says, as a prompt's markers say, or as another process
    says over ``/_control`` (:mod:`sandbox.standin.control`).

    Attributes:
        creates: Every accepted create, in order: what was paid for.
        refused: Every create that was not accepted.
        tasks: All tasks by id, with their numbers of polls and downloads.
        downloads: Every fetch of an output.
        script: What happens next.
        shape: The form of answers to polls under CometAPI's paths.
        task_seconds: How long new tasks take; ``None`` counts ``steps`` polls instead.
        account: What is said of the account.
        now: The calendar by which tasks are created.
    """

    def __init__(
        self,
        *,
        shape: Shape | str = Shape.BARE,
        script: Script | None = None,
        task_seconds: float | None = None,
        steps: Sequence[Report] = STEPS,
        clock: Callable[[], float] = time.monotonic,
        api_key: str | None = None,
        access_token: str | None = None,
        models: Iterable[str] = tuple(MODELS),
        middlewares: Sequence[aiohttp.ClientMiddlewareType] = (),
        limits: AssetLimits | None = None,
        allow_loopback: bool = False,
        strict: bool = False,
        check_assets: bool = True,
        restyles: bool = True,
        masks_reasons: bool = False,
        can_delete: bool = False,
        output_seconds: float = 24 * 3600,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        """Prepare; entering opens the port.

        Args:
            shape: ``A``, ``B`` or ``C``.
            script: What is to go wrong; by default nothing.
            task_seconds: By ``clock``; ``None`` lets a task end after ``steps``.
            steps: What a task reports, one poll each, before it ends.
            clock: In seconds; for ``task_seconds`` and the age of outputs.
            api_key: The only key that is taken; ``None`` takes any.
            access_token: The only one that the list of tasks is shown for; ``None``: no list.
            models: Which models are served.
            middlewares: For the session that fetches assets (see :mod:`sandbox.cdn`).
            limits: How assets are checked; overrides ``allow_loopback`` and ``strict``.
            allow_loopback: Take assets over http and from this machine; for tests.
            strict: Keep every documented rule for clips to the letter (``AssetLimits.strict``).
            check_assets: ``False`` fetches nothing and works on a tiny clip of its own.
            restyles: ``False`` hands the source back as the output, which is quick.
            masks_reasons: Hide Runway's reasons behind ``fail_to_fetch_task``, as the gateway
                does with texts that hold an address.
            can_delete: Forward DELETE under CometAPI's paths too.
            output_seconds: How long the address of an output works.
            host: A loopback address.
            port: 0 takes any free one.
        """
        self.script = script or Script()
        self.shape = Shape(shape)
        self.task_seconds = task_seconds
        self.creates: list[Created] = []
        self.refused: list[Refused] = []
        self.tasks: dict[str, Task] = {}
        self.downloads: list[Download] = []
        self.account = Account(api_key=api_key, access_token=access_token)
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self._steps = tuple(steps)
        self._clock = clock
        self._api_key = api_key
        self._models = tuple(models)
        self._middlewares = tuple(middlewares)
        limits = limits or AssetLimits(allow_loopback=allow_loopback, strict=strict)
        self._limits = limits if check_assets else None
        self._restyles = restyles
        self._masks_reasons = masks_reasons
        self._can_delete = can_delete
        self._links = Links(clock=clock, lifetime_seconds=output_seconds)
        self._host, self._port = host, port
        self._stack = AsyncExitStack()

    @property
    def origin(self) -> str:
        """Scheme, host and port: what Runway's own SDK takes as its base."""
        return f"http://{self._host}:{self._port}"

    @property
    def base_url(self) -> str:
        """What ``COMETAPI_BASE_URL`` is set to."""
        return self.origin + GATEWAY_PREFIX

    @property
    def direct_url(self) -> str:
        """The same in Runway's own form, with Runway's own answers."""
        return self.origin + DIRECT_PREFIX

    async def __aenter__(self) -> Self:
        self._closing = asyncio.Event()
        self._changed = asyncio.Condition()
        async with AsyncExitStack() as stack:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="restyle-standin-"))
            self._folder = Path(folder)
            pool = stack.enter_context(ThreadPoolExecutor(2, "standin"))
            http = await stack.enter_async_context(
                aiohttp.ClientSession(
                    headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
                    connector=aiohttp.TCPConnector(force_close=True),
                    middlewares=self._middlewares,
                )
            )
            self._intake = Intake(
                http=http,
                pool=pool,
                limits=self._limits,
                models=self._models,
                masks_reasons=self._masks_reasons,
            )
            self._renders = Renders(pool=pool, restyles=self._restyles)
            stack.push_async_callback(self._renders.stop)
            runner = web.AppRunner(self._make_app(), access_log=None, shutdown_timeout=1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, self._host, self._port).start()
            self._port = runner.addresses[0][1]
            stack.callback(self._closing.set)  # frees hanging answers before the runner waits
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()

    async def wait_for_creates(self, count: int, seconds: float = 60) -> None:
        """Wait until so many creates were accepted, whether or not they were answered.

        Raises:
            TimeoutError: They were not.
        """
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: len(self.creates) >= count)

    def _make_app(self) -> web.Application:
        app = web.Application(client_max_size=_MAX_BODY_BYTES, middlewares=[refuse])
        app.on_response_prepare.append(name_request)
        for prefix in (GATEWAY_PREFIX, DIRECT_PREFIX):
            app.router.add_post(f"{prefix}/video_to_video", self._create)
            app.router.add_get(f"{prefix}/tasks/{{task_id}}", self._poll, allow_head=False)
            app.router.add_delete(f"{prefix}/tasks/{{task_id}}", self._delete)
        app.router.add_get("/output/{task_id}/{name}", self._output)
        add_account(app, self)
        add_control(app, self)
        app.router.add_route("*", "/{path:.*}", self._elsewhere)
        return app

    async def _elsewhere(self, request: web.Request) -> web.Response:
        # CometAPI answers a wrong path with a redirect or its home page, never with JSON.
        if request.path == "/":
            page = "<!DOCTYPE html><title>The CometAPI stand-in</title>"
            return web.Response(text=page, content_type="text/html")
        return web.Response(status=301, headers={"Location": "/"})

    # POST video_to_video

    async def _create(self, request: web.Request) -> web.StreamResponse:
        try:
            check_headers(request, api_key=self._api_key, needs_version=True)
            if self.script.down is not None:
                return await self._turn_away(request, self.script.down)
            body = await self._intake.read_body(request)
            answer, fate = self._read_markers(request, body)
            is_scripted = answer is None and bool(self.script.creates)
            if answer is None:
                answer = self.script.creates.popleft() if is_scripted else Accept()
            if not isinstance(answer, Accept) and not answer.accepted:
                return await self._turn_away(request, answer)
            try:
                task = await self._accept(request, body, fate)
            except RefusalError:
                if is_scripted:  # it was meant for a create that is accepted
                    self.script.creates.appendleft(answer)
                raise
        except RefusalError as refusal:
            self.refused.append(Refused(status=refusal.status, reason=refusal.body))
            return refusal.answer()
        if not isinstance(answer, Accept):
            return await act(request, answer, closing=self._closing)
        created: dict[str, Any] = {"id": task.created.task_id} if answer.with_id else {}
        if answer.with_cost or is_direct(request):
            created["estimatedCost"] = {"credits": task.credits}
        return json_answer(200, created)

    async def _turn_away(
        self, request: web.Request, answer: HttpAnswer | Hang | Close
    ) -> web.StreamResponse:
        status = answer.status if isinstance(answer, HttpAnswer) else 0
        self.refused.append(Refused(status=status, reason=answer))
        return await act(request, answer, closing=self._closing)

    def _read_markers(
        self, request: web.Request, body: dict[str, Any]
    ) -> tuple[CreateAnswer | None, Fate | None]:
        prompt = body.get("promptText")
        try:
            return read_markers(prompt if isinstance(prompt, str) else "")
        except ValueError as exc:
            issue = {"code": "custom", "path": ["promptText"], "message": f"stand-in: {exc}"}
            raise self._intake.refusal(request, [issue]) from exc

    async def _accept(self, request: web.Request, body: dict[str, Any], fate: Fate | None) -> Task:
        rules = self._intake.check_body(request, body)
        task_id = str(uuid.uuid4())
        folder = self._folder / task_id
        clip = await self._intake.take_assets(request, body, rules, folder)
        if fate is None:
            fate = self.script.fates.popleft() if self.script.fates else Fate()
        if isinstance(fate.end, Succeed) and not self._is_within(clip, rules):
            fate = dataclasses.replace(fate, end=Fail("ASSET.INVALID"))
        seconds = math.ceil(min(clip.seconds, rules.used_seconds))
        task = Task(
            created=Created(task_id=task_id, body=body, at=self.now()),
            fate=fate,
            credits=max(rules.credits_per_second * seconds, rules.min_credits),
            folder=folder,
            started=self._clock(),
            task_seconds=self.task_seconds if fate.task_seconds is None else fate.task_seconds,
            steps=self._steps,
        )
        if isinstance(fate.end, Succeed) and fate.end.with_output:
            task.render = self._renders.start(task, rules)
        async with self._changed:
            self.tasks[task_id] = task
            self.creates.append(task.created)
            self._changed.notify_all()
        return task

    def _is_within(self, clip: Clip, rules: Rules) -> bool:
        is_strict = self._limits is not None and self._limits.strict
        return is_within(clip, rules, is_strict=is_strict)

    # GET and DELETE tasks/{id}

    async def _poll(self, request: web.Request) -> web.StreamResponse:
        direct = is_direct(request)
        try:
            check_headers(request, api_key=self._api_key, needs_version=direct)
        except RefusalError as refusal:
            return refusal.answer()
        task = self.tasks.get(request.match_info["task_id"])
        if task is not None:
            task.polls += 1
        answer = self._scripted_poll(task)
        if isinstance(answer, HttpAnswer | Hang | Close):
            return await act(request, answer, closing=self._closing)
        if isinstance(answer, Missing):
            return missing_task(answer.form, direct=direct)
        if task is None or task.is_deleted:
            return missing_task(1, direct=direct)
        shape = Shape.BARE if direct else task.fate.shape or self.shape
        report = answer or task.report(self._clock())
        if report is not None:
            return json_answer(200, render_task(task.facts_of(report), shape, task.fate.lag))
        if task.render is not None:
            await asyncio.wait([task.render], timeout=RENDER_WAIT_SECONDS)
        if task.output_url is None or shape == Shape.BARE:
            task.output_url = self.origin + self._links.path(task.created.task_id)
        return json_answer(
            200,
            render_task(
                task.facts_at_end(task.output_url),
                shape,
                task.fate.lag,
                word=task.fate.word,
                place=task.fate.place,
            ),
        )

    def _scripted_poll(self, task: Task | None) -> PollAnswer | None:
        if self.script.down is not None:
            return self.script.down
        if self.script.polls:
            return self.script.polls.popleft()
        if task is not None and task.scripted_polls < len(task.fate.polls):
            task.scripted_polls += 1
            return task.fate.polls[task.scripted_polls - 1]
        return None

    async def _delete(self, request: web.Request) -> web.StreamResponse:
        direct = is_direct(request)
        try:
            check_headers(request, api_key=self._api_key, needs_version=direct)
        except RefusalError as refusal:
            return refusal.answer()
        if not (direct or self._can_delete):
            return web.Response(status=405, headers={"Allow": "GET"})
        task = self.tasks.get(request.match_info["task_id"])
        if task is None or task.is_deleted:
            return missing_task(1, direct=direct)
        task.is_deleted = True
        return web.Response(status=204)

    # GET output

    async def _output(self, request: web.Request) -> web.StreamResponse:
        task = self.tasks.get(request.match_info["task_id"])
        if task is None:
            return denied()
        task.downloads += 1
        had_key = "Authorization" in request.headers
        self.downloads.append(Download(task_id=task.created.task_id, had_key=had_key))
        if task.is_deleted or not self._links.is_good(request):
            return denied()
        fault = self.script.outputs.popleft() if self.script.outputs else task.fate.output
        data = await asyncio.to_thread(task.output_path.read_bytes)
        return await serve_output(request, task.output_path, data, fault, closing=self._closing)
