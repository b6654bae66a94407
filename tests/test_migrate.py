"""``python -m bot migrate`` and ``migrate-data``, in the process of the test."""

import logging

import pytest
from sqlalchemy import create_engine

from bot.cli.parser import build_parser
from bot.errors import SettingsError, StoreUnavailableError
from bot.storage.upgrade import newest_revision, upgrade


@pytest.fixture
def run(monkeypatch, tmp_path, caplog):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DISCORD_TOKEN", "a-token-of-discord")
    monkeypatch.setenv("COMETAPI_KEY", "a-key-of-cometapi")
    monkeypatch.setenv("DATABASE_URL", "sqlite:///bot.db")

    def run(*words):
        chosen = build_parser(words).parse_args(words)
        return chosen.execute(chosen)

    level = logging.getLogger("bot.storage").level
    yield run
    logging.getLogger("bot.storage").setLevel(level)


def old_database(path):
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        upgrade(connection, "0001")
    engine.dispose()


def test_the_exit_status_tells_whether_an_upgrade_is_needed(run, tmp_path, capsys, caplog):
    old_database(tmp_path / "bot.db")
    before = (tmp_path / "bot.db").read_bytes()
    assert run("migrate", "--check") == 3
    assert "0001" in capsys.readouterr().out
    assert (tmp_path / "bot.db").read_bytes() == before
    assert run("migrate") == 0
    assert "a backup (python -m bot backup" in caplog.text
    assert "The schema is at 0002" in caplog.text  # one line for each, while it goes on
    assert run("migrate", "--check") == 0
    assert newest_revision() in capsys.readouterr().out


@pytest.mark.parametrize("words", [["migrate"], ["migrate", "--check"]])
def test_a_slip_in_the_name_makes_no_new_database(run, tmp_path, words):
    with pytest.raises(StoreUnavailableError, match="no database"):
        run(*words)
    assert list(tmp_path.iterdir()) == []


def test_what_is_wrong_with_the_target_is_said_of_the_target(run):
    with pytest.raises(SettingsError, match=r"^--to: ") as caught:
        run("migrate-data", "--to", "mysql://host/d")
    assert "DATABASE_URL" not in str(caught.value)
