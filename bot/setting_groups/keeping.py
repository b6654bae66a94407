"""Settings of what is kept: the archive and how long data stays."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from bot.archive.address import (
    BucketAddress,
    check_archive_url,
    check_public_url,
    read_archive_url,
)
from bot.setting_checks import check_retention, read_retention
from bot.setting_groups.group import SettingsGroup


class KeepingSettings(SettingsGroup):
    """Where results are kept, and after how many days what is deleted."""

    archive_url: Annotated[str, AfterValidator(check_archive_url)] = Field("", repr=False)
    """A folder or bucket that keeps results so that their links last, `/srv/restyle` or
    `s3://bucket/prefix?endpoint=https://…`: see `docs/archive.md`; empty means none."""
    archive_public_url: Annotated[str, AfterValidator(check_public_url)] = Field(
        "", validate_default=True
    )
    """The https address where people find the archive's files, required with `ARCHIVE_URL`;
    empty means none."""
    archive_days: float = Field(0, ge=0, le=36500)
    """After this many days a file is removed from the archive; 0 keeps everything."""
    retention_days: Annotated[str, AfterValidator(check_retention)] = (
        "words=90,questions=90,strikes=365,changes=365"
    )
    """After this many days each kind of data is deleted; 0 keeps it: see `docs/privacy.md`."""
    guild_gone_days: float = Field(30, ge=0, le=36500)
    """This many days after the bot left a server, the server's data is deleted; 0 keeps it."""
    aws_access_key_id: SecretStr = SecretStr("")
    """The id of the key that the bot uses to write to the archive's bucket; empty means
    none."""
    aws_secret_access_key: SecretStr = Field(SecretStr(""), validate_default=True)
    """The secret of `AWS_ACCESS_KEY_ID`; empty means none."""
    aws_session_token: SecretStr = SecretStr("")
    """Only with temporary credentials; empty means none."""

    @field_validator("archive_public_url")
    @classmethod
    def _check_archive_is_public(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("archive_url") and not value:
            raise ValueError(
                "must be set when ARCHIVE_URL is: the address under which people find what lies "
                "there, such as https://videos.example.com"
            )
        return value

    @field_validator("aws_secret_access_key")
    @classmethod
    def _check_archive_keys(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        url = info.data.get("archive_url")
        address = read_archive_url(url) if url else None
        if not isinstance(address, BucketAddress):
            return value  # then they are there for other programs
        has_id = bool(info.data["aws_access_key_id"].get_secret_value())
        if has_id is not bool(value.get_secret_value()):
            raise ValueError("must be set together with AWS_ACCESS_KEY_ID, or neither of them")
        if address.endpoint and not has_id:
            raise ValueError(
                "must be set, and AWS_ACCESS_KEY_ID: the endpoint in ARCHIVE_URL asks for them"
            )
        return value

    @property
    def retention(self) -> dict[str, float]:
        """After how many days each kind of data is deleted; 0 is never."""
        return read_retention(self.retention_days)
