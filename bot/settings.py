"""What the operator decides, from the environment and ``.env``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from sqlalchemy.engine import make_url

from bot.archive.address import (
    BucketAddress,
    check_archive_url,
    check_public_url,
    read_archive_url,
)
from bot.domain.money import MICROS_PER_DOLLAR
from bot.domain.units import MEBIBYTE
from bot.errors import SettingsError
from bot.prices import check_prices
from bot.setting_checks import (
    check_base_url,
    check_filled,
    check_priced_models,
    check_retention,
    check_servers,
    check_shards,
    check_user_ids,
    complete_database_url,
    read_retention,
    read_unlimited,
    suspicious_prices,
)
from bot.setting_sources import ENV_FILE, misspelt, sources_of

_Secret = Annotated[SecretStr, AfterValidator(check_filled)]
_Unlimited = BeforeValidator(read_unlimited)
"""Lets a limit be the word ``unlimited``: then it is ``None``."""


class Settings(BaseSettings):
    """The process's settings. Sizes are in MiB, times as their names say.

    The order and the docstrings of the fields are the README's table and ``.env.example``
    (``make settings``). What an empty default means stands at the end, after "; empty means".
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )

    discord_token: _Secret
    """The bot's token (Discord's developer portal, your application, Bot)."""
    cometapi_key: _Secret
    """The API key of CometAPI (its console, API keys), or of Runway."""
    cometapi_base_url: Annotated[str, AfterValidator(check_base_url)] = (
        "https://api.cometapi.com/runwayml/v1"
    )
    """Where the Runway-format API lives; Runway's own is `https://api.dev.runwayml.com/v1`; http on
    this machine only."""
    runway_version: str = Field("2024-11-06", pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The date of the API's version, sent as `X-Runway-Version`."""
    cometapi_access_token: SecretStr = SecretStr("")
    """An access token of CometAPI's console (not the API key): with it the list of your own tasks
    settles clips of which nobody knows whether they were paid for; empty means none."""
    balance_warn_dollars: float = Field(5, ge=0, le=1_000_000)
    """The bot's owner is told when less than this is left at the provider, or less than a usual
    day's spending."""
    runway_model: str = Field(
        "gen4_aleph", pattern=r"^ *[A-Za-z0-9_.\-]{1,64} *(, *[A-Za-z0-9_.\-]{1,64} *)*$"
    )
    """The model for new jobs: `gen4_aleph` or `aleph2`; several with commas: where one is refused
    as not offered, the next takes over for an hour."""
    prices: Annotated[str, AfterValidator(check_prices)] = ""
    """What a job costs, by model, in dollars, as JSON:
    `{"gen4_aleph": {"per_second": 0.15, "per_job": 0, "minimum": 0}}`; a part left out is 0; quotas
    count with it until the provider reports the real cost; empty means Runway's own."""
    data_dir: Path = Path("data")
    """Folder for the database, temporary files and status; created when missing."""
    database_url: str = Field("", validate_default=True, repr=False)  # it may hold a password
    """`sqlite:///…` or `postgresql://user:password@host/name`; empty means `restyle.db` in the data
    folder."""
    max_video_mb: float = Field(100, gt=0, le=500)
    """Largest clip that people may attach; a server can only be stricter."""
    max_video_seconds: float = Field(30, gt=0, le=600)
    """Longest part of a clip that is restyled; a server can only be stricter."""
    max_output_mb: float = Field(200, gt=0, le=2000)
    """Largest output that is downloaded; a larger one is given as a link."""
    media_processes: int = Field(2, ge=1, le=64)
    """How many clips are prepared at once, each by a process of its own; at most one per core."""
    scratch_mb: float = Field(4096, gt=0)
    """Room for temporary files in the data folder; while it is full, nothing new is begun."""
    low_threshold_allowed: bool = True
    """Whether servers may choose `low`, the provider's less strict check for public figures."""
    server_jobs_per_day: Annotated[int | None, _Unlimited] = Field(None, ge=0, le=1_000_000)
    """The most jobs of each server in a day (UTC); 0 is none at all; empty means `unlimited`."""
    server_dollars_per_month: Annotated[float | None, _Unlimited] = Field(None, ge=0, le=1_000_000)
    """The most that each server may spend in a month (UTC); empty means `unlimited`."""
    member_jobs_per_day: Annotated[int | None, _Unlimited] = Field(None, ge=0, le=1_000_000)
    """How far a server may raise what each member gets in a day, which is 5 jobs where it says
    nothing; empty means `unlimited`."""
    bot_jobs_per_day: Annotated[int | None, _Unlimited] = Field(None, ge=0, le=10_000_000)
    """The most jobs of all servers together in a day; empty means `unlimited`."""
    bot_dollars_per_month: Annotated[float | None, _Unlimited] = Field(20, ge=0, le=1_000_000)
    """The most that the whole bot may spend in a month (UTC); whoever wants no such limit writes
    `unlimited`."""
    bot_running: Annotated[int | None, _Unlimited] = Field(None, ge=0, le=100_000)
    """The most tasks at the provider at once; more requests wait for their turn; empty means
    `unlimited`."""
    direct_messages: bool = False
    """Whether people may start jobs in direct messages with the bot, where no moderator looks:
    `on` or `off`."""
    dm_jobs_per_day: Annotated[int | None, _Unlimited] = Field(5, ge=0, le=1_000_000)
    """The most jobs of each person in direct messages in a day, or `unlimited`; never more than
    `MEMBER_JOBS_PER_DAY`."""
    dm_dollars_per_month: Annotated[float | None, _Unlimited] = Field(5, ge=0, le=1_000_000)
    """The most that all direct messages together may spend in a month, or `unlimited`."""
    servers: Annotated[str, AfterValidator(check_servers)] = "any"
    """On which servers jobs may be started: their ids, with commas, or `any`; elsewhere the bot
    says that it is not for that server."""
    leave_others: bool = False
    """Whether the bot leaves servers that are not in `SERVERS`, after a message where it may post:
    `on` or `off`."""
    owner_ids: Annotated[str, AfterValidator(check_user_ids)] = ""
    """Who may use the owner's commands: Discord ids, with commas; empty means the application's
    owner."""
    alert_channel_id: str = Field("", pattern=r"^(\d{15,20})?$")
    """The id of the channel where alerts are posted; empty means direct messages to the owner."""
    poll_min_seconds: float = Field(5, ge=0.05, le=60)
    """The shortest gap between two polls of one task; Runway asks for at least 5."""
    poll_max_seconds: float = Field(15, ge=0.05, le=600)
    """The longest gap between two polls of a task that may be over."""
    job_deadline_minutes: float = Field(60, gt=0, le=7 * 24 * 60)
    """When waiting for the provider is given up."""
    shards: str = ""
    """Which Discord shards this process has, as `0,1/4`; several processes need PostgreSQL; empty
    means all of them."""
    lease_seconds: float = Field(30, ge=2, le=600)
    """After such a silence other processes take a process's jobs over."""
    stale_minutes: float = Field(15, ge=1, le=7 * 24 * 60)
    """After such a silence of all processes, as after a restore, jobs that wait are not paid for
    until the bot's owner releases them."""
    discord_calls_per_second: float = Field(40, ge=1, le=5000)
    """What all processes together ask of Discord, which allows 50, and more to large bots that ask
    for it."""
    archive_url: Annotated[str, AfterValidator(check_archive_url)] = Field("", repr=False)
    """Folder or bucket from which links to results last, `/srv/restyle` or
    `s3://bucket/prefix?endpoint=https://…`: see `docs/archive.md`; empty means none."""
    archive_public_url: Annotated[str, AfterValidator(check_public_url)] = Field(
        "", validate_default=True
    )
    """The https address under which people find what lies there, required with `ARCHIVE_URL`; empty
    means none."""
    archive_days: float = Field(0, ge=0, le=36500)
    """After so many days a file is removed from the archive; 0 keeps everything."""
    retention_days: Annotated[str, AfterValidator(check_retention)] = (
        "words=90,questions=90,strikes=365,changes=365"
    )
    """After so many days each kind of data is deleted; 0 keeps it: see `docs/privacy.md`."""
    guild_gone_days: float = Field(30, ge=0, le=36500)
    """So many days after the bot left a server its data there is deleted; 0 keeps it."""
    aws_access_key_id: SecretStr = SecretStr("")
    """The id of the key with which the bot writes to the archive's bucket; empty means none."""
    aws_secret_access_key: SecretStr = Field(SecretStr(""), validate_default=True)
    """The secret of `AWS_ACCESS_KEY_ID`; empty means none."""
    aws_session_token: SecretStr = SecretStr("")
    """Goes with temporary credentials only; empty means none."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """`DEBUG`, `INFO`, `WARNING` or `ERROR`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the caller gives first, then every place of ``bot.setting_sources``."""
        others = sources_of(settings_cls, env_settings, dotenv_settings)
        return (init_settings, *others.values())

    @field_validator("prices")
    @classmethod
    def _check_priced_models(cls, value: str, info: ValidationInfo) -> str:
        models = info.data.get("runway_model", "").replace(" ", "").split(",")
        check_priced_models(value, models)
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:  # noqa: ANN401 - pydantic hands over what it was given
        return value.upper() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _complete_database_url(cls, value: str, info: ValidationInfo) -> str:
        if not value:
            return f"sqlite+aiosqlite:///{info.data.get('data_dir', Path()) / 'restyle.db'}"
        return complete_database_url(value)

    @field_validator("shards")
    @classmethod
    def _check_shards(cls, value: str, info: ValidationInfo) -> str:
        return check_shards(value, is_sqlite=info.data.get("database_url", "").startswith("sqlite"))

    @field_validator("poll_max_seconds")
    @classmethod
    def _check_poll_range(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("poll_min_seconds", 0):
            raise ValueError("must not be below POLL_MIN_SECONDS")
        return value

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
    def secrets(self) -> list[str]:
        """What must never be logged: the token, the keys, the database's password."""
        hidden = (
            *(self.discord_token, self.cometapi_key, self.cometapi_access_token),
            *(self.aws_secret_access_key, self.aws_session_token),
        )
        password = make_url(self.database_url).password
        return [
            *filter(None, (one.get_secret_value() for one in hidden)),
            *filter(None, [password]),
        ]

    @property
    def warnings(self) -> list[str]:
        """What is allowed and still looks like a slip: a sentence each, for the operator."""
        return suspicious_prices(self.prices)

    @property
    def models(self) -> tuple[str, ...]:
        """The models for new jobs, the preferred first."""
        return tuple(dict.fromkeys(name.strip() for name in self.runway_model.split(",")))

    @property
    def shard_ids(self) -> list[int] | None:
        """The Discord shards of this process; ``None`` means all of them."""
        ids = self.shards.partition("/")[0]
        return sorted({int(shard) for shard in ids.split(",")}) if ids else None

    @property
    def shard_count(self) -> int | None:
        """How many shards all processes have together; ``None`` lets Discord recommend."""
        count = self.shards.partition("/")[2]
        return int(count) if count else None

    @property
    def max_video_bytes(self) -> int:
        """The largest source clip, in bytes."""
        return int(self.max_video_mb * MEBIBYTE)

    @property
    def scratch_bytes(self) -> int:
        """The room for temporary files, in bytes."""
        return int(self.scratch_mb * MEBIBYTE)

    @property
    def server_micros_per_month(self) -> int | None:
        """The most that each server may spend a month, in micro-dollars; ``None`` is any."""
        return _micros(self.server_dollars_per_month)

    @property
    def bot_micros_per_month(self) -> int | None:
        """The most that the whole bot may spend a month, in micro-dollars; ``None`` is any."""
        return _micros(self.bot_dollars_per_month)

    @property
    def dm_micros_per_month(self) -> int | None:
        """The most that direct messages may spend a month, in micro-dollars; ``None`` is any."""
        return _micros(self.dm_dollars_per_month)

    @property
    def retention(self) -> dict[str, float]:
        """After how many days each kind of data is deleted; 0 is never."""
        return read_retention(self.retention_days)

    @property
    def served_guild_ids(self) -> frozenset[int] | None:
        """The servers on which jobs may be started; ``None`` means any."""
        if self.servers == "any":
            return None
        return frozenset(int(one) for one in self.servers.split(","))

    def serves(self, guild_id: int) -> bool:
        """Tell whether jobs may be started on a server at all, or in direct messages (0)."""
        if not guild_id:
            return self.direct_messages
        served = self.served_guild_ids
        return served is None or guild_id in served

    @property
    def owners(self) -> frozenset[int]:
        """The bot's owners by their Discord ids; empty: whoever owns the application."""
        return frozenset(int(one) for one in self.owner_ids.split(",") if one)

    @property
    def max_output_bytes(self) -> int:
        """The largest output that is downloaded, in bytes."""
        return int(self.max_output_mb * MEBIBYTE)


def _micros(dollars: float | None) -> int | None:
    return None if dollars is None else round(dollars * MICROS_PER_DOLLAR)


def load_settings(**overrides: Any) -> Settings:  # noqa: ANN401 - as pydantic takes them
    """Read the settings.

    Raises:
        SettingsError: One or more variables are missing or wrong; the text names all of them
            and shows no value, because a value may be a secret in the wrong place.
    """
    lines: list[str] = []
    settings = None
    try:
        lines += [f"  {line}" for line in misspelt(Settings.model_fields)]
        settings = Settings(**overrides)
    except ValidationError as exc:
        lines += [
            f"  {'.'.join(str(part) for part in error['loc']).upper() or 'SETTINGS'}: "
            + (
                "is missing"
                if error["type"] == "missing"
                else error["msg"].removeprefix("Value error, ")
            )
            for error in exc.errors(include_url=False, include_context=False, include_input=False)
        ]
    except UnicodeDecodeError:
        raise SettingsError("The file .env is not text in UTF-8: save it as that.") from None
    if settings is None or lines:
        raise SettingsError(
            "These settings are missing or wrong (environment or .env, see .env.example):\n"
            + "\n".join(lines)
        )
    return settings


def forget_secrets() -> None:
    """Remove the secrets from the environment, once they are read: nobody else is to have them.

    What was there at the process's start, ``/proc`` goes on showing to whoever may read it
    (see ``forbid_inspection``).
    """
    secrets = {
        name
        for name, field in Settings.model_fields.items()
        if field.annotation is SecretStr or not field.repr
    }
    for name in [name for name in os.environ if name.lower() in secrets]:
        del os.environ[name]
