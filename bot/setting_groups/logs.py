"""Settings of what the bot tells of itself: log and metrics."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, SecretStr, field_validator

from bot.setting_checks import check_address, check_update_url
from bot.setting_groups.group import SettingsGroup


class LogSettings(SettingsGroup):
    """What operators and their programs are told, and in which form."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    log_format: Literal["text", "json"] = "text"
    """Each event is one line: `text` for people, `json` for programs that collect logs."""
    metrics_address: Annotated[str, AfterValidator(check_address)] = ""
    """Where metrics for Prometheus, `/livez` and `/readyz` are served, as `127.0.0.1:9464`;
    there is no password, so keep it private; empty means nowhere."""
    update_url: Annotated[str, AfterValidator(check_update_url)] = ""
    """An https address that names the newest version, as text or as a JSON list of releases;
    the bot checks it once a day and tells its owner of a newer one; empty means never."""
    sentry_dsn: SecretStr = SecretStr("")
    """The DSN of a Sentry project that gets redacted error reports; needs the libraries in
    `requirements/sentry.txt`; empty means none."""

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic hands over what it was given
        return value.upper() if isinstance(value, str) else value

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:  # noqa: ANN401 - as above
        return value.lower() if isinstance(value, str) else value

    @property
    def metrics_place(self) -> tuple[str, int]:
        """Host and port of ``METRICS_ADDRESS``, which must be set."""
        host, _, port = self.metrics_address.rpartition(":")
        return host.strip("[]"), int(port)
