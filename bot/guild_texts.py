"""What moderators read about their server's settings: functions from facts to text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.guilds import BadNumber, Fault, GuildSettings, SettingChange, value_of
from bot.moderation import Decider
from bot.quoting import cut, harmless
from bot.texts import MEBIBYTE, duration, relative, size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from bot.validation import Limit

COMMAND: Final = "/restyle-settings"
SHOWN_CHANGES: Final = 5
_SHOWN_CHANNELS_IN_LOG: Final = 3

_NAMES: Final = {
    "public_figure_threshold": "Public figures",
    "default_ratio": "Shape",
    "max_video_bytes": "Clip size",
    "max_video_seconds": "Clip length",
    "allowed_channel_ids": "Channels",
}

_OF_SERVER: Final = "set by this server"
_OF_BOT: Final = "the bot's default"

THRESHOLD_LABELS: Final = {"auto": "auto: the usual strictness", "low": "low: less strict"}
THRESHOLD_DESCRIPTIONS: Final = {
    "auto": "The provider's own default",
    "low": "About recognisable public figures only",
}

PROVIDER_RATIO: Final = "The provider's default"


def title(guild_name: str) -> str:
    """Return the panel's first lines."""
    name = harmless(cut(guild_name, 100))
    return f"## Restyle on {name}\nEvery change is saved and holds at once, for new requests."


def public_figures(settings: GuildSettings) -> str:
    """Return the section on the provider's check for public figures."""
    is_default = settings.public_figure_threshold == "auto"
    return (
        f"### Public figures\n"
        f"Now: **{settings.public_figure_threshold}** · {_OF_BOT if is_default else _OF_SERVER}\n"
        "With **low** the provider is less strict about clips that show recognisable public "
        "figures. It loosens nothing else, and it is not their consent."
    )


def shape(settings: GuildSettings, *, labels: Mapping[str, str]) -> str:
    """Return the section on the default ratio.

    Args:
        settings: The server's settings.
        labels: What the bot's model offers, each with its name; empty if it has no choice.
    """
    lines = ["### Shape"]
    if not labels:
        lines.append("The bot's model keeps the shape of each clip. There is nothing to choose.")
    elif settings.default_ratio is not None and settings.default_ratio in labels:
        lines.append(f"Now: **{labels[settings.default_ratio]}** · {_OF_SERVER}")
    else:
        lines.append(f"Now: **{PROVIDER_RATIO.lower()}** · {_OF_BOT}")
        if settings.default_ratio is not None:
            lines.append(
                f"This server chose {settings.default_ratio}; the bot's model does not offer it."
            )
    if labels:
        lines.append("For requests that name none. The provider may keep the clip's own shape.")
    return "\n".join(lines)


def _source(limit: Limit) -> str:
    match limit.decided_by:
        case Decider.MODERATORS:
            return _OF_SERVER
        case Decider.OPERATOR:
            return _OF_BOT
        case Decider.PROVIDER:
            return "the video provider takes no more"


def clip_limits(settings: GuildSettings, *, size_limit: Limit, length_limit: Limit) -> str:
    """Return the section on size and length.

    Args:
        settings: The server's settings.
        size_limit: The limit in effect, in bytes.
        length_limit: The limit in effect, in seconds.
    """
    lines = ["### Clips", f"Size: up to **{size(size_limit.value)}** · {_source(size_limit)}"]
    own = settings.max_video_bytes
    if own is not None and own > size_limit.value:
        lines.append(f"This server's {size(own)} is above that.")
    seconds = duration(length_limit.value)
    lines.append(f"Length: up to **{seconds}** · {_source(length_limit)}")
    own_seconds = settings.max_video_seconds
    if own_seconds is not None and own_seconds > length_limit.value:
        lines.append(f"This server's {duration(own_seconds)} is above that.")
    return "\n".join(lines)


def channels(settings: GuildSettings, *, missing: Collection[int] = ()) -> str:
    """Return the section on where the command works; ``missing`` channels were deleted."""
    lines = ["### Channels"]
    if not settings.allowed_channel_ids:
        lines.append(f"Now: **everywhere** · {_OF_BOT}")
    else:
        present = settings.allowed_channel_ids - set(missing)
        words = [f"<#{channel_id}>" for channel_id in sorted(present)]
        gone = len(settings.allowed_channel_ids) - len(present)
        if gone:
            words.append("1 deleted channel" if gone == 1 else f"{gone} deleted channels")
        lines.append(f"Now: {', '.join(words)} · {_OF_SERVER}")
        if not present:
            lines.append("So nobody can use the command on this server.")
    lines.append("Threads count as their channel. Choose none to allow it everywhere.")
    return "\n".join(lines)


