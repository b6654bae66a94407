"""Take files all the way that a job's clip goes: probed, planned, prepared, sent to a provider."""

import asyncio
import shutil
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
from aiohttp import web

from bot.cometapi.models import model_rules
from bot.domain.quotas import Decider
from bot.errors import MediaError, MediaUnreadableError
from bot.media.probe import probe_video
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor
from bot.media.scratch import own_scratch
from bot.requests.clip_plan import Mode, Plan, plan_clip
from bot.requests.validation import Limit, Refusal
from bot.requests.video_facts import VideoFacts
from sandbox.cometapi import StandIn
from tests.media.corpus import SERVED
from tests.media.processes import children
from tests.media.scenes import is_encoded
from tests.sandbox.conftest import VERSION

UPLOAD_BYTES = 10 * 1024**2
LIMIT = Limit(value=30, decided_by=Decider.OPERATOR)
BEAT_SECONDS = 0.02
STRICT = {"strict": True, "allow_loopback": True}


@dataclass(frozen=True, kw_only=True)
class Attached:
    """A file as somebody attaches it."""

    name: str
    path: Path
    served_as: str


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What became of one file."""

    attached: Attached
    decision: str  # as "encode: too_fast, rotated", and "unreadable: damaged" after it
    facts: VideoFacts | None = None
    plan: Plan | None = None
    made: VideoFacts | None = None  # of what was prepared, as the next two
    made_bytes: int = 0
    is_encoded: bool = False
    probe_seconds: float = 0
    prepare_seconds: float = 0
    sent: Path | None = None  # the file that goes to the provider

    @property
    def sent_as(self):
        """The type that the provider is told."""
        return self.attached.served_as if self.made is None else SERVED[self.sent.suffix]

    @property
    def result(self):
        """What is sent, as text."""
        if self.sent is None:
            return "nothing"
        made = self.made or self.facts
        return f"{made.width}x{made.height}, {made.duration_seconds:.1f} s"


@dataclass
class Run:
    """Many journeys at once, and what they did to the process."""

    journeys: dict[str, Journey] = field(default_factory=dict)
    seconds: float = 0
    longest_pause: float = 0  # of the event loop, in seconds
    sent: dict = field(default_factory=dict)  # by name: a copy of the file
    left_files: list = field(default_factory=list)
    left_processes: set = field(default_factory=set)
    left_descriptors: int = 0
    statuses: dict = field(default_factory=dict)  # by name: of the create, and how the task ended
    outputs: dict = field(default_factory=dict)  # by name: facts of what came back


def decide(facts, attached, *, model="aleph2"):
    """Plan a clip as the bot does for an ordinary server."""
    return plan_clip(
        facts,
        size_bytes=attached.path.stat().st_size,
        content_type=attached.served_as,
        model=model_rules(model),
        start=None,
        length=None,
        max_seconds=LIMIT,
        upload_bytes=UPLOAD_BYTES,
    )


def in_words(decision):
    """Return a plan or a refusal as one line."""
    if isinstance(decision, Refusal):
        return f"refused: {decision.rule}"
    if decision.mode is Mode.AS_IS:
        return "as is"
    return f"{decision.mode}: {', '.join(decision.reasons)}"


def _failure(error):
    if isinstance(error, MediaUnreadableError):
        return f"unreadable: {error.reason}"
    return type(error).__name__


async def travel(process_pool, attached, folder):
    """Take one file as far as it gets; what is made of it lies in ``folder``."""
    begun = time.perf_counter()
    try:
        facts = await probe_video(attached.path, process_pool=process_pool)
    except MediaError as error:
        return Journey(attached=attached, decision=_failure(error))
    probed = time.perf_counter()
    plan = decide(facts, attached)
    journey = Journey(
        attached=attached, decision=in_words(plan), facts=facts, probe_seconds=probed - begun
    )
    if isinstance(plan, Refusal):
        return journey
    if plan.mode is Mode.AS_IS:
        return replace(journey, plan=plan, sent=attached.path)
    try:
        target = await MediaProcessor(process_pool).prepare(
            attached.path, folder / "prepared.mp4", plan
        )
    except MediaError as error:
        return replace(journey, decision=f"{journey.decision}; then {_failure(error)}")
    prepared = time.perf_counter()
    return replace(
        journey,
        plan=plan,
        made=await probe_video(target, process_pool=process_pool),
        made_bytes=target.stat().st_size,
        is_encoded=is_encoded(target),
        sent=target,
        prepare_seconds=prepared - probed,
    )


def descriptors():
    """Return how many files this process has open."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


