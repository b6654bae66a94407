"""Check request bodies against Discord's own API description, where a copy is at hand.

The description (https://github.com/discord/discord-api-spec, ``specs/openapi.json``) is no part
of this project: ``RESTYLE_DISCORD_OPENAPI`` names a copy. Without one nothing is checked.
"""

from __future__ import annotations

import functools
import json
import os
import re
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

_BESIDE_THE_PROJECT = Path("shared/reference/discord-openapi.json")

# What discord.py sends although the description lacks it.
_KNOWN_EXTRAS = {"tts", "nsfw"}


def find_description() -> Path | None:
    """Return where a copy of the description lies; ``None`` without one."""
    named = os.environ.get("RESTYLE_DISCORD_OPENAPI")
    path = Path(named) if named else Path(__file__).parents[3] / _BESIDE_THE_PROJECT
    return path if path.is_file() else None


class Description:
    """Discord's API description, eased as the live API is.

    Numbers may come as digit strings and snowflakes as numbers, and ``oneOf`` is taken as
    ``anyOf``, because after that several branches may match.
    """

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = _ease(document)
        self._routes = [
            (method, _template(path), operation["requestBody"]["content"]["application/json"])
            for path, operations in document["paths"].items()
            for method, operation in operations.items()
            if isinstance(operation, dict)
            and "application/json" in operation.get("requestBody", {}).get("content", {})
        ]
        # the more literal path first: @original is no {message_id}
        self._routes.sort(key=lambda route: route[1].pattern.count("[^/]+"))
        self._validators: dict[str, Draft202012Validator] = {}

    @classmethod
    @functools.cache
    def load(cls) -> Description | None:
        """Return the description; ``None`` when no copy is at hand."""
        path = find_description()
        return cls(json.loads(path.read_text())) if path else None

    def problem(self, method: str, path: str, body: Any) -> str | None:
        """Return what is wrong with a request's body; ``None`` when nothing is."""
        for verb, pattern, media in self._routes:
            if verb == method.lower() and pattern.fullmatch(path):
                error = best_match(self._validator(media["schema"]).iter_errors(body))
                if error is None:
                    return None
                return f"{method} {path}: {error.json_path}: {error.message[:300]}"
        return None

    def unknown_members(self, method: str, path: str, body: Any) -> list[str]:
        """Return members of ``body`` that the description does not know at the top level."""
        for verb, pattern, media in self._routes:
            if verb == method.lower() and pattern.fullmatch(path) and isinstance(body, dict):
                known = self._members(media["schema"])
                return [k for k in body if known and k not in known | _KNOWN_EXTRAS]
        return []

    def _members(self, schema: dict[str, Any]) -> set[str]:
        if "$ref" in schema:
            name = schema["$ref"].rpartition("/")[2]
            return self._members(self._document["components"]["schemas"][name])
        found = set(schema.get("properties", {}))
        for key in ("anyOf", "oneOf", "allOf"):
            for branch in schema.get(key, []):
                found |= self._members(branch)
        return found

    def _validator(self, schema: dict[str, Any]) -> Draft202012Validator:
        key = json.dumps(schema, sort_keys=True)
        if key not in self._validators:
            whole = {**_ease(schema), "components": self._document["components"]}
            self._validators[key] = Draft202012Validator(whole)
        return self._validators[key]


def _template(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{[^/]+\}", "[^/]+", path.replace(".", r"\.")))


def _ease(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_ease(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    eased = {key: _ease(value) for key, value in schema.items()}
    if "oneOf" in eased and isinstance(eased["oneOf"], list):
        eased.setdefault("anyOf", eased.pop("oneOf"))
    kinds = eased.get("type")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if isinstance(kinds, list) and "const" not in eased and "enum" not in eased:
        if eased.get("format") == "snowflake":
            eased["type"] = [*kinds, "integer"]
        elif "integer" in kinds and "string" not in kinds:
            eased["type"] = [*kinds, "string"]
            eased.setdefault("pattern", r"^-?\d+$")
    return eased
