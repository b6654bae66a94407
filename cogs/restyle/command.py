"""``/restyle`` as Discord gets it: what the operator's models honour is offered, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from discord import app_commands

from bot.cometapi.models import ReferenceKey, model_rules
from bot.texts import message as message_texts
from cogs.restyle.forms import shape_name

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.cometapi.models import VideoModel

_CHOICES: Final = 25
"""Of an option. Source: https://docs.discord.com/developers/interactions/application-commands"""


class RestyleCommand(app_commands.Command[Any, ..., Any]):
    """The command, whose options follow the settings whenever it is registered.

    It understands all of them at any time: a client shows what it learned before the last change.
    """

    def to_dict(self, tree: app_commands.CommandTree[Any]) -> dict[str, Any]:
        """Return the command for Discord, without the options that no model honours."""
        names = tree.client.settings.models
        models = [model_rules(name) for name in names]
        offered = offered_options(models)
        payload = super().to_dict(tree)
        payload["options"] = [
            option | _looks(option["name"], names, models)
            for option in payload["options"]
            if option["name"] in offered
        ]
        return payload


def offered_options(models: Collection[VideoModel]) -> frozenset[str]:
    """Return the options that make a difference for at least one of the models."""
    depends = {
        "reference": any(model.takes_reference for model in models),
        "ratio": any(model.offered_ratios for model in models),
        "seed": any(model.takes_seed for model in models),
        "model": len(models) > 1,
    }
    always = {"video", "prompt", "look", "start", "length"}
    return frozenset(always | {name for name, is_offered in depends.items() if is_offered})


def _looks(name: str, names: Sequence[str], models: Sequence[VideoModel]) -> dict[str, Any]:
    """Return what an option says and offers because of the models."""
    if name == "ratio":
        ratios = dict.fromkeys(ratio for model in models for ratio in model.offered_ratios)
        return {"choices": [{"name": shape_name(one), "value": one} for one in ratios][:_CHOICES]}
    if name == "model":
        return {"choices": [{"name": one, "value": one} for one in names][:_CHOICES]}
    kinds = {model.reference_key for model in models if model.takes_reference}
    if name == "reference" and kinds == {ReferenceKey.KEYFRAMES}:
        return {"description": message_texts.FRAME_OPTION}
    return {}
