"""What moderators read on the panel of ``/restyle-settings``: functions from facts to text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bot.domain.quotas import Scope
from bot.policy.catalogue import MEMBER_CAPS, SETTINGS, SHARED_CAPS
from bot.policy.levels import Level
from bot.policy.problems import UNSET, Target
from bot.policy.prompt_rules.rules import RuleAction, RuleKind
from bot.policy.topics import Topic
from bot.policy.values import Number
from bot.requests.text_safety import cut, harmless
from bot.texts.commands import clickable
from bot.texts.common import duration
from bot.texts.policy import change_line, place, source, title, value

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from bot.cometapi.models import VideoModel
    from bot.policy.changes import PolicyChange
    from bot.policy.levels import Effective, Policy
    from bot.policy.prompt_rules.rules import PromptRule
    from bot.texts.commands import CommandNaming

TOPICS: Final = {
    Topic.STRICTNESS: ("Strictness", "Public figures, age-restricted channels, spoilers"),
    Topic.WHERE: ("Where and who", "Channels and roles: allowed, refused or exempt"),
    Topic.CLIPS: ("Clips and looks", "Size, length, shape, house look, sound"),
    Topic.MEMBERS: ("Limits for each member", "Clips and money of each member"),
    Topic.ALL: ("Limits for everybody together", "Clips and money of the whole server"),
    Topic.REVIEW: ("Review", "Whether a moderator checks first, and who does"),
    Topic.RULES: ("Prompt rules", "Words and patterns that are refused or reviewed"),
    Topic.CONSENT: ("Consent", "Whose clips may be restyled"),
    Topic.MESSAGES: ("Messages", "Where results and changes are also posted"),
    Topic.STRIKES: ("Strikes", "What happens after repeated refusals by Runway"),
}
"""Each topic's title, and what is found in it."""

LEVEL_LABELS: Final = {
    Scope.SERVER: "Whole server",
    Scope.CHANNEL: "A channel…",
    Scope.ROLE: "A role…",
}
CHOOSE_LEVEL: Final = {Scope.CHANNEL: "Choose a channel", Scope.ROLE: "Choose a role"}
NONE_CHOSEN: Final = {
    "allowed_channel_ids": "Everywhere",
    "refused_channel_ids": "None refused",
    "allowed_role_ids": "Everybody",
    "exempt_role_ids": "Nobody is exempt",
    "reviewer_role_ids": "No further reviewers",
    "review_skip_role_ids": "Everybody is reviewed",
    "review_channel_id": "No channel",
    "announce_channel_id": "No announcements",
    "log_channel_id": "No change log",
}
"""What a menu of channels or roles shows while none is chosen."""

CHANGE_LABEL: Final = "Change…"
UNDO_LABEL: Final = "Undo the last change"
TEST_LABEL: Final = "Test…"
EXPORT_LABEL: Final = "Export"
IMPORT_LABEL: Final = "Import…"
SAVE_LABEL: Final = "Save"
CANCEL_LABEL: Final = "Cancel"
ADD_RULE_LABEL: Final = "Add a rule…"

SHOWN_CHANGES: Final = 5
_SHOWN_RULES: Final = 10
_SHOWN_PLACES: Final = 10


# The panel


def heading(guild_name: str, target: Target, others: Collection[Target]) -> str:
    """Return the panel's first lines.

    Args:
        guild_name: The server.
        target: What the settings that follow are set for; an id of 0 is none yet.
        others: The channels and roles that have settings of their own.
    """
    lines = [f"## Restyle on {harmless(cut(guild_name, 80))}"]
    match target:
        case Target(scope=Scope.SERVER):
            lines.append(
                "Changes apply to new requests. Before you save one, you see what it would have "
                "changed in the last 30 days."
            )
        case Target(scope=Scope.CHANNEL, scope_id=0):
            lines.append("Choose the channel that gets its own settings.")
        case Target(scope=Scope.ROLE, scope_id=0):
            lines.append("Choose the role that gets its own settings.")
        case Target(scope=Scope.CHANNEL):
            lines.append(
                f"For {place(target)} and its threads. What is set here comes before the server's "
                "settings."
            )
        case _:
            lines.append(
                f"For members with {place(target)}. What is set here comes before the channel's "
                "and the server's settings. With several roles, the most generous setting counts."
            )
    own = [place(one) for one in sorted(others) if one.scope_id]
    if own:
        more = f" and {len(own) - _SHOWN_PLACES} more" if len(own) > _SHOWN_PLACES else ""
        lines.append(f"-# With their own settings: {', '.join(own[:_SHOWN_PLACES])}{more}")
    return "\n".join(lines)


