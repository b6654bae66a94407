"""Discord's limits for messages and commands, beyond what its API description says.

Sources: https://docs.discord.com/developers/resources/message ,
https://docs.discord.com/developers/components/reference and
https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.errors import ApiError, invalid
from tests.fakes.world import COMPONENTS_V2, walk

CONTENT, NONCE, FILES, EMBED_TEXT = 2000, 25, 10, 6000
V2_COMPONENTS, V2_TEXT, ROWS, ROW_BUTTONS = 40, 4000, 5, 5
ROW, BUTTON, TEXT_DISPLAY, GALLERY = 1, 2, 10, 12
SELECTS = frozenset({3, 5, 6, 7, 8})
V2_KINDS = frozenset({9, 10, 11, 12, 13, 14, 17})
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")


def check_message(
    content: str,
    embeds: list[dict[str, Any]],
    components: list[dict[str, Any]],
    flags: int,
    filenames: list[str],
) -> None:
    """Check a message as it would be after a create or an edit.

    Raises:
        ApiError: Discord would refuse it (400, code 50035 or 50006).
    """
    if len(content) > CONTENT:
        raise invalid("content", f"Must be {CONTENT} or fewer in length.")
    if len(filenames) > FILES:
        raise invalid("attachments", f"Must be {FILES} or fewer in length.")
    if len(embeds) > 10 or _embed_text(embeds) > EMBED_TEXT:
        raise invalid("embeds", f"Embed size exceeds maximum size of {EMBED_TEXT}")
    if flags & COMPONENTS_V2:
        if content or embeds:
            raise invalid("content", "cannot be used with MessageFlags.IS_COMPONENTS_V2")
        _check_v2(components)
    else:
        if any(item["type"] in V2_KINDS for item in walk(components)):
            raise invalid("components", "needs MessageFlags.IS_COMPONENTS_V2")
        if len(components) > ROWS:
            raise invalid("components", f"Must be {ROWS} or fewer in length.")
        if not (content.strip() or embeds or filenames or components):
            raise ApiError(400, 50006)
    _check_controls(components)
    _check_references(components, embeds, filenames)


def _embed_text(embeds: list[dict[str, Any]]) -> int:
    total = 0
    for embed in embeds:
        total += len(embed.get("title") or "") + len(embed.get("description") or "")
        total += len((embed.get("footer") or {}).get("text", ""))
        total += sum(len(f["name"]) + len(f["value"]) for f in embed.get("fields") or [])
    return total


def _check_v2(components: list[dict[str, Any]]) -> None:
    items = list(walk(components))
    if not items:
        raise ApiError(400, 50006)
    if len(items) > V2_COMPONENTS:
        raise invalid("components", f"total number of components exceeds {V2_COMPONENTS}")
    texts = [item["content"] for item in items if item["type"] == TEXT_DISPLAY]
    if sum(map(len, texts)) > V2_TEXT:
        raise invalid("components", f"displayable text exceeds {V2_TEXT}")
    if any(not text.strip() for text in texts):
        raise invalid("components", "a text display must not be empty")


def _check_controls(components: list[dict[str, Any]]) -> None:
    seen: set[str] = set()
    for item in walk(components):
        if item["type"] == ROW and not 1 <= len(item.get("components", [])) <= ROW_BUTTONS:
            raise invalid("components", "an action row holds 1 to 5 components")
        if item["type"] == BUTTON:
            _check_button(item)
        if len(item.get("placeholder") or "") > 150 or len(item.get("options") or []) > 25:
            raise invalid("components", "select: placeholder 150, options 25")
        custom_id = item.get("custom_id")
        if custom_id is None:
            if item["type"] in SELECTS:
                raise invalid("components", "custom_id is required")
            continue
        if not 1 <= len(custom_id) <= 100:
            raise invalid("components", "custom_id: Must be between 1 and 100 in length.")
        if custom_id in seen:
            raise invalid("components", "Component custom id cannot be duplicated")
        seen.add(custom_id)


def _check_button(item: dict[str, Any]) -> None:
    if len(item.get("label") or "") > 80:
        raise invalid("components", "label: Must be 80 or fewer in length.")
    if not (item.get("label") or item.get("emoji")):
        raise invalid("components", "a button needs a label or an emoji")
    if (item.get("style") == 5) != ("url" in item) or (item.get("style") != 5) != (
        "custom_id" in item
    ):
        raise invalid("components", "a link button has a url, any other a custom_id")
    if len(item.get("url") or "") > 512:
        raise invalid("components", "url: Must be 512 or fewer in length.")


def media_of(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the media objects that a component shows."""
    media = [entry["media"] for entry in item.get("items") or []]
    return media + [item[key] for key in ("media", "file") if isinstance(item.get(key), dict)]


def _check_references(
    components: list[dict[str, Any]], embeds: list[dict[str, Any]], filenames: list[str]
) -> None:
    media = [m for item in walk(components) for m in media_of(item)]
    media += [e[key] for e in embeds for key in ("image", "thumbnail") if e.get(key)]
    for entry in media:
        scheme, _, name = entry["url"].partition("://")
        if scheme == "attachment" and name not in filenames:
            raise invalid("components", f"no attachment is called {name}")
        if scheme not in {"attachment", "http", "https"}:
            raise invalid("components", "Scheme must be one of attachment, http, https.")


def check_commands(commands: list[dict[str, Any]]) -> None:
    """Check what is registered.

    Raises:
        ApiError: Discord would refuse it (400, code 50035).
    """
    slash = [c for c in commands if c.get("type", 1) == 1]
    if len(slash) > 100 or len({c["name"] for c in slash}) != len(slash):
        raise invalid("name", "at most 100 commands, each name once")
    for command in commands:
        if command.get("type", 1) == 1:
            _check_named(command)
            _check_options(command.get("options") or [])
        else:
            _check_menu(command)


def _check_menu(command: dict[str, Any]) -> None:
    """Check a menu on messages or users: a name that may have spaces and capitals, no more."""
    if not 1 <= len(command["name"]) <= 32:
        raise invalid("name", "Must be between 1 and 32 in length.")
    if command.get("description") or command.get("options"):
        raise invalid("description", "Context menu commands cannot have description")


def _check_named(item: dict[str, Any]) -> None:
    if not COMMAND_NAME.fullmatch(item["name"]) or item["name"] != item["name"].lower():
        raise invalid("name", f"{item['name']!r} is no command name")
    if not 1 <= len(item.get("description", "")) <= 100:
        raise invalid("description", "Must be between 1 and 100 in length.")


def _check_options(options: list[dict[str, Any]]) -> None:
    if len(options) > 25:
        raise invalid("options", "Must be 25 or fewer in length.")
    optional_seen = False
    for option in options:
        _check_named(option)
        if option.get("required") and optional_seen:
            raise invalid("options", "Required options must be placed before non-required options")
        optional_seen = optional_seen or not option.get("required")
        if len(option.get("choices") or []) > 25:
            raise invalid("choices", "Must be 25 or fewer in length.")
        _check_options(option.get("options") or [])
