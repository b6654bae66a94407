"""Which commands there are, and that each is found without loading the others."""

import subprocess
import sys

import pytest

from bot.cli.parser import COMMANDS, build_parser


def commands_of(parser):
    [commands] = [action for action in parser._actions if action.dest == "command"]
    return set(commands.choices)


@pytest.mark.parametrize("words", [["--help"], ["confg"]])
def test_every_command_is_listed_where_none_is_named(words):
    assert commands_of(build_parser(words)) == {"run", *COMMANDS}


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_there_where_it_is_named(command):
    assert command in commands_of(build_parser([command]))


@pytest.mark.parametrize("words", [[], ["run"]])
def test_the_bot_itself_needs_none_of_the_commands(words):
    parser = build_parser(words)
    assert commands_of(parser) == {"run"}
    assert not hasattr(parser.parse_args(words), "execute")


@pytest.mark.parametrize(
    ("module", "unwanted"),
    [
        ("bot.cli.entry", {"discord", "alembic", "bot.cli.jobs"}),
        ("bot.cli.config", {"discord", "alembic"}),
        ("bot.cli.jobs", {"discord"}),
    ],
)
def test_a_command_does_not_load_what_it_does_not_need(module, unwanted):
    look = f"import sys; import bot.cli.entry, {module}; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", look], check=True, capture_output=True, text=True
    )
    assert not unwanted & set(done.stdout.split())
