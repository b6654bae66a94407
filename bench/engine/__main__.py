"""``python -m bench.engine [--quick] [--polling | --write docs/benchmarks.md]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from bench.engine.plot import draw
from bench.engine.report import polling, report
from bench.engine.run import QUICK, Plan, Results, measure


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.engine", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="try the machinery, in seconds")
    parser.add_argument(
        "--polling", action="store_true", help="measure and print only when jobs are polled"
    )
    parser.add_argument("--write", type=Path, metavar="FILE", help="where the report goes")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="where the numbers go, as JSON")
    parser.add_argument("--load", type=Path, metavar="FILE", help="take kept numbers; run nothing")
    chosen = parser.parse_args()
    plan = QUICK if chosen.quick else Plan()
    if chosen.polling:
        results = asyncio.run(measure(plan, only_polling=True))
        sys.stdout.write("\n".join(polling(results)))
        return 0
    if chosen.load:
        results = Results(**json.loads(chosen.load.read_text(encoding="utf-8")))
        for sizes in results.waiting.values():
            for jobs in list(sizes):
                sizes[int(jobs)] = sizes.pop(jobs)
    else:
        results = asyncio.run(measure(plan))
        results.plan = asdict(plan)
    if chosen.keep:
        chosen.keep.write_text(json.dumps(asdict(results), indent=1), encoding="utf-8")
    text = report(results)
    if chosen.write:
        picture = chosen.write.parent / "images" / "benchmarks.svg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(draw(results), encoding="utf-8")
        chosen.write.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
