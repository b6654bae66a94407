"""What ``python -m bot`` does with its words: one of the commands, or the bot itself."""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import sys
from typing import TYPE_CHECKING, Final

from bot import __version__
from bot.cli.parser import build_parser
from bot.error_reports import set_up_error_reports
from bot.errors import SettingsError
from bot.log import set_up_logging
from bot.setting_display import what_differs
from bot.settings import forget_secrets, load_settings
from bot.start import explain, run_until_stopped
from bot.system.inspection import forbid_inspection

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

OWNER_ONLY: Final = 0o077
"""What no file of ours lets others do; the archive's files are for everybody, and say so."""
EXIT_FAILED: Final = 1
EXIT_SETTINGS: Final = 2


def main(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name, or the bot; return the exit code."""
    chosen = build_parser().parse_args(arguments)
    execute = getattr(chosen, "execute", None)
    forbid_inspection()
    os.umask(OWNER_ONLY)
    try:
        if execute is not None:
            status: int = execute(chosen)
            return status
        settings = load_settings()
        forget_secrets()
        set_up_logging(settings)
        set_up_error_reports(settings)
        log.info(
            "Restyle %s starts on Python %s, with %s",
            __version__,
            platform.python_version(),
            what_differs(settings),
        )
        asyncio.run(run_until_stopped(settings))
    except SettingsError as exc:
        sys.stderr.write(f"{exc}\n")
        return EXIT_SETTINGS
    except Exception as exc:
        reason = explain(exc)
        if execute is not None:  # somebody looks at a terminal, not at a log
            if reason is None:
                raise
            sys.stderr.write(f"{reason}\n")
        elif reason is None:
            log.critical("The bot broke in the program", exc_info=exc)
        else:
            log.critical("%s", reason)
        return EXIT_FAILED
    return 0