def setting(
    name: str,
    target: Target,
    policy: Policy,
    holds: Effective,
    *,
    model: VideoModel,
    command: CommandNaming,
    missing: Collection[int] = (),
) -> str:
    """Return a setting's title, value, source and meaning, and what else is to know about it.

    Args:
        name: The setting.
        target: What it is looked at for.
        policy: What is set on the server.
        holds: What holds for the target.
        model: What the provider's model takes.
        command: Names the bot's commands.
        missing: Of the channels or roles that it names, those that are deleted.
    """
    found, own = getattr(holds, name), policy.own(name, target)
    lines = [f"**{title(name)}:** {_value(name, found, missing)} · {source(holds.source(name))}"]
    lines.append(clickable(SETTINGS[name].meaning, command))
    if own is not UNSET and own != found:
        by_operator = holds.source(name).level is Level.OPERATOR
        why = "the bot's owner allows no more" if by_operator else "the value above comes first"
        lines.append(f"-# Set here: {value(name, own)}; {why}.")
    note = _note(name, found, target, model, missing)
    if note:
        lines.append(f"-# {note}")
    return "\n".join(lines)


def _value(name: str, found: Any, missing: Collection[int]) -> str:  # noqa: ANN401 - each setting has its own type
    if isinstance(found, frozenset) and name in NONE_CHOSEN:
        if not found:
            return NONE_CHOSEN[name].lower()
        words = [value(name, found - frozenset(missing))] if found - frozenset(missing) else []
        if gone := len(found & frozenset(missing)):
            of = "channel" if "channel" in name else "role"
            words.append(f"{gone} deleted {of}{'' if gone == 1 else 's'}")
        return ", ".join(words)
    if isinstance(found, int) and name.endswith("_channel_id") and found in missing:
        return "a deleted channel"
    if found == 0 and isinstance(SETTINGS[name].kind, Number):
        return f"{value(name, found)} (none at all)"
    return value(name, found)


def _note(
    name: str,
    found: Any,  # noqa: ANN401 - as above
    target: Target,
    model: VideoModel,
    missing: Collection[int],
) -> str | None:
    if name == "allowed_channel_ids" and found and not found - frozenset(missing):
        return "So nobody can use the command on this server."
    if name == "public_figure_threshold":
        return (
            "“low” loosens only the check for public figures. It does not mean that they consent."
        )
    if name == "default_ratio" and model.ratios:
        if found is not None and model.own_ratio(found) is None:
            return "The bot's model does not offer that shape, so Runway's default is used."
        return "Runway may keep the clip's own shape."
    if name == "default_ratio":
        return "The bot's model keeps each clip's shape, so there is nothing to choose."
    if name == "max_video_seconds" and model.used_seconds and model.used_seconds < found:
        return f"The bot's model restyles no more than {duration(model.used_seconds)} of a clip."
    if name in SHARED_CAPS and target.scope is not Scope.SERVER:
        return "The server's own limit applies too."
    return None


def above(name: str, policy: Policy, target: Target) -> str:
    """Return what holds where nothing is set for a target, at most 100 characters."""
    default = SETTINGS[name].default
    if target.scope is Scope.SERVER:
        return f"The default applies: {value(name, default)}"
    if name in SHARED_CAPS:
        return "Only the server's own limit applies"
    if name in MEMBER_CAPS or target.scope is Scope.CHANNEL:
        return cut(f"The server's applies: {value(name, policy.server(name))}", 100)
    return "The channel's or the server's applies"


def rules(found: Sequence[PromptRule]) -> str:
    """Return the server's prompt rules, the first of them."""
    if not found:
        return "There are no rules yet."
    lines = [
        f"{number}. {harmless(cut(rule.text, 60))} · {_rule_facts(rule)}"
        for number, rule in enumerate(found[:_SHOWN_RULES], 1)
    ]
    if len(found) > _SHOWN_RULES:
        lines.append(f"and {len(found) - _SHOWN_RULES} more, in the menu below.")
    return "\n".join(lines)


def _rule_facts(rule: PromptRule) -> str:
    kind = "words" if rule.kind is RuleKind.WORDS else "pattern"
    return f"{kind} · {'refused' if rule.action is RuleAction.REFUSE else 'reviewed'}"


def rule_label(number: int, rule: PromptRule) -> tuple[str, str]:
    """Return a rule's line in the menu, and what stands under it; each at most 100 characters."""
    return cut(f"{number}. {rule.text}", 100), _rule_facts(rule)


def change_rules_placeholder(first: int, last: int) -> str:
    """Return what a menu of rules shows."""
    return f"Change or remove a rule ({first} to {last})"


def latest_changes(found: Sequence[PolicyChange]) -> str:
    """Return the latest changes, the newest first."""
    lines = [cut(change_line(one), 250) for one in found[:SHOWN_CHANGES]]
    return "\n".join(["### Last changes", *(lines or ["Nothing has been changed yet."])])
