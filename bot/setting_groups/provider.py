"""Settings of the provider: its address, keys, models and prices."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from bot.prices import check_prices
from bot.setting_checks import ACCOUNT_PAGES, check_base_url, check_priced_models
from bot.setting_groups.group import Secret, SettingsGroup


class ProviderSettings(SettingsGroup):
    """With whose keys the bot works, and which models it asks for at which price."""

    discord_token: Secret
    """The bot's token (Discord's developer portal, your application, Bot)."""
    cometapi_key: Secret
    """The API key of CometAPI (its console, API keys), or of Runway."""
    cometapi_base_url: Annotated[str, AfterValidator(check_base_url)] = (
        "https://api.cometapi.com/runwayml/v1"
    )
    """Where the Runway-format API is; Runway's own is `https://api.dev.runwayml.com/v1`; http
    only on this machine."""
    runway_version: str = Field("2024-11-06", pattern=r"^\d{4}-\d{2}-\d{2}$")
    """The API version's date, sent as `X-Runway-Version`."""
    cometapi_access_token: SecretStr = SecretStr("")
    """An access token from CometAPI's console (not the API key): with it, the bot reads the
    list of your own tasks and settles uncertain clips by itself; empty means none."""
    balance_warn_dollars: float = Field(5, ge=0, le=1_000_000)
    """The bot's owner is told when less than this, or less than a usual day's spending, is left
    at the provider."""
    runway_model: str = Field(
        "gen4_aleph", pattern=r"^ *[A-Za-z0-9_.\-]{1,64} *(, *[A-Za-z0-9_.\-]{1,64} *)*$"
    )
    """The model for new jobs: `gen4_aleph` or `aleph2`. Several with commas: if one is not
    offered, the next takes over for an hour."""
    prices: Annotated[str, AfterValidator(check_prices)] = ""
    """What a job costs, by model, in dollars, as JSON: `{"gen4_aleph": {"per_second": 0.15,
    "per_job": 0, "minimum": 0}}`; what you leave out is 0. Quotas use it until the provider
    reports the real cost; empty means Runway's own."""

    @field_validator("prices")
    @classmethod
    def _check_priced_models(cls, value: str, info: ValidationInfo) -> str:
        models = info.data.get("runway_model", "").replace(" ", "").split(",")
        check_priced_models(value, models)
        return value

    @property
    def provider_page(self) -> str | None:
        """Where the key and the money are seen to; ``None`` for a provider that is not known."""
        return ACCOUNT_PAGES.get(self.cometapi_base_url)

    @property
    def models(self) -> tuple[str, ...]:
        """The models for new jobs, the preferred first."""
        return tuple(dict.fromkeys(name.strip() for name in self.runway_model.split(",")))
