"""Simulate Restyle from 1 to 100,000 servers: ``python -m bench.simulate``.

Prints what each size asks of the provider, Discord, the database and the machine, and which limit
binds first. ``bench/scale/assumptions.py`` holds every number that goes in.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bench.scale.assumptions import JOBS_PER_SERVER_PER_DAY, SIZES, TIERS
from bench.scale.report import BEGIN, END, report, study

if TYPE_CHECKING:
    from collections.abc import Sequence


def rewrite(document: str, tables: str) -> str:
    """Return ``document`` with ``tables`` between its markers.

    Raises:
        ValueError: It does not have each marker once, in this order.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end or BEGIN in after or END in before + after:
        raise ValueError(f"the document needs these two lines, once each: {BEGIN} and {END}")
    return f"{before}{BEGIN}\n\n{tables}\n\n{END}{after}"


def positive(text: str) -> float:
    """Return a number above 0 and below infinity, for ``argparse``.

    Raises:
        ValueError: It is none.
    """
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the simulation and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.simulate", description=__doc__)
    parser.add_argument(
        "--jobs-per-server-per-day",
        type=positive,
        default=JOBS_PER_SERVER_PER_DAY,
        metavar="JOBS",
        help="mean over all servers (default: %(default)s)",
    )
    parser.add_argument(
        "--tier",
        type=int,
        choices=[tier.number for tier in TIERS],
        help="the provider's tier at every size (default: the lowest that carries the size)",
    )
    parser.add_argument(
        "--write",
        type=Path,
        metavar="FILE",
        help="also put the tables between the markers of this document",
    )
    chosen = parser.parse_args(arguments)
    tier = TIERS[chosen.tier - 1] if chosen.tier else None
    sizes = [study(servers, chosen.jobs_per_server_per_day, tier) for servers in SIZES]
    tables = report(sizes)
    sys.stdout.write(tables + "\n")
    if chosen.write is not None:
        document = chosen.write.read_text(encoding="utf-8")
        chosen.write.write_text(rewrite(document, tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
