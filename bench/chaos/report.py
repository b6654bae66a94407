"""The table, for the terminal and for ``docs/chaos.md``."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from bench.chaos.count import Counts
from bench.chaos.process_spec import LEASE_SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from bench.chaos.kills import Row

_HEAD: Final = (
    "case",
    "database",
    "rounds",
    "kills",
    "jobs",
    "done",
    "failed",
    "uncertain",
    "charged twice",
    "lost",
    "posted twice",
    "unexplained",
    "not ended",
    "disagreeing",
)
_PACKAGES: Final = ("discord.py", "aiohttp", "SQLAlchemy", "aiosqlite", "asyncpg")


def _cells(row: Row) -> list[str]:
    counts = row.counts
    numbers = (
        row.rounds,
        row.kills,
        counts.jobs,
        counts.done,
        counts.failed,
        counts.uncertain,
        counts.charged_twice,
        counts.lost,
        counts.posted_twice,
        counts.unexplained,
        counts.not_ended,
        counts.disagreeing,
    )
    return [row.case, row.database, *map(str, numbers)]


def total(rows: Sequence[Row]) -> Counts:
    """Return all rows together."""
    return sum((row.counts for row in rows), Counts())


def table(rows: Sequence[Row]) -> str:
    """Return the rows as a Markdown table, aligned so that it reads well in a terminal too."""
    sums = total(rows)
    last = [
        "all",
        "",
        *map(str, (sum(row.rounds for row in rows), sum(row.kills for row in rows), sums.jobs)),
        *map(str, (sums.done, sums.failed, sums.uncertain, sums.charged_twice, sums.lost)),
        *map(str, (sums.posted_twice, sums.unexplained, sums.not_ended, sums.disagreeing)),
    ]
    lines = [list(_HEAD), *map(_cells, rows), last]
    widths = [max(len(line[column]) for line in lines) for column in range(len(_HEAD))]

    def write(cells: list[str]) -> str:
        padded = [
            cell.ljust(width) if column < 2 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * width if column < 2 else "-" * (width - 1) + ":"
        for column, width in enumerate(widths)
    ]
    return "\n".join([write(lines[0]), write(rule), *map(write, lines[1:])])


def machine(postgres: str | None) -> str:
    """Describe what it ran on: cores, Python, versions."""
    parts = [
        f"{os.cpu_count()} cores ({platform.machine()}, {platform.system()})",
        f"Python {platform.python_version()}",
        *(f"{name} {version(name)}" for name in _PACKAGES),
    ]
    if postgres:
        parts.append(postgres)
    return ", ".join(parts)


_TEXT: Final = """\
# Chaos

The worker of the bot (store, engine, CometAPI client, downloader and Discord delivery, as
`python -m bot` opens them) is killed, frozen and cut off while jobs are under way, and what came
of the jobs is counted **at the provider and at Discord**, not in the bot's own tables: each prompt
carries the number of its job, each message the id. The provider (`sandbox/`) and Discord
(`tests/fakes/`) are processes of their own that outlive the worker. The last six columns must be
0, or `make chaos` fails.

{table}

Made by `{command}` (seed {seed}) in {minutes:.1f} minutes on {machine}.

What the columns mean:

* **kills**: processes ended with SIGKILL. A named point is the beginning, the middle or the end of
  a call: each change of state, the paid request, thread, status, kept source, answer, every edit,
  the mark that it is told. `bench/chaos/points.py` lists them. Each is reached, or the run stops
  with an error; there, one process is killed, mostly the next one too, and the last must end the
  jobs.
* **uncertain**: the paid request was sent (or about to be), and its answer did not live to be
  written down: the provider lost it, or the process was killed in between. People are told so, and
  the bot never sends it again.
* **charged twice**: the provider accepted two requests for one job.
* **lost**: paid for, and people got neither the answer nor the word that its outcome is unknown.
* **posted twice**: any message of a job (status, source, answer, failure …) is there twice, or an
  answer stands beside a failure.
* **unexplained**: uncertain without one of the causes above, or left so with the list of tasks on,
  or failed although the provider was not told to fail it. A job whose process was merely frozen or
  slow, or whose database was away, has no excuse, unless it was overtaken before it had sent
  anything at all.
* **not ended**: nobody was told any outcome.
* **disagreeing**: in how much ledger and jobs contradict each other after the case: what became of
  the money (reserved, released, committed), its amount, a task of two jobs.

Three cases are about a bot that is told something wrong. *Restored from a backup*: a backup is made
with jobs waiting and under way, all of them end, and the backup is put into an empty database and
counts as an hour old. Nothing may be spent while its jobs are in quarantine; then the owner
releases every other one, whose answer is found in its thread, and says of the rest that they were
finished.
*Clock off*: a worker whose clock is minutes or an hour ahead of the database's, or behind it, may
neither pay for anything nor give up what was paid for; in another life the clock steps while jobs
are under way. *Answer lost, list of tasks on*: CometAPI's own list settles what is uncertain; where
several tasks may be a job's, the owner names the right one. None is left uncertain.

What is not real: polls, leases ({lease:g} s or less) and the provider (a quarter of a second a
task) are quick; waits of the engine pass faster where a case is about one of them (no answer for
90 s, a resend); an outage longer than Discord's nonce window is a Discord that forgets nonces at
once and a clock that is three minutes ahead. Clips and pictures are copied, not decoded. There is
no gateway: deliveries do not use it.

The short version (`python -m bench.chaos --short`, half a minute) is part of `make test`, with a
worker that breaks the first rule on purpose, to see that the counting would notice. Three rules
were broken in the program itself, too: with lost answers taken as safe to resend, and with the
requests of dead processes sent again, jobs were charged twice; without the look for an earlier
message after the nonce window, answers were posted twice.
"""


def write(path: Path, text: str, *, machine: str, seconds: float, seed: int, command: str) -> None:
    """Write the document."""
    path.write_text(
        _TEXT.format(
            table=text,
            machine=machine,
            minutes=seconds / 60,
            seed=seed,
            command=command,
            lease=LEASE_SECONDS,
        ),
        encoding="utf-8",
    )