async def run_all(files, folder, *, forked_pool, started, outputs=lambda journeys: (), keep=None):
    """Take many files at once, and give what comes out to a strict provider.

    Those that are named in ``started`` have the processes that the program starts, all others go
    through ``forked_pool``. ``outputs(journeys)`` names those that are restyled as well, to look at
    the outcome. What is sent is copied into the folder ``keep``.
    """
    found, before, opened = Run(), children(), descriptors()
    begun = time.perf_counter()
    process_pool = ProcessPool(processes=2, waiting=len(files))
    with own_scratch(folder) as scratch:
        heart = asyncio.create_task(_beat(found))
        with ExitStack() as folders:
            journeys = await asyncio.gather(*(
                travel(
                    process_pool if file.name in started else forked_pool,
                    file,
                    folders.enter_context(scratch.folder()),
                )
                for file in files
            ))  # fmt: skip
            heart.cancel()
            found.left_processes = children() - before
            found.journeys = {journey.attached.name: journey for journey in journeys}
            found.seconds = time.perf_counter() - begun
            for journey in journeys:
                if keep is not None and journey.sent is not None:
                    found.sent[journey.attached.name] = Path(
                        shutil.copyfile(journey.sent, keep / f"{journey.attached.name}.sent")
                    )
            await _send(found, forked_pool, folder, set(outputs(journeys)))
        found.left_files = list(folder.glob("*/restyle-*"))
    found.left_processes |= children() - before
    found.left_descriptors = descriptors() - opened
    return found


async def _beat(found):
    due = time.perf_counter()
    while True:
        await asyncio.sleep(BEAT_SECONDS)
        now = time.perf_counter()
        found.longest_pause = max(found.longest_pause, now - due - BEAT_SECONDS)
        due = now


async def _send(found, process_pool, folder, outputs):
    """Offer everything that is to be sent to the strict stand-in, and fetch what it makes."""
    sent = [journey for journey in found.journeys.values() if journey.sent]
    async with (
        _host(sent) as address,
        StandIn(restyles=False, steps=(), **STRICT) as checks,
        StandIn(steps=(), **STRICT) as restyles,
        aiohttp.ClientSession(
            headers={"Authorization": "Bearer sk-test", "X-Runway-Version": VERSION}
        ) as http,
    ):
        slots = asyncio.Semaphore(4)

        async def send(journey):
            name = journey.attached.name
            async with slots:
                standin = restyles if name in outputs else checks
                task = await _restyle(http, standin, address(name))
                found.statuses[name] = task.get("failureCode") or task["status"]
                if standin is restyles and "output" in task:
                    path = folder / f"{name}.output.mp4"
                    async with http.get(task["output"][0], headers={"Authorization": ""}) as got:
                        path.write_bytes(await got.read())
                    found.outputs[name] = await probe_video(path, process_pool=process_pool)

        await asyncio.gather(*map(send, sent))


async def _restyle(http, standin, address):
    body = {"model": "aleph2", "promptText": "noir", "videoUri": address}
    async with http.post(f"{standin.base_url}/video_to_video", json=body) as answer:
        created = await answer.json()
        if answer.status != 200:
            return {"status": created["issues"][0]["message"]}
    while True:
        async with http.get(f"{standin.base_url}/tasks/{created['id']}") as answer:
            task = await answer.json()
        if task["status"] in {"SUCCEEDED", "FAILED"}:
            return task


class _host:  # noqa: N801 - used as a function
    """Serve what is sent, each under the type that it would have."""

    def __init__(self, journeys):
        self._journeys = {journey.attached.name: journey for journey in journeys}

    async def _answer(self, request):
        journey = self._journeys[request.match_info["name"]]
        headers = {"Content-Type": journey.sent_as}
        return web.Response(body=journey.sent.read_bytes(), headers=headers)

    async def __aenter__(self):
        app = web.Application()
        app.router.add_get("/{name}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        return lambda name: f"http://127.0.0.1:{port}/{name}"

    async def __aexit__(self, *_):
        await self._runner.cleanup()
