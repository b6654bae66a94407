"""Decide whether a create is accepted: its body, its model, its clip and its images."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from aiohttp import web

from sandbox.sample import tiny_clip
from sandbox.standin.answers import RefusalError, gateway_refusal, is_direct
from sandbox.standin.assets import (
    AssetLimits,
    AssetRefusedError,
    clip_problem,
    fetch_asset,
    look_at_clip,
    probe_clip,
    probe_image,
)
from sandbox.standin.rules import (
    MODELS,
    FieldPath,
    Issue,
    Rules,
    body_issues,
    image_addresses,
    model_issues,
)
from sandbox.standin.shapes import task_error, validation_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from concurrent.futures import Executor
    from pathlib import Path

    import aiohttp

    from sandbox.standin.strict import Clip

MASKED_REASON = "请求上游地址失败"


class Intake:
    """Checks creates; remembers nothing of them.

    Args:
        http: Fetches assets.
        pool: Probes them.
        limits: How assets are checked; ``None`` fetches nothing and takes a tiny clip instead.
        models: Which models are served.
        masks_reasons: Hide Runway's reasons, as the gateway does with texts that hold an address.
    """

    def __init__(
        self,
        *,
        http: aiohttp.ClientSession,
        pool: Executor,
        limits: AssetLimits | None,
        models: Iterable[str],
        masks_reasons: bool,
    ) -> None:
        self._http = http
        self._pool = pool
        self._limits = limits
        self._models = frozenset(models)
        self._masks_reasons = masks_reasons

    def refusal(self, request: web.Request, issues: list[Issue]) -> RefusalError:
        """Return Runway's refusal of a body, as it gets through the gateway."""
        if self._masks_reasons and not is_direct(request):
            return RefusalError(400, task_error("fail_to_fetch_task", MASKED_REASON))
        return RefusalError(400, validation_error(issues))

    def _custom(self, request: web.Request, message: str, path: FieldPath) -> RefusalError:
        return self.refusal(request, [{"code": "custom", "path": path, "message": message}])

    async def read_body(self, request: web.Request) -> dict[str, Any]:
        """Return the body.

        Raises:
            RefusalError: It is too large, or no JSON object.
        """
        if request.content_type != "application/json":
            raise self._custom(request, "Content-Type must be application/json", [])
        try:
            body = orjson.loads(await request.read())
        except web.HTTPRequestEntityTooLarge:
            raise gateway_refusal(413, "request body too large", "invalid_request") from None
        except orjson.JSONDecodeError:
            raise self._custom(request, "Body is not valid JSON", []) from None
        if not isinstance(body, dict):
            raise self._custom(request, "Invalid input: expected object", [])
        return body

    def check_body(self, request: web.Request, body: Mapping[str, Any]) -> Rules:
        """Return the rules of the model, once the body keeps them.

        Raises:
            RefusalError: It does not, or the model is not served.
        """
        if issues := model_issues(body, self._models):
            model = body.get("model")
            if isinstance(model, str) and not is_direct(request):
                message = f"no available channel for group default and model {model} (distributor)"
                raise gateway_refusal(503, message, "model_not_found")
            raise self.refusal(request, issues)
        rules = MODELS[body["model"]]
        if issues := body_issues(body, rules):
            raise self.refusal(request, issues)
        return rules

    async def take_assets(
        self, request: web.Request, body: Mapping[str, Any], rules: Rules, folder: Path
    ) -> Clip:
        """Fetch the clip to ``folder/source`` and check it, and the images, for real.

        Raises:
            RefusalError: One of them is not taken.
        """
        run = asyncio.get_running_loop().run_in_executor
        source = folder / "source"
        await run(self._pool, folder.mkdir)
        if self._limits is None:
            await run(self._pool, tiny_clip, source)
            return await run(self._pool, probe_clip, source)
        field: FieldPath = ["videoUri"]
        is_strict = self._limits.strict
        try:
            video = await fetch_asset(
                self._http, body["videoUri"], limits=self._limits, video_rules=rules
            )
            await run(self._pool, source.write_bytes, video.data)
            look = partial(look_at_clip, source, video.content_type, rules, is_strict=is_strict)
            clip = await run(self._pool, look)
            for field, uri in image_addresses(body):  # noqa: B007 - the refusal names it
                asset = await fetch_asset(self._http, uri, limits=self._limits)
                image = folder / "image"
                await run(self._pool, image.write_bytes, asset.data)
                await run(self._pool, probe_image, image)
        except AssetRefusedError as exc:
            raise self._custom(request, str(exc), field) from exc
        if (problem := clip_problem(clip, rules, is_strict=is_strict)) is not None:
            raise self.refusal(request, [problem])
        return clip
