"""``python -m bench.engine [--quick] [--only PART …] [--write docs/benchmarks.md]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench.engine.plot import draw
from bench.engine.report import report, sections, target_table
from bench.engine.run import PARTS, QUICK, Plan, Results, measure


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="try the machinery, in seconds")
    parser.add_argument(
        "--only", nargs="+", choices=PARTS, metavar="PART", default=[],
        help=f"measure these alone ({', '.join(PARTS)}) and print their sections; with --load, the "
        "others are as they were, and the whole page is made",
    )  # fmt: skip
    parser.add_argument("--write", type=Path, metavar="FILE", help="where the report goes")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="where the numbers go, as JSON")
    parser.add_argument("--load", type=Path, metavar="FILE", help="take kept numbers")
    chosen = parser.parse_args()
    results = _load(chosen.load) if chosen.load else None
    if results is None or chosen.only:
        plan = QUICK if chosen.quick else Plan()
        results = asyncio.run(measure(plan, parts=chosen.only or PARTS, results=results))
    if chosen.keep:
        chosen.keep.write_text(json.dumps(asdict(results), indent=1), encoding="utf-8")
    if chosen.write:
        picture = chosen.write.parent / "images" / "benchmarks.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(draw(results), encoding="utf-8")
        chosen.write.write_text(report(results), encoding="utf-8")
    elif chosen.only and not chosen.load:
        sys.stdout.write("\n".join([*target_table(results), *sections(results)]))
    else:
        sys.stdout.write(report(results))
    return 0


def _load(path: Path) -> Results:
    """Return kept numbers; JSON has made words of the numbers of jobs."""
    results = Results(**json.loads(path.read_text(encoding="utf-8")))
    for sizes in results.waiting.values():
        for jobs in list(sizes):
            sizes[int(jobs)] = sizes.pop(jobs)
    return results


if __name__ == "__main__":
    sys.exit(main())
