"""``python -m bot health``: what a container's health check runs, twice a minute.

It reads the status file of the running bot and loads nothing of the bot itself.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.cli.output import say, say_json
from bot.system.status import STALE_SECONDS, read_status, status_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bot.cli.output import Commands

EXIT_UNWELL: Final = 1
_SECRETS: Final = Path("/run/secrets")
_HELP: Final = "exit with 0 if a bot with this data folder is well; say why if it is not"
_DESCRIPTION: Final = (
    "Say how the bot with this DATA_DIR and these SHARDS is doing: exit status 0 if "
    "it is well, 1 if it is not, and why. Trouble that may pass, such as a reconnection, counts "
    "after a minute."
)


def add_to(commands: Commands) -> None:
    """Add the command's words to the parser, for the list of commands."""
    command = commands.add_parser("health", help=_HELP, description=_DESCRIPTION)
    _add_options(command)
    command.set_defaults(execute=execute)


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--ready",
        action="store_true",
        help="be strict: every shard connected, the database answering, right now",
    )
    command.add_argument("--json", action="store_true", help="write JSON, for programs")


def main(arguments: Sequence[str]) -> int:
    """Run the command alone, without the parser that knows the others."""
    command = argparse.ArgumentParser(prog="python -m bot health", description=_DESCRIPTION)
    _add_options(command)
    return execute(command.parse_args(arguments))


def execute(chosen: argparse.Namespace) -> int:
    """Say how the bot is; return 0 if it is well."""
    data_dir = Path(_setting("DATA_DIR") or "data")
    path = status_path(data_dir, _setting("SHARDS").replace(" ", ""))
    facts: dict[str, Any] | None = None
    try:
        facts = read_status(path)
    except (OSError, ValueError) as exc:
        wrong = [f"{path} cannot be read: {exc}"]
    else:
        wrong = _wrong(facts, data_dir, strict=chosen.ready)
    if chosen.json:
        say_json({"well": not wrong, "wrong": wrong, "status": facts})
    else:
        say("\n".join(wrong) or _praise(facts or {}))
    return EXIT_UNWELL if wrong else 0


def _wrong(facts: dict[str, Any] | None, data_dir: Path, *, strict: bool) -> list[str]:
    """Return why the bot is not well: a line each."""
    if facts is None:
        return [
            f"No bot is running with the data folder {data_dir}: none was started, or it has ended."
        ]
    silent = time.time() - facts["written_at"]
    name = f"Restyle {facts['version']}, process {facts['pid']}"
    if facts["host"] == socket.gethostname() and not _lives(facts["pid"]):
        return [f"{name}, died; its last sign of life was {_span(silent)} ago."]
    if silent > STALE_SECONDS:
        return [f"{name}, has been silent for {_span(silent)} and seems to hang. Restart it."]
    if facts["phase"] == "starting":
        return [f"starting: {facts['waiting_for']}"]
    if facts["phase"] == "stopping" and strict:
        return ["stopping"]
    return [
        f"{one['kind']}: {one['text']} (for {_span(time.time() - one['since'])})"
        for one in facts["conditions"]
        if one["grave"] or (strict and one["blocks"])
    ]


def _praise(facts: dict[str, Any]) -> str:
    shards = ", ".join(facts["shards"])
    since = _span(time.time() - facts["since"])
    return (
        f"{'well' if facts['phase'] == 'up' else facts['phase']}: Restyle {facts['version']}, "
        f"for {since}, shards {shards}, {facts['engine'].get('jobs', 0)} jobs in progress"
    )


def _lives(pid: int) -> bool:
    if sys.platform == "win32":
        return True  # there, asking would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _span(seconds: float) -> str:
    """Return a span of time in its largest whole unit, as in "3 min"."""
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def _setting(name: str) -> str:
    """Return a setting from where ``bot/setting_sources.py`` would find it; "" if nowhere."""
    for place in _places():
        if value := place.get(name):
            return value
        if path := place.get(f"{name}_FILE"):
            return Path(path).read_text(encoding="utf-8").strip()
    secret = _SECRETS / name.lower()
    return secret.read_text(encoding="utf-8").strip() if secret.is_file() else ""


def _places() -> Iterator[dict[str, str]]:
    yield {name.upper(): value for name, value in os.environ.items()}
    if Path(".env").is_file():  # containers have none, and need not load what reads it
        from dotenv import dotenv_values

        yield {name.upper(): value or "" for name, value in dotenv_values(".env").items()}
