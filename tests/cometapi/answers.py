"""Recorded answers of CometAPI and Runway: ``tests/data/comet_<case>.json``."""

import json
from pathlib import Path

from multidict import CIMultiDict

from bot.cometapi.wire import Reply

DATA = Path(__file__).parent.parent / "data"


def answer(case: str) -> Reply:
    recorded = json.loads((DATA / f"comet_{case}.json").read_text("utf-8"))
    text = recorded["text"] if "text" in recorded else json.dumps(recorded["body"])
    return Reply(recorded["status"], CIMultiDict(recorded["headers"]), text.encode())


def all_cases() -> list[str]:
    return sorted(path.stem.removeprefix("comet_") for path in DATA.glob("comet_*.json"))
