"""How the panel of ``/restyle-settings`` looks: one topic at one level, with what was changed."""

from __future__ import annotations

import secrets
from itertools import groupby
from typing import Any

import discord
from discord import ui

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS
from bot.policy.problems import Target
from bot.policy.topics import settings_of, topics_of
from bot.texts import panel as panel_texts
from cogs.common.cards import BLURPLE, GREY, YELLOW
from cogs.common.pages import Page
from cogs.settings.controls import Facts, setting_items, with_chosen
from cogs.settings.items import (
    CHANNEL_TYPES,
    PanelButton,
    PanelChannels,
    PanelMenu,
    PanelRoles,
    Spot,
)


def settings_page(spot: Spot, facts: Facts, *, said: str | None = None) -> Page:
    """Return the panel at ``spot``."""
    view = ui.LayoutView(timeout=None)
    view.add_item(_head(spot, facts))
    if spot.is_chosen:
        view.add_item(_topic(spot, facts))
    view.add_item(_foot(spot, facts))
    return Page(view=_numbered(view), said=said)


def _numbered(view: ui.LayoutView) -> ui.LayoutView:
    """Number the components anew, and return the view.

    Clients know a menu again by its number, which is its position when none is given, and would
    go on showing what was chosen in the menu that stood there before, or what was refused.

    SettingSource: https://docs.discord.com/developers/components/reference#anatomy-of-a-component
    """
    first = secrets.randbelow(2**31 - 100) + 1
    for number, item in enumerate(view.walk_children(), first):
        (item.item if isinstance(item, ui.DynamicItem) else item).id = number
    return view


def draft_page(spot: Spot, words: str, key: str) -> Page:
    """Return what stands in the panel's place while a change waits to be saved."""
    save = PanelButton(
        spot.custom_id("b", "save", key),
        panel_texts.SAVE_LABEL,
        style=discord.ButtonStyle.primary,
    )
    cancel = PanelButton(spot.custom_id("b", "cancel", key), panel_texts.CANCEL_LABEL)
    card: ui.Container[Any] = ui.Container(accent_colour=YELLOW)
    # A list swallows the line after it in some clients.
    for _, lines in groupby(words.splitlines(), key=lambda line: line.startswith("- ")):
        card.add_item(ui.TextDisplay("\n".join(lines)))
    card.add_item(ui.ActionRow(save, cancel))
    view = ui.LayoutView(timeout=None)
    view.add_item(card)
    return Page(view=_numbered(view))


# Where one is


def _head(spot: Spot, facts: Facts) -> ui.Container[Any]:
    name = facts.guild.name if facts.guild else "this server"
    others = [target for target in facts.policy.values if target.scope is not Scope.SERVER]
    card: ui.Container[Any] = ui.Container(
        ui.TextDisplay(panel_texts.heading(name, spot.target, others)), accent_colour=BLURPLE
    )
    levels: ui.ActionRow[Any] = ui.ActionRow()
    for scope in (Scope.SERVER, Scope.CHANNEL, Scope.ROLE):
        here = spot.target.scope is scope
        target = spot.target if here else Target(scope, 0)
        levels.add_item(
            PanelButton(
                spot.at(target).custom_id("b", "level"),
                panel_texts.LEVEL_LABELS[scope],
                style=discord.ButtonStyle.primary if here else discord.ButtonStyle.secondary,
            )
        )
    card.add_item(levels)
    if spot.target.scope is not Scope.SERVER:
        card.add_item(ui.ActionRow(_level_menu(spot, facts)))
    if spot.is_chosen:
        card.add_item(ui.ActionRow(_topic_menu(spot)))
    return card


def _level_menu(spot: Spot, facts: Facts) -> PanelChannels | PanelRoles:
    of = "channel" if spot.target.scope is Scope.CHANNEL else "role"
    ids = [spot.target.scope_id] if spot.is_chosen else []
    gone = facts.missing(of, ids)
    looks: dict[str, Any] = {
        "placeholder": panel_texts.CHOOSE_LEVEL[spot.target.scope],
        "default_values": [discord.Object(id_) for id_ in ids if id_ not in gone],
    }
    if of == "channel":
        return PanelChannels(
            spot.custom_id("c", "level"), channel_types=CHANNEL_TYPES, **with_chosen(of, looks)
        )
    return PanelRoles(spot.custom_id("r", "level"), **with_chosen(of, looks))


def _topic_menu(spot: Spot) -> PanelMenu:
    options = [
        discord.SelectOption(
            label=panel_texts.TOPIC_TITLES[topic],
            description=panel_texts.TOPIC_DESCRIPTIONS[topic],
            value=topic.value,
            default=topic is spot.topic,
        )
        for topic in topics_of(spot.target.scope)
    ]
    return PanelMenu(spot.custom_id("m", "topic"), options)


# What can be set


def _topic(spot: Spot, facts: Facts) -> ui.Container[Any]:
    title, names = panel_texts.TOPIC_TITLES[spot.topic], settings_of(spot.topic, spot.target.scope)
    card: ui.Container[Any] = ui.Container()
    if title != SETTINGS[names[0]].title:  # else the same words would follow
        card.add_item(ui.TextDisplay(f"### {title}"))
    holds = facts.holds_for(spot.target)
    for name in names:
        for item in setting_items(name, spot, facts, holds):
            card.add_item(item)
    return card


# What was done, and what else can be


def _foot(spot: Spot, facts: Facts) -> ui.Container[Any]:
    newest = facts.changes[0].id if facts.changes else 0
    buttons: ui.ActionRow[Any] = ui.ActionRow(
        PanelButton(
            spot.custom_id("b", "undo", str(newest)),
            panel_texts.UNDO_LABEL,
            disabled=not facts.changes,
        ),
        PanelButton(spot.custom_id("b", "test"), panel_texts.TEST_LABEL),
        PanelButton(spot.custom_id("b", "export"), panel_texts.EXPORT_LABEL),
        PanelButton(spot.custom_id("b", "import"), panel_texts.IMPORT_LABEL),
    )
    return ui.Container(
        ui.TextDisplay(panel_texts.latest_changes(facts.changes)), buttons, accent_colour=GREY
    )
