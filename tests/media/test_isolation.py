"""The bot's process decodes nothing, and the processes that decode hold nothing of the bot's."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def loaded_by(*packages):
    """Import whole packages in a new process; return the names of all modules that it then has."""
    program = (
        "import importlib, pkgutil, sys\n"
        "for name in sys.argv[1:]:\n"
        "    module = importlib.import_module(name)\n"
        "    for found in pkgutil.walk_packages(getattr(module, '__path__', ()), name + '.'):\n"
        "        importlib.import_module(found.name)\n"
        "print(*sys.modules)"
    )
    words = [sys.executable, "-c", program, *packages]
    done = subprocess.run(words, cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S603 - ours
    return set(done.stdout.split())


def test_neither_ffmpeg_nor_pillow_is_ever_loaded_into_the_bots_process():
    loaded = loaded_by("bot.cli.entry", "cogs")
    assert "discord" in loaded
    assert not {"av", "PIL"} & loaded


def test_a_process_that_reads_strangers_files_knows_no_network_and_no_database():
    loaded = loaded_by("bot.media.worker.worker_main", "bot.media.worker.tasks")
    assert {"av", "PIL"} <= loaded
    assert not {"aiohttp", "discord", "sqlalchemy", "asyncio", "bot.settings"} & loaded
