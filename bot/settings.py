"""What the operator decides, from the environment and ``.env``."""

from __future__ import annotations

import os
from typing import Any

from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from yarl import URL

from bot.errors import SettingsError
from bot.setting_checks import suspicious_prices
from bot.setting_groups.files import FileSettings
from bot.setting_groups.keeping import KeepingSettings
from bot.setting_groups.limits import LimitSettings
from bot.setting_groups.logs import LogSettings
from bot.setting_groups.provider import ProviderSettings
from bot.setting_groups.work import WorkSettings
from bot.setting_sources import ENV_FILE, misspelt, sources_of


class Settings(
    LogSettings,
    KeepingSettings,
    WorkSettings,
    LimitSettings,
    FileSettings,
    ProviderSettings,
    BaseSettings,
):
    """The process's settings. Sizes are in MiB, times as their names say.

    The fields and their docstrings are the README's table and ``.env.example`` (``make
    settings``). Python collects them from the last base to the first; a check may look at what
    stands above it there. What an empty default means stands at the end, after "; empty means".
    """

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
    )

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

    @property
    def secrets(self) -> list[str]:
        """What must never be logged: the token, the keys, the database's password."""
        hidden = (
            *(self.discord_token, self.cometapi_key, self.cometapi_access_token),
            *(self.aws_secret_access_key, self.aws_session_token, self.sentry_dsn),
        )
        passwords = [make_url(self.database_url).password, URL(self.https_proxy).password]
        return [
            *filter(None, (one.get_secret_value() for one in hidden)),
            *filter(None, passwords),
        ]

    @property
    def warnings(self) -> list[str]:
        """What is allowed and still looks like a slip: a sentence each, for the operator."""
        return suspicious_prices(self.prices)


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
        raise SettingsError("The file .env is not UTF-8 text. Save it as UTF-8.") from None
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
