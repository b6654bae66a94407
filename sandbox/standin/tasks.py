"""One task of the stand-in: how it stands at each poll."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sandbox.standin.behaviours import Cancel, Fail, Fate, Report, Stay, Succeed
from sandbox.standin.shapes import TaskFacts, charged_credits

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

STEPS: Final = (Report("PENDING"), Report("RUNNING", 0.5))
"""What a task reports before its end when its course is counted in polls."""
_PENDING_SHARE: Final = 0.15  # of a timed task
_ALMOST: Final = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """A create that was accepted, so paid for; its answer may have been lost all the same.

    Attributes:
        body: As it came.
        at: Aware, in UTC.
    """

    task_id: str
    body: Mapping[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A create that was not accepted.

    Attributes:
        status: Of the answer; 0 when there was none.
        reason: The body sent, or the scripted behaviour.
    """

    status: int
    reason: object


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One fetch of an output.

    Attributes:
        had_key: Whether an Authorization header came along, which it must not.
    """

    task_id: str
    had_key: bool


@dataclass(slots=True, kw_only=True)
class Task:
    """A task and what has happened to it."""

    created: Created
    fate: Fate
    credits: int
    folder: Path
    started: float
    """By the stand-in's clock, in seconds."""
    task_seconds: float | None
    steps: Sequence[Report]
    polls: int = 0
    downloads: int = 0
    steps_done: int = 0
    scripted_polls: int = 0
    """How many of the fate's polls are used up."""
    is_deleted: bool = False
    output_url: str | None = None
    """As first told; a wrapped answer repeats it for ever, Runway makes a new one each time."""
    render: asyncio.Task[None] | None = None
    """Makes the output; ``None`` when there is none to make."""

    @property
    def output_path(self) -> Path:
        """Where the output lies, once made."""
        return self.folder / "output.mp4"

    def report(self, now: float) -> Report | None:
        """Return what to report at ``now`` while unfinished; ``None`` when the end is due."""
        if self.task_seconds is None:
            if self.steps_done < len(self.steps):
                self.steps_done += 1
                return self.steps[self.steps_done - 1]
            return None
        share = (now - self.started) / self.task_seconds if self.task_seconds > 0 else 1.0
        if share < _PENDING_SHARE:
            return Report("PENDING")
        if share < 1:
            return Report("RUNNING", round((share - _PENDING_SHARE) / (1 - _PENDING_SHARE), 2))
        return None

    def _facts(self, status: str, **more: Any) -> TaskFacts:  # noqa: ANN401 - of TaskFacts
        return TaskFacts(
            task_id=self.created.task_id,
            status=status,
            created_at=self.created.at,
            **{"credits": self.credits} | more,
        )

    def facts_of(self, report: Report) -> TaskFacts:
        """Return what a report says."""
        return self._facts(report.status, progress=report.progress)

    def facts_at_end(self, output_url: str) -> TaskFacts:
        """Return what the task says when its end is due."""
        end = self.fate.end
        if isinstance(end, Cancel):
            return self._facts("CANCELLED", credits=0)
        if isinstance(end, Stay):
            return self._facts(end.status)
        if self.render is not None and not self.render.done():
            return self._facts("RUNNING", progress=_ALMOST)
        if isinstance(end, Succeed) and self.render is not None and self.render.exception():
            end = Fail("INTERNAL")
        if isinstance(end, Fail):
            return self._facts("FAILED", failure=end, credits=charged_credits(end, self.credits))
        return self._facts(
            "SUCCEEDED",
            output_url=output_url if end.with_output else None,
            url_in_reason=end.url_in_reason,
        )
