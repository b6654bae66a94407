"""What ``python -m bot`` does with its words: one of the commands, or the bot itself."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import platform
import re
import sys
from typing import TYPE_CHECKING, Final

from bot import __version__
from bot.cli.parser import build_parser
from bot.error_reports import set_up_error_reports
from bot.errors import RestyleError, SettingsError, StoreUnavailableError
from bot.log import set_up_logging
from bot.setting_display import what_differs
from bot.settings import forget_secrets, load_settings
from bot.system.inspection import forbid_inspection

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

OWNER_ONLY: Final = 0o077
"""What no file of ours lets others do; the archive's files are for everybody, and say so."""
EXIT_FAILED: Final = 1
EXIT_SETTINGS: Final = 2
_DISK_FULL: Final = re.compile(r"disk is full|no space left", re.IGNORECASE)
_MAKE_ROOM: Final = "Make room on the disk where DATA_DIR lies, then start again."


def main(arguments: Sequence[str]) -> int:
    """Run the command that ``arguments`` name, or the bot; return the exit code.

    Only running the bot loads all of it, Discord's library included.
    """
    chosen = build_parser(arguments).parse_args(arguments)
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
        from bot.start import run_until_stopped

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
            log.critical("The bot stopped because of an error in the program", exc_info=exc)
        else:
            log.critical("%s", reason)
        return EXIT_FAILED
    return 0


def explain(error: Exception) -> str | None:
    """Return what an operator should do about ``error``, or ``None`` when it is a surprise."""
    match error:
        case StoreUnavailableError() if _DISK_FULL.search(str(error)):
            return f"{error}. {_MAKE_ROOM}"
        case RestyleError():
            return str(error)
        case OSError(errno=errno.ENOSPC):
            return f"The disk is full. {_MAKE_ROOM}"
        case OSError() if error.filename is not None:
            return f"{error.filename} cannot be used: {error.strerror}."
        case _:
            from bot.discord_trouble import lasting

            return lasting(error)
