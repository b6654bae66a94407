"""Looks at the provider, free of charge: key, models, money, and what jobs would cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.cometapi.client import CometClient
from bot.cometapi.console import Console
from bot.cometapi.models import model_rules
from bot.domain.money import MICROS_PER_DOLLAR, dollars
from bot.prices import prices_with

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import aiohttp

    from bot.checkup.finding import CheckSection, Diagnosis
    from bot.settings import Settings


class Provider:
    """The account of ``COMETAPI_KEY``."""

    def __init__(self, settings: Settings, http: aiohttp.ClientSession) -> None:
        self._settings = settings
        comet = CometClient(
            http,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            version=settings.runway_version,
            proxy=settings.proxy,
        )
        self._console = Console(
            comet,
            base_url=settings.cometapi_base_url,
            api_key=settings.cometapi_key,
            access_token=settings.cometapi_access_token,
        )

    async def account(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Ask whether the key is good, and how much is left."""
        match await self._console.is_key_good():
            case True:
                yield section.ok("the provider accepts COMETAPI_KEY")
            case False:
                yield section.broken(
                    "the provider refuses COMETAPI_KEY",
                    "Create a new key in its console and set it.",
                )
            case _:
                yield section.unknown(
                    f"{self._settings.cometapi_base_url} does not say whether the key is valid",
                    "Check COMETAPI_BASE_URL and this machine's network.",
                )
        left = await self._console.micros_left()
        warn = round(self._settings.balance_warn_dollars * MICROS_PER_DOLLAR)
        if left is None:
            yield section.unknown("the provider does not say how much money is left")
        elif left <= 0:
            yield section.broken("no money is left at the provider", "Top the account up.")
        elif left < warn:
            yield section.warning(
                f"{dollars(left)} is left at the provider, less than BALANCE_WARN_DOLLARS",
                "Top the account up.",
            )
        else:
            yield section.ok(f"{dollars(left)} is left at the provider")
        if self._settings.cometapi_access_token.get_secret_value() and not self._console.can_list:
            yield section.warning(
                "COMETAPI_ACCESS_TOKEN is not used with Runway's own API", "Remove it."
            )

    async def models(self, section: CheckSection) -> AsyncIterator[Diagnosis]:
        """Ask whether the models are offered, and look for their prices."""
        prices = prices_with(self._settings.prices)
        for name in self._settings.models:
            match await self._console.offers(name):
                case True:
                    yield section.ok(f"{name} is offered")
                case False:
                    yield section.broken(
                        f"{name} is no longer offered", "Name another one in RUNWAY_MODEL."
                    )
                case _:
                    yield section.unknown(f"the provider does not say whether {name} is offered")
            if not model_rules(name).is_known:
                yield section.warning(
                    f"Restyle does not know {name}: no reference images, no ratio",
                    "Use a model that the README names, if you can.",
                )
            if name in prices:
                second = prices[name].per_second
                yield section.ok(f"{name} is counted at {dollars(second)} a second")
            elif self._settings.bot_dollars_per_month is not None:
                yield section.broken(
                    f"{name} has no price, so nothing starts with it under a budget",
                    "Set its price in PRICES.",
                )
        for warning in self._settings.warnings:
            yield section.warning(warning, "Correct PRICES if that is a mistake.")
