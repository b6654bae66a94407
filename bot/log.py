"""Logging set-up. No secret reaches a handler."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from bot.system.redaction import DATA_URIS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.settings import Settings

_SIGNATURES: Final = re.compile(
    r"(?P<name>[?&](?:_jwt|hm|Signature|X-Amz-Signature|sig)=)[^&\s\"'<>]+", re.IGNORECASE
)


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback included, and then removes what must not be read.

    That is: the given secrets, the signatures in signed links, and the contents of data URIs.
    """

    def __init__(self, fmt: str, *, secrets: Iterable[str]) -> None:
        super().__init__(fmt)
        # The longest first: one secret may be part of another.
        self._secrets = sorted(filter(None, secrets), key=len, reverse=True)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as text without secrets."""
        text = super().format(record)
        for secret in self._secrets:
            text = text.replace(secret, "[secret]")
        text = _SIGNATURES.sub(r"\g<name>[signature]", text)
        return DATA_URIS.sub(r"\1[data]", text)


def set_up_logging(settings: Settings) -> None:
    """Log to standard error at the level of ``settings``, with its secrets removed.

    Other libraries speak from WARNING on; discord.py from INFO, because it tells of reconnects.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(
        RedactingFormatter(
            "%(asctime)s %(levelname)-7s %(name)s: %(message)s", secrets=settings.secrets
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in ("bot", "cogs"):
        logging.getLogger(name).setLevel(settings.log_level)
    logging.getLogger("discord").setLevel(
        max(logging.INFO, logging.getLevelName(settings.log_level))
    )