def _value(change: SettingChange, text: str) -> str:
    value = value_of(change.name, text)
    match change.name:
        case "max_video_bytes":
            return _OF_BOT if value is None else size(value)
        case "max_video_seconds":
            return _OF_BOT if value is None else duration(value)
        case "default_ratio":
            return PROVIDER_RATIO.lower() if value is None else str(value)
        case "allowed_channel_ids":
            return _few_channels(sorted(value))
        case _:
            return str(value)


def _few_channels(channel_ids: list[int]) -> str:
    if not channel_ids:
        return "everywhere"
    words = [f"<#{channel_id}>" for channel_id in channel_ids[:_SHOWN_CHANNELS_IN_LOG]]
    more = len(channel_ids) - len(words)
    return ", ".join(words) + (f" and {more} more" if more else "")


def change(found: SettingChange) -> str:
    """Return one line of the record of changes."""
    before, after = _value(found, found.before), _value(found, found.after)
    name = _NAMES.get(found.name, found.name)
    return f"{relative(found.changed_at)} <@{found.user_id}> · {name}: {before} → {after}"


def latest_changes(found: Iterable[SettingChange]) -> str:
    """Return the section on what was changed lately."""
    lines = [change(one) for one in found][:SHOWN_CHANGES]
    return "\n".join(["### Last changes", *(lines or ["Nothing has been changed yet."])])


# Typing limits


def size_hint(ceiling: Limit) -> str:
    """Return the hint under the field for the size, at most 100 characters."""
    return f"Up to {size(ceiling.value)}. Leave it empty for the bot's default."


def length_hint(ceiling: Limit) -> str:
    """Return the hint under the field for the length, at most 100 characters."""
    return f"Up to {duration(ceiling.value)}. Leave it empty for the bot's default."


def _ceiling(decider: Decider, limit: str) -> str:
    if decider is Decider.PROVIDER:
        return f"The video provider takes no more than {limit}."
    return f"The bot's operator allows up to {limit}."


def bad_size(bad: BadNumber, decider: Decider) -> str:
    """Return why a size in MB was not saved; ``decider`` set the ceiling."""
    if bad.fault is Fault.TOO_HIGH:
        return f"Size: {bad.typed} MB is too much. " + _ceiling(
            decider, size(bad.highest * MEBIBYTE)
        )
    return _bad("Size", bad, "MB", lowest=size(bad.lowest * MEBIBYTE), example="25")


def bad_length(bad: BadNumber, decider: Decider) -> str:
    """Return why a length in seconds was not saved; ``decider`` set the ceiling."""
    if bad.fault is Fault.TOO_HIGH:
        return f"Length: {bad.typed} s is too much. " + _ceiling(decider, duration(bad.highest))
    return _bad("Length", bad, "s", lowest=duration(bad.lowest), example="10")


def _bad(name: str, bad: BadNumber, unit: str, *, lowest: str, example: str) -> str:
    if bad.fault is Fault.TOO_LOW:
        return f"{name}: {bad.typed} {unit} is too little. It starts at {lowest}."
    return (
        f"{name}: “{harmless(cut(bad.typed, 20))}” is not a number. "
        f"Type one such as {example}, or nothing for the bot's default."
    )


def not_saved(reasons: Iterable[str]) -> str:
    """Return why what was typed was not saved."""
    return "\n".join([*reasons, "Nothing was changed."])


# Answers about the panel itself


def panel_closed() -> str:
    """Return what stands where a panel was that has been left alone."""
    return f"These settings are closed. Run {COMMAND} again to change more."


def panel_stale() -> str:
    """Return the answer to a press on a panel from before a restart."""
    return f"This panel does not work any more. Run {COMMAND} again."


def panel_not_yours() -> str:
    """Return the answer to somebody who did not open the panel."""
    return f"Whoever opened this panel can use it. Run {COMMAND} to open your own."


def permission_gone() -> str:
    """Return the answer to somebody who lost the permission meanwhile."""
    return "You no longer have Manage Server here, so nothing was changed."


def undo_overtaken() -> str:
    """Return the answer to an undo when another change came in between."""
    return (
        "Somebody changed a setting meanwhile, so nothing was undone. The panel is up to date now."
    )


def unavailable() -> str:
    """Return the answer when the settings cannot be read."""
    return f"The bot cannot reach its database right now. Run {COMMAND} again in a minute."


def perhaps_not_saved() -> str:
    """Return the answer when the database failed while a change was saved."""
    return (
        "The bot cannot reach its database, so this change may not be saved.\n"
        f"Run {COMMAND} again in a minute to see."
    )
