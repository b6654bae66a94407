"""Where settings may stand, which place wins, and what becomes of a misspelt one."""

import os
from pathlib import Path

import pytest

from bot import setting_sources
from bot.errors import SettingsError
from bot.setting_sources import origins
from bot.settings import Settings, load_settings

REQUIRED = {"DISCORD_TOKEN": "token-of-the-bot", "COMETAPI_KEY": "key-of-the-account"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in REQUIRED.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(setting_sources, "SECRETS_DIR", tmp_path / "secrets")
    monkeypatch.chdir(tmp_path)  # no .env of the developer's is read


def dotenv(*lines):
    Path(".env").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("DISCORD_BOT_TOKEN", "DISCORD_TOKEN"),
        ("COMET_API_KEY", "COMETAPI_KEY"),
        ("MAX_VIDEO_MBS", "MAX_VIDEO_MB"),
        ("BOT_DOLLAR_PER_MONTH", "BOT_DOLLARS_PER_MONTH"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("OWNER_ID", "OWNER_IDS"),
        ("AWS_SECRET_ACESS_KEY", "AWS_SECRET_ACCESS_KEY"),
        ("COMETAPI_KEYFILE", "COMETAPI_KEY_FILE"),
    ],
)
@pytest.mark.parametrize("place", [".env", "the environment"])
def test_a_misspelt_setting_is_an_error_that_says_which_was_meant(monkeypatch, place, typed, meant):
    if place == ".env":
        dotenv(f"{typed}=secret-value")
    else:
        monkeypatch.setenv(typed, "secret-value")
    with pytest.raises(SettingsError, match=f"{typed} in {place}.* did you mean {meant}") as caught:
        load_settings()
    assert "secret-value" not in str(caught.value)


def test_a_name_in_dotenv_that_is_like_none_of_ours_is_an_error_too():
    dotenv("COLOUR=blue")
    with pytest.raises(SettingsError, match=r"COLOUR in \.env is not a setting"):
        load_settings()


@pytest.mark.parametrize(
    "line", ["SERVERS: 123456789012345678", "SERVERS 123456789012345678", "SERVERS", "=hidden"]
)
def test_a_line_of_dotenv_that_sets_nothing_is_an_error(line):
    dotenv("MAX_VIDEO_MB=8", "# a comment", "", line, "TZ")
    with pytest.raises(SettingsError, match=r"line 4 of \.env sets nothing: write NAME=value") as c:
        load_settings()
    assert "123456789012345678" not in str(c.value)


def test_every_slip_is_named_at_once_with_what_else_is_wrong(monkeypatch):
    monkeypatch.delenv("DISCORD_TOKEN")
    dotenv("DISCORD_BOT_TOKEN=x", "PRICE={}", "MAX_VIDEO_MB=-1")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    for name in ("DISCORD_BOT_TOKEN", "PRICE in", "MAX_VIDEO_MB", "DISCORD_TOKEN: is missing"):
        assert name in str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        *("COMPOSE_PROFILES", "POSTGRES_PASSWORD", "TZ", "HTTP_PROXY", "ALL_PROXY", "PGSSLMODE"),
        *("DOCKER_HOST", "AWS_REGION", "SSL_CERT_FILE", "PYTHONUNBUFFERED", "discord_token"),
    ],
)
def test_what_other_programs_read_from_the_same_file_is_let_be(name):
    dotenv(f"{name}=something")
    load_settings()


@pytest.mark.parametrize(
    "name", ["TEST_DATABASE_URL", "XDG_DATA_DIRS", "LOGNAME", "GITHUB_TOKEN", "HTTP_PROXY"]
)
def test_other_programs_variables_in_the_environment_are_let_be(monkeypatch, name):
    monkeypatch.setenv(name, "something")
    load_settings()


@pytest.mark.parametrize("place", ["environment", ".env"])
def test_a_setting_may_stand_in_a_file_of_its_own(monkeypatch, tmp_path, place):
    (tmp_path / "key").write_text("key-from-a-file\n")
    monkeypatch.delenv("COMETAPI_KEY")
    if place == ".env":
        dotenv("COMETAPI_KEY_FILE=key")
    else:
        monkeypatch.setenv("COMETAPI_KEY_FILE", str(tmp_path / "key"))
    assert load_settings().cometapi_key.get_secret_value() == "key-from-a-file"
    assert origins(Settings)["cometapi_key"] == (
        "file named by .env" if place == ".env" else "file named by the environment"
    )


def test_a_setting_and_its_file_in_one_place_contradict_each_other(monkeypatch, tmp_path):
    (tmp_path / "key").write_text("another-key")
    monkeypatch.setenv("COMETAPI_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(SettingsError, match="COMETAPI_KEY and COMETAPI_KEY_FILE are both set"):
        load_settings()


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", "folder"])
def test_a_file_that_cannot_be_read_is_named_by_its_setting(monkeypatch, tmp_path, content):
    path = tmp_path / "key"
    if content == "folder":
        path.mkdir()
    elif content is not None:
        path.write_bytes(content)
    monkeypatch.delenv("COMETAPI_KEY")
    monkeypatch.setenv("COMETAPI_KEY_FILE", str(path))
    with pytest.raises(SettingsError, match="COMETAPI_KEY_FILE"):
        load_settings()


def test_a_containers_secrets_are_read_last(monkeypatch, tmp_path):
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "cometapi_key").write_text("key-in-a-secret\n")
    (tmp_path / "secrets" / "DISCORD_TOKEN").write_text("token-in-a-secret\n")
    (tmp_path / "secrets" / "kubernetes.io").mkdir()
    monkeypatch.delenv("COMETAPI_KEY")
    settings = load_settings()
    assert settings.cometapi_key.get_secret_value() == "key-in-a-secret"
    assert settings.discord_token.get_secret_value() == REQUIRED["DISCORD_TOKEN"]
    assert origins(Settings) == {
        "cometapi_key": str(tmp_path / "secrets"),
        "discord_token": "environment",
    }


def test_the_environment_wins_over_dotenv_and_over_its_files(monkeypatch, tmp_path):
    (tmp_path / "level").write_text("ERROR")
    dotenv("LOG_LEVEL_FILE=level", "MAX_VIDEO_MB=8")
    assert load_settings().log_level == "ERROR"
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    assert load_settings().log_level == "DEBUG"
    found = origins(Settings)
    assert (found["log_level"], found["max_video_mb"]) == ("environment", ".env")
    assert "data_dir" not in found


def test_settings_of_a_program_that_reads_no_dotenv_are_not_read_from_one():
    dotenv("LOG_LEVEL_FILE=level")
    assert Settings(_env_file=None).log_level == "INFO"


def test_an_empty_name_of_a_file_counts_as_absent(monkeypatch):
    monkeypatch.setenv("COMETAPI_KEY_FILE", "")
    assert load_settings().cometapi_key.get_secret_value() == REQUIRED["COMETAPI_KEY"]
    assert os.environ["COMETAPI_KEY_FILE"] == ""
