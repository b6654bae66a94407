"""What is counted and measured as it happens, for Prometheus; whoever does a thing counts it here.

What only has to be looked at, such as how many jobs there are, ``bot/monitoring.py`` adds when it
is asked. No label has an id of a person, a server or a job: there would be no end to them.
"""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Histogram

_SECONDS: Final = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_LONG_SECONDS: Final = (5, 15, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600, 7200)

ACCEPTED: Final = Counter("restyle_jobs_accepted", "Requests that became jobs", ["model"])
REFUSED: Final = Counter("restyle_requests_refused", "Requests that a rule refused", ["rule"])
ENDED: Final = Counter(
    "restyle_jobs_ended", "Jobs whose outcome was posted, by what became of them", ["state", "why"]
)
PHASE_SECONDS: Final = Histogram(
    "restyle_job_phase_seconds",
    "How long the parts of finished jobs took: until sent, at the provider, until posted",
    ["phase"],
    buckets=_LONG_SECONDS,
)
MONEY: Final = Counter(
    "restyle_spent_dollars", "What the provider billed, or was expected to bill", ["model"]
)
CHARGES: Final = Counter(
    "restyle_charges", "Ended jobs by whether the provider charged for them", ["model", "charge"]
)
STEP_SECONDS: Final = Histogram(
    "restyle_step_seconds",
    "How long steps of jobs took: open, prepare, submit, poll, deliver",
    ["step"],
    buckets=_SECONDS,
)
LATE_SECONDS: Final = Histogram(
    "restyle_step_late_seconds",
    "How long after it was due a step began",
    ["step"],
    buckets=_SECONDS,
)
PROVIDER_ANSWERS: Final = Counter(
    "restyle_provider_answers", "Answers of the provider by their class", ["request", "answer"]
)
PROVIDER_SECONDS: Final = Histogram(
    "restyle_provider_seconds", "How long the provider took", ["request"], buckets=_SECONDS
)
DISCORD_ANSWERS: Final = Counter(
    "restyle_discord_answers", "Answers of Discord's API by their class", ["answer"]
)
DATABASE_SECONDS: Final = Histogram(
    "restyle_database_seconds", "How long transactions took", buckets=_SECONDS
)
DATABASE_FAILURES: Final = Counter(
    "restyle_database_failures", "Transactions that the database did not carry out"
)
CHILDREN: Final = Counter(
    "restyle_children_ended", "Processes that read clips, by how they ended", ["task", "outcome"]
)


def class_of(status: int) -> str:
    """Return the class of a status of HTTP: 429 is one of its own."""
    return "429" if status == 429 else f"{status // 100}xx"  # Too Many Requests
