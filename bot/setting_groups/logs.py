"""Settings of the log."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import field_validator

from bot.setting_groups.group import SettingsGroup


class LogSettings(SettingsGroup):
    """Which events reach the operator, and in which form."""

    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""
    log_format: Literal["text", "json"] = "text"
    """One event is one line: `text` for people, `json` for programs that collect logs."""

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic hands over what it was given
        return value.upper() if isinstance(value, str) else value

    @field_validator("log_format", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:  # noqa: ANN401 - as above
        return value.lower() if isinstance(value, str) else value
