"""``python -m bench.media [--quick] [--write docs/media.md]``."""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import sys
from dataclasses import asdict
from pathlib import Path

from bench.media.measure import QUICK, Plan, Results, measure
from bench.media.report import report

BY_HAND = "<!-- What follows is written by hand; make bench-media keeps it. -->\n"

_NO_FFMPEG = """\
The comparison needs the ffmpeg command line, which nothing else of Restyle does:
  Debian, Ubuntu:  apt-get install ffmpeg
  macOS:           brew install ffmpeg
"""


def main() -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.media", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="try the machinery, in seconds")
    parser.add_argument("--write", type=Path, metavar="FILE", help="where the report goes")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="where the numbers go, as JSON")
    parser.add_argument("--load", type=Path, metavar="FILE", help="take kept numbers; run nothing")
    parser.add_argument("--ffmpeg", default="ffmpeg", help="the command to compare with")
    chosen = parser.parse_args()
    if chosen.load:
        results = Results(**json.loads(chosen.load.read_text(encoding="utf-8")))
    elif shutil.which(chosen.ffmpeg) is None:
        sys.stdout.write(_NO_FFMPEG)
        return 0
    else:
        results = asyncio.run(measure(QUICK if chosen.quick else Plan(), chosen.ffmpeg))
    if chosen.keep:
        chosen.keep.write_text(json.dumps(asdict(results), indent=1), encoding="utf-8")
    text = report(results)
    if chosen.write:
        old = chosen.write.read_text(encoding="utf-8") if chosen.write.exists() else ""
        by_hand = old.partition(BY_HAND)[2]
        chosen.write.write_text(text + "\n" + BY_HAND + by_hand, encoding="utf-8")
    else:
        sys.stdout.write(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
