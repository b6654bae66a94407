"""The directions of imports, and what must not be in the tree."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted([*ROOT.glob("bot/**/*.py"), *ROOT.glob("cogs/**/*.py")])
MAY_KNOW_DISCORD = {
    "bot/app.py",
    "bot/discord_trouble.py",
    "bot/shards.py",
    "bot/registration.py",
    "bot/option_checks.py",
    "bot/discord_checkup.py",
    "bot/interaction_log.py",
}


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def forbidden(path):
    name = path.relative_to(ROOT).as_posix()
    yield "sandbox"
    yield "tests"
    if name.startswith("bot/"):
        yield "cogs"
        if name not in MAY_KNOW_DISCORD:
            yield "discord"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_point_one_way(path):
    for name in imports(path):
        assert name.split(".")[0] not in set(forbidden(path)), f"{path} imports {name}"


def test_importing_the_package_does_nothing():
    tree = ast.parse((ROOT / "bot/__init__.py").read_text())
    assert not [node for node in tree.body if not isinstance(node, ast.Expr | ast.Assign)]


def test_the_locks_pin_by_hash_and_name_no_host():
    for lock in (ROOT / "requirements").glob("*.txt"):
        text = lock.read_text()
        assert not re.search(r"https?:|--index-url|--find-links|file:", text), lock
        pins = re.findall(r"^[\w.\-\[\], ]+==", text, re.MULTILINE)
        assert pins
        assert len(pins) == len(re.findall(r"==[^\n]*\\\n    --hash=sha256:", text)), lock


def test_every_setting_is_in_the_example_file_with_its_default():
    from bot.settings import Settings

    example = (ROOT / ".env.example").read_text()
    for name, field in Settings.model_fields.items():
        match = re.search(rf"^#?{name.upper()}=(.*)$", example, re.MULTILINE)
        assert match, name
        if not field.is_required():
            words = {None: "", True: "on", False: "off"}
            is_word = field.default is None or isinstance(field.default, bool)
            default = words[field.default] if is_word else str(field.default)
            assert match[1] == default, name
