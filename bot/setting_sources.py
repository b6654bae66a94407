"""Where a setting may stand: the environment, ``.env``, a file that ``NAME_FILE`` names, a secret.

What is given to the program itself wins, then the first of those that has it, in that order;
``/run/secrets`` (Docker, Podman) comes last. A name that is none of ours is an error in ``.env``,
which is the bot's own file, and in the environment if it is nearly one of ours.
"""

from __future__ import annotations

import difflib
import logging
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
)

from bot.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from dotenv.parser import Original
    from pydantic.fields import FieldInfo

ENV_FILE: Final = Path(".env")
logging.getLogger("dotenv").setLevel(logging.ERROR)  # what it warns of is an error here
SECRETS_DIR: Path = Path("/run/secrets")
"""Where Docker and Podman put the secrets of a container, each in a file named like its setting."""

_FILE: Final = "_FILE"
_NEAR: Final = 0.84
"""How alike (difflib) a foreign variable and a setting are, for the former to be a slip.

``DISCORD_BOT_TOKEN`` and ``COMET_API_KEY`` are above, ``TEST_DATABASE_URL`` is below.
"""
_SIMILAR: Final = 0.6
"""How alike they are, for a setting to be suggested."""

_FOREIGN: Final = re.compile(
    r"(COMPOSE|DOCKER|PODMAN|BUILDKIT|POSTGRES|PG|PYTHON|AWS|LC|SSL|OBJECT_STORE)_?\w*"
    r"|(HTTP|ALL)_PROXY|TZ|LANG|LANGUAGE|PATH|HOME|TMPDIR|MALLOC_\w+|UID|GID|PUID|PGID"
)
"""What other programs that read the same ``.env`` (Compose, PostgreSQL, Python) take from there."""


class FileSettingsSource(PydanticBaseSettingsSource):
    """Reads each setting ``NAME`` from the file that ``NAME_FILE`` names, without its last newline.

    Args:
        settings_cls: The settings.
        variables: Name and value of what is set, in one of the two places.
        place: Which place that is, for errors.

    Raises:
        SettingsError: When called: such a file cannot be read, or ``NAME`` is set there as well.
    """

    def __init__(
        self, settings_cls: type[BaseSettings], variables: Mapping[str, str | None], place: str
    ) -> None:
        super().__init__(settings_cls)
        self._variables = {name.upper(): value for name, value in variables.items() if value}
        self._place = place

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return what the file of one setting holds, or ``None``; never in need of parsing."""
        name = field_name.upper()
        path = self._variables.get(name + _FILE)
        if path is None:
            return None, field_name, False
        if name in self._variables:
            raise SettingsError(
                f"{name} and {name}{_FILE} are both set in {self._place}: remove one of them."
            )
        return _text_of(Path(path), name + _FILE), field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return every setting that a file gives, by field."""
        found = {
            name: self.get_field_value(field, name)[0]
            for name, field in self.settings_cls.model_fields.items()
        }
        return {name: value for name, value in found.items() if value}


def _text_of(path: Path, name: str) -> str:
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except OSError as exc:
        raise SettingsError(f"The file that {name} names cannot be read: {exc.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"The file that {name} names is not UTF-8 text.") from None


def sources_of(
    settings_cls: type[BaseSettings],
    environment: PydanticBaseSettingsSource,
    dotenv: PydanticBaseSettingsSource,
) -> dict[str, PydanticBaseSettingsSource]:
    """Return where a setting may stand, by the name of the place, the strongest first.

    Args:
        settings_cls: The settings.
        environment: pydantic's source for it.
        dotenv: pydantic's source for ``.env``; one that was told to read no file reads none here.
    """
    env_file = dotenv.env_file if isinstance(dotenv, DotEnvSettingsSource) else None
    found = {
        "environment": environment,
        "file named by the environment": FileSettingsSource(
            settings_cls, os.environ, "the environment"
        ),
        ".env": dotenv,
        "file named by .env": FileSettingsSource(
            settings_cls, dotenv_values(ENV_FILE) if env_file else {}, ".env"
        ),
    }
    if env_file and SECRETS_DIR.is_dir():
        secrets = SecretsSettingsSource(settings_cls, secrets_dir=SECRETS_DIR)
        return {**found, str(SECRETS_DIR): secrets}
    return found


def origins(settings_cls: type[BaseSettings]) -> dict[str, str]:
    """Return the place of each field that is set somewhere; the others have their defaults."""
    sources = sources_of(
        settings_cls, EnvSettingsSource(settings_cls), DotEnvSettingsSource(settings_cls)
    )
    found: dict[str, str] = {}
    for place, source in sources.items():
        for name in source():
            if name in settings_cls.model_fields:
                found.setdefault(name, place)
    return found


_PROXIES: Final = re.compile(r"(HTTP|FTP|ALL)_PROXY")
"""What stands beside ``HTTPS_PROXY`` wherever that is set for every program."""


def misspelt(names: Iterable[str]) -> list[str]:
    """Return a line for every variable that must be a misspelt setting, and every unreadable line.

    Args:
        names: The settings' fields.

    Raises:
        UnicodeDecodeError: ``.env`` is not text in UTF-8.
    """
    known = {name.upper() for name in names}
    known |= {name + _FILE for name in known}
    lines = []
    lines += _unreadable(known)
    for name in dotenv_values(ENV_FILE):
        if name.upper() in known or _PROXIES.fullmatch(name.upper()):
            continue
        if _near(name, known) or not _FOREIGN.fullmatch(name):
            lines.append(f"{name} in .env is not a setting{_suggestion(name, known)}")
    for name in os.environ:
        if name.upper() in known or _PROXIES.fullmatch(name.upper()):
            continue
        if _near(name, known):
            lines.append(
                f"{name} in the environment is not a setting{_suggestion(name, known)} "
                "If it belongs to another program, unset it for this one."
            )
    return list(dict.fromkeys(lines))


def _unreadable(known: set[str]) -> list[str]:
    """Name the lines of ``.env`` that set nothing, such as ``SERVERS: 1``, without their text.

    python-dotenv passes over them, and a limit that somebody wrote there would not hold.
    """
    if not ENV_FILE.is_file():
        return []
    with ENV_FILE.open(encoding="utf-8-sig") as text:
        return [
            f"line {_line(binding.original)} of .env sets nothing: write NAME=value"
            for binding in parse_stream(text)
            if binding.error or (binding.value is None and (binding.key or "").upper() in known)
        ]


def _line(original: Original) -> int:
    """Return the number of a line's own text; python-dotenv counts the empty ones before it in."""
    text = original.string
    return original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _near(name: str, known: set[str]) -> bool:
    return bool(difflib.get_close_matches(name.upper(), known, n=1, cutoff=_NEAR))


def _suggestion(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name.upper(), sorted(known), n=1, cutoff=_SIMILAR)
    return f"; did you mean {near[0]}?" if near else " (README.md and .env.example list them all)."
