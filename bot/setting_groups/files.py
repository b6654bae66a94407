"""Settings of the data folder, the database and what is done to clips."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationInfo, field_validator

from bot.domain.units import MEBIBYTE
from bot.setting_checks import complete_database_url
from bot.setting_groups.group import SettingsGroup


class FileSettings(SettingsGroup):
    """Where the bot keeps things, and how large they may be."""

    data_dir: Path = Path("data")
    """Folder for the database, temporary files and status; created if missing."""
    database_url: str = Field("", validate_default=True, repr=False)  # it may hold a password
    """`sqlite:///…` or `postgresql://user:password@host/name`; empty means `restyle.db` in the data
    folder."""
    max_video_mb: float = Field(100, gt=0, le=500)
    """Largest clip that people can attach; a server can only be stricter."""
    max_video_seconds: float = Field(30, gt=0, le=600)
    """Longest part of a clip that can be restyled; a server can only be stricter."""
    max_output_mb: float = Field(200, gt=0, le=2000)
    """Largest result that is downloaded; a larger one is posted as a link."""
    media_processes: int = Field(2, ge=1, le=64)
    """How many clips are prepared at the same time, each in its own process; at most one per
    core."""
    media_memory_mb: int = Field(768, ge=512, le=65536)
    """The most memory for each of these processes; a clip that needs more is refused."""
    scratch_mb: float = Field(4096, gt=0)
    """Room for temporary files in the data folder; while it is full, nothing new starts."""
    low_threshold_allowed: bool = True
    """Whether servers can choose `low`, Runway's less strict check for public figures."""

    @field_validator("database_url")
    @classmethod
    def _complete_database_url(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return f"sqlite+aiosqlite:///{info.data.get('data_dir', Path()) / 'restyle.db'}"
        return complete_database_url(value)

    @property
    def max_video_bytes(self) -> int:
        """The largest source clip, in bytes."""
        return int(self.max_video_mb * MEBIBYTE)

    @property
    def max_output_bytes(self) -> int:
        """The largest output that is downloaded, in bytes."""
        return int(self.max_output_mb * MEBIBYTE)

    @property
    def media_memory_bytes(self) -> int:
        """The most memory of a process that reads a clip, in bytes."""
        return self.media_memory_mb * MEBIBYTE

    @property
    def scratch_bytes(self) -> int:
        """The room for temporary files, in bytes."""
        return int(self.scratch_mb * MEBIBYTE)
