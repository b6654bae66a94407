"""Reports of errors to a Sentry of the operator's, an extra that is off unless it is asked for.

What is sent is what the log has at ERROR, with the calls that led to it: no variables, no requests,
no ids of people or servers, nothing of what was done before, and no secrets.
"""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

from bot import __version__
from bot.errors import SettingsError
from bot.log import Redaction
from bot.system.log_context import add_ids
from bot.system.redaction import redact

if TYPE_CHECKING:
    from bot.settings import Settings

_TAGS: Final = ("job", "task", "request")
_PEOPLE: Final = re.compile(r"\b(user|guild|server|channel|owner|manager) [0-9]+")
_LONGEST: Final = 2000


def set_up_error_reports(settings: Settings) -> None:
    """Begin to report errors to ``SENTRY_DSN``, if it is set.

    Raises:
        SettingsError: It is set, and the library for it is not installed or does not take it.
    """
    dsn = settings.sentry_dsn.get_secret_value()
    if not dsn:
        return
    try:
        import sentry_sdk
        from sentry_sdk.integrations.logging import LoggingIntegration
        from sentry_sdk.utils import BadDsn
    except ImportError:
        raise SettingsError(
            "SENTRY_DSN is set, but sentry-sdk is not installed: pip install --no-deps "
            "--require-hashes -r requirements/sentry.txt"
        ) from None
    redaction = Redaction(settings.secrets)
    try:
        sentry_sdk.init(
            dsn,
            release=f"restyle@{__version__}",
            default_integrations=False,
            integrations=[LoggingIntegration(level=None, event_level=logging.ERROR)],
            before_send=lambda event, hint: cleaned(event, hint, redaction),  # type: ignore[arg-type,return-value]
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            server_name="restyle",
            https_proxy=settings.https_proxy or None,
        )
    except BadDsn:
        raise SettingsError("SENTRY_DSN: must be the DSN of a Sentry project") from None


def cleaned(event: dict[str, Any], hint: dict[str, Any], redaction: Redaction) -> dict[str, Any]:
    """Return an event as it may leave this machine: secrets, links and ids of people removed."""
    record = hint.get("log_record")
    if isinstance(record, logging.LogRecord):
        add_ids(record)
        found = {name: getattr(record, name) for name in _TAGS}
        event["tags"] = {name: value for name, value in found.items() if value is not None}
    for name in ("user", "request", "extra", "modules", "breadcrumbs"):
        event.pop(name, None)
    if isinstance(event.get("logentry"), dict):
        event["logentry"].pop("params", None)
    whole: dict[str, Any] = _walked(event, redaction)
    return whole


def _walked(value: Any, redaction: Redaction) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, str):
        return _PEOPLE.sub(r"\1 […]", redact(redaction.of(value), limit=_LONGEST))
    if isinstance(value, dict):
        return {key: _walked(inner, redaction) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_walked(inner, redaction) for inner in value]
    return value
