"""All measurements, one after the other, in one run."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, Final

import av

from bench.engine.gauges import percentile
from bench.media.arrival import measure_arrivals
from bench.media.clips import SOURCES, Source, make
from bench.media.gauges import Late, Used, children, stalls
from bench.media.rival import Cost, command, run
from bot.cometapi.models import model_rules
from bot.domain.quotas import Decider
from bot.media.probe import probe_video
from bot.media.process_pool import ProcessPool
from bot.media.processing import MediaProcessor
from bot.requests.clip_plan import plan_clip
from bot.requests.validation import Limit, Refusal
from tests.media.corpus import CLIPS
from tests.media.damage import Clips
from tests.media.journey import Attached, travel

if TYPE_CHECKING:
    from bot.requests.clip_plan import Plan as ClipPlan
    from bot.requests.video_facts import VideoFacts

_UPLOAD_BYTES: Final = 10 * 1024**2
_STALL_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured."""

    sources: tuple[Source, ...] = SOURCES
    rounds: int = 3
    together: int = 10
    """How many 1080p clips are prepared while the event loop is watched."""
    together_seconds: float = 4
    """How long each of them is."""
    clips: tuple[Any, ...] = CLIPS
    """Of the corpus of the tests."""


QUICK: Final = Plan(
    sources=tuple(
        replace(source, width=160, height=96, seconds=min(source.seconds, 2.5), start=None,
                length=None, options={})
        for source in (SOURCES[1], SOURCES[-2])
    ),
    rounds=1,
    together=2,
    together_seconds=2.2,
    clips=(*CLIPS[:3], next(clip for clip in CLIPS if clip.name == "one-frame")),
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Results:
    """What was found; JSON can carry it. Times in seconds."""

    pairs: list[dict[str, Any]] = field(default_factory=list)
    """One for each source: its name, the way, and every round of ours and of the rival."""
    stalls: dict[str, Any] = field(default_factory=dict)
    fits: dict[str, Any] = field(default_factory=dict)
    arrivals: list[dict[str, Any]] = field(default_factory=list)
    corpus: list[dict[str, Any]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0


async def measure(plan: Plan, ffmpeg: str) -> Results:
    """Do everything."""
    begun, results = time.perf_counter(), Results()
    process_pool = ProcessPool(processes=2)
    with tempfile.TemporaryDirectory(prefix="restyle-bench-") as name:
        folder = Path(name)
        for number, source in enumerate(plan.sources):
            path = await asyncio.to_thread(make, source, folder, name=str(number))
            results.pairs.append(await _compare(process_pool, source, path, plan.rounds, ffmpeg))
        results.stalls = await _prepare_many(process_pool, plan, folder)
        results.arrivals = await measure_arrivals(process_pool, folder, is_quick=plan is QUICK)
        results.fits = await _fit(process_pool, plan, folder)
        results.corpus = await _corpus(process_pool, plan, folder)
    results.versions = {
        "ffmpeg": _version(ffmpeg),
        "PyAV": av.__version__,
        "with": av.ffmpeg_version_info,
    }
    results.seconds = time.perf_counter() - begun
    return results


def decide(facts: VideoFacts, path: Path, source: Source) -> ClipPlan:
    """Plan a clip as the bot does where nobody set another limit.

    Raises:
        ValueError: It would be refused.
    """
    plan = plan_clip(
        facts,
        size_bytes=path.stat().st_size,
        content_type=facts.content_type,
        model=model_rules(source.model),
        start=source.start,
        length=source.length,
        max_seconds=Limit(value=30, decided_by=Decider.OPERATOR),
        upload_bytes=_UPLOAD_BYTES,
    )
    if isinstance(plan, Refusal):
        raise ValueError(f"{source.name}: {plan.rule}")  # noqa: TRY004 - no matter of types
    return plan


async def _compare(
    process_pool: ProcessPool, source: Source, path: Path, rounds: int, ffmpeg: str
) -> dict[str, Any]:
    size_bytes = path.stat().st_size  # noqa: ASYNC240 - nobody else needs this loop now
    probes: list[float] = []
    facts = None
    for _ in range(rounds):
        async with children() as used:
            facts = await probe_video(path, process_pool=process_pool)
        probes.append(used.wall_seconds)
    assert facts is not None  # noqa: S101 - there is at least one round
    plan = decide(facts, path, source)
    target, other = path.with_name("ours.mp4"), path.with_name("theirs.mp4")
    ours: list[dict[str, Any]] = []
    theirs: list[dict[str, Any]] = []
    peak = 0
    for _ in range(rounds):  # by turns, so that a busy machine is busy for both
        async with children() as used:
            await MediaProcessor(process_pool).prepare(path, target, plan)
        peak = max(peak, used.peak_bytes)
        ours.append(asdict(_cost(used, target.stat().st_size)))
        words = command(ffmpeg, path, other, plan)
        theirs.append(asdict(await run(words, other)))
    return {
        "name": source.name,
        "bytes": size_bytes,
        "way": str(plan.mode),
        "reasons": [str(reason) for reason in plan.reasons],
        "seconds": plan.seconds,
        "size": f"{plan.width}x{plan.height}",
        "probe_seconds": median(probes),
        "peak_bytes": peak,
        "ours": ours,
        "theirs": theirs,
    }


def _cost(used: Used, size_bytes: int) -> Cost:
    return Cost(wall_seconds=used.wall_seconds, cpu_seconds=used.cpu_seconds, size_bytes=size_bytes)


async def _prepare_many(process_pool: ProcessPool, plan: Plan, folder: Path) -> dict[str, Any]:
    """Prepare many clips at once, as far as there are processes, and watch the event loop."""
    size = {"width": 160, "height": 96} if plan is QUICK else {}
    source = Source(name="1080p H.264, 60 fps", fps=60, seconds=plan.together_seconds, **size)  # type: ignore[arg-type]  # mypy: all of them are int
    path = await asyncio.to_thread(make, source, folder, name="many")
    calm = await stalls(2.0 if plan is not QUICK else _STALL_SECONDS)
    decided = decide(await probe_video(path, process_pool=process_pool), path, source)
    begun = time.perf_counter()  # nothing else looks at the children: that alone may take a while
    work = asyncio.gather(*(
        MediaProcessor(process_pool).prepare(path, folder / f"many-{number}.mp4", decided)
        for number in range(plan.together)
    ))  # fmt: skip
    late: list[Late] = []
    while not work.done():
        late += await stalls(_STALL_SECONDS)
    await work
    return {
        "clips": plan.together,
        "clip_seconds": plan.together_seconds,
        "seconds": time.perf_counter() - begun,
        "samples": len(late),
        **_spread("", [moment.late for moment in late]),
        **_spread("own_", [moment.own for moment in late]),
        **_spread("calm_", [moment.late for moment in calm]),
    }


def _spread(prefix: str, late: list[float]) -> dict[str, float]:
    found = {"p50": percentile(late, 50), "p99": percentile(late, 99), "max": max(late)}
    return {f"{prefix}{name}_ms": 1000 * value for name, value in found.items()}


async def _fit(process_pool: ProcessPool, plan: Plan, folder: Path) -> dict[str, Any]:
    """Make a result of 1080p small enough for a third of its bytes."""
    path, target = folder / "many.mp4", folder / "fitted.mp4"
    size_bytes = path.stat().st_size
    times: list[float] = []
    peak = 0
    for _ in range(plan.rounds):
        async with children() as used:
            await MediaProcessor(process_pool).fit(
                path, target, max_bytes=max(size_bytes // 3, 200_000)
            )
        times.append(used.wall_seconds)
        peak = max(peak, used.peak_bytes)
    fitted = await probe_video(target, process_pool=process_pool)
    return {
        "clip_seconds": plan.together_seconds,
        "from_bytes": size_bytes,
        "to_bytes": target.stat().st_size,
        "size": f"{fitted.width}x{fitted.height}",
        "seconds": median(times),
        "peak_bytes": peak,
    }


async def _corpus(process_pool: ProcessPool, plan: Plan, folder: Path) -> list[dict[str, Any]]:
    """Take the clips of the tests all the way, one after the other."""
    clips = Clips(folder)
    found = []
    for number, spec in enumerate(plan.clips):
        path = await asyncio.to_thread(clips.path, spec.name)
        place = folder / f"journey-{number}"
        await asyncio.to_thread(place.mkdir)
        attached = Attached(name=spec.name, path=path, served_as=spec.served_as)
        journey = await travel(process_pool, attached, place)
        found.append(
            {
                "name": spec.name,
                "is": _described(journey.facts),
                "bytes": path.stat().st_size,
                "decision": journey.decision,
                "probe_seconds": journey.probe_seconds,
                "prepare_seconds": journey.prepare_seconds,
                "result": journey.result,
                "sent_bytes": journey.made_bytes if journey.made else path.stat().st_size,
            }
        )
    return found


def _described(facts: VideoFacts | None) -> str:
    if facts is None:
        return "no video that could be read"
    return (
        f"{facts.container}, {facts.codec}, {facts.width}x{facts.height}, {facts.fps:.4g} fps, "
        f"{facts.duration_seconds:.3g} s"
    )


def _version(ffmpeg: str) -> str:
    told = subprocess.run(  # noqa: S603 - the command that the user names
        [ffmpeg, "-version"], capture_output=True, text=True, check=True
    )
    return told.stdout.split()[2]
