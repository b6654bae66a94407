"""What every group of settings is made from."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr

from bot.setting_checks import check_filled, read_unlimited

Secret = Annotated[SecretStr, AfterValidator(check_filled)]
"""A secret that has to be there."""
UNLIMITED: Final[Any] = BeforeValidator(read_unlimited)
"""Lets a limit be the word ``unlimited``: then it is ``None``."""


class SettingsGroup(BaseModel):
    """Fields of ``Settings`` about one subject; the docstring of each describes it to operators."""

    model_config = ConfigDict(use_attribute_docstrings=True)
