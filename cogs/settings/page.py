"""How the panel of ``/restyle-settings`` looks: one topic at one level, with what was changed."""

from __future__ import annotations

import secrets
from itertools import groupby
from typing import Any

import discord
from discord import ui

from bot.domain.quotas import Scope
from bot.policy.catalogue import SETTINGS, settings_of, topics_of
from bot.policy.problems import Target
from bot.texts import panel as panel_texts
from cogs.common.cards import BLURPLE, GREY, YELLOW
from cogs.common.pages import Page
from cogs.settings.controls import PanelData, setting_items, with_chosen
from cogs.settings.items import (
    CHANNEL_TYPES,
    PanelButton,
    PanelChannels,
    PanelLocation,
    PanelMenu,
    PanelRoles,
)


def settings_page(location: PanelLocation, data: PanelData, *, said: str | None = None) -> Page:
    """Return the panel at ``location``."""
    view = ui.LayoutView(timeout=None)
    view.add_item(_head(location, data))
    if location.is_chosen:
        view.add_item(_topic(location, data))
    view.add_item(_foot(location, data))
    return Page(view=_numbered(view), said=said)


def _numbered(view: ui.LayoutView) -> ui.LayoutView:
    """Number the components anew, and return the view.

    Clients know a menu again by its number, which is its position when none is given, and would
    go on showing what was chosen in the menu that stood there before, or what was refused.

    Source: https://docs.discord.com/developers/components/reference#anatomy-of-a-component
    """
    first = secrets.randbelow(2**31 - 100) + 1
    for number, item in enumerate(view.walk_children(), first):
        (item.item if isinstance(item, ui.DynamicItem) else item).id = number
    return view


def draft_page(location: PanelLocation, words: str, key: str) -> Page:
    """Return what stands in the panel's place while a change waits to be saved."""
    save = PanelButton(
        location.custom_id("b", "save", key),
        panel_texts.SAVE_LABEL,
        style=discord.ButtonStyle.primary,
    )
    cancel = PanelButton(location.custom_id("b", "cancel", key), panel_texts.CANCEL_LABEL)
    card: ui.Container[Any] = ui.Container(accent_colour=YELLOW)
    # A list swallows the line after it in some clients.
    for _, lines in groupby(words.splitlines(), key=lambda line: line.startswith("- ")):
        card.add_item(ui.TextDisplay("\n".join(lines)))
    card.add_item(ui.ActionRow(save, cancel))
    view = ui.LayoutView(timeout=None)
    view.add_item(card)
    return Page(view=_numbered(view))


# Where one is


def _head(location: PanelLocation, data: PanelData) -> ui.Container[Any]:
    name = data.guild.name if data.guild else "this server"
    others = [target for target in data.policy.values if target.scope is not Scope.SERVER]
    card: ui.Container[Any] = ui.Container(
        ui.TextDisplay(panel_texts.heading(name, location.target, others)), accent_colour=BLURPLE
    )
    levels: ui.ActionRow[Any] = ui.ActionRow()
    for scope in (Scope.SERVER, Scope.CHANNEL, Scope.ROLE):
        here = location.target.scope is scope
        target = location.target if here else Target(scope, 0)
        levels.add_item(
            PanelButton(
                location.at(target).custom_id("b", "level"),
                panel_texts.LEVEL_LABELS[scope],
                style=discord.ButtonStyle.primary if here else discord.ButtonStyle.secondary,
            )
        )
    card.add_item(levels)
    if location.target.scope is not Scope.SERVER:
        card.add_item(ui.ActionRow(_level_menu(location, data)))
    if location.is_chosen:
        card.add_item(ui.ActionRow(_topic_menu(location)))
    return card


def _level_menu(location: PanelLocation, data: PanelData) -> PanelChannels | PanelRoles:
    of = "channel" if location.target.scope is Scope.CHANNEL else "role"
    ids = [location.target.scope_id] if location.is_chosen else []
    gone = data.missing(of, ids)
    looks: dict[str, Any] = {
        "placeholder": panel_texts.CHOOSE_LEVEL[location.target.scope],
        "default_values": [discord.Object(id_) for id_ in ids if id_ not in gone],
    }
    if of == "channel":
        return PanelChannels(
            location.custom_id("c", "level"), channel_types=CHANNEL_TYPES, **with_chosen(of, looks)
        )
    return PanelRoles(location.custom_id("r", "level"), **with_chosen(of, looks))


def _topic_menu(location: PanelLocation) -> PanelMenu:
    options = [
        discord.SelectOption(
            label=panel_texts.TOPICS[topic][0],
            description=panel_texts.TOPICS[topic][1],
            value=topic.value,
            default=topic is location.topic,
        )
        for topic in topics_of(location.target.scope)
    ]
    return PanelMenu(location.custom_id("m", "topic"), options)


# What can be set


def _topic(location: PanelLocation, data: PanelData) -> ui.Container[Any]:
    title, _ = panel_texts.TOPICS[location.topic]
    names = settings_of(location.topic, location.target.scope)
    card: ui.Container[Any] = ui.Container()
    if title != SETTINGS[names[0]].title:  # else the same words would follow
        card.add_item(ui.TextDisplay(f"### {title}"))
    holds = data.holds_for(location.target)
    for name in names:
        for item in setting_items(name, location, data, holds):
            card.add_item(item)
    return card


# What was done, and what else can be


def _foot(location: PanelLocation, data: PanelData) -> ui.Container[Any]:
    newest = data.changes[0].id if data.changes else 0
    buttons: ui.ActionRow[Any] = ui.ActionRow(
        PanelButton(
            location.custom_id("b", "undo", str(newest)),
            panel_texts.UNDO_LABEL,
            disabled=not data.changes,
        ),
        PanelButton(location.custom_id("b", "test"), panel_texts.TEST_LABEL),
        PanelButton(location.custom_id("b", "export"), panel_texts.EXPORT_LABEL),
        PanelButton(location.custom_id("b", "import"), panel_texts.IMPORT_LABEL),
    )
    return ui.Container(
        ui.TextDisplay(panel_texts.latest_changes(data.changes)), buttons, accent_colour=GREY
    )
