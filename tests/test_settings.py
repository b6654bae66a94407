import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import Settings, forget_secrets, load_settings
from sandbox import settings_pages

REQUIRED = {"DISCORD_TOKEN": "token-of-the-bot", "COMETAPI_KEY": "key-of-the-account"}


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)  # no .env of the developer's is read


def load(monkeypatch, **environment):
    for name, value in (REQUIRED | environment).items():
        monkeypatch.setenv(name, value)
    return load_settings()


def test_the_two_required_variables_are_enough(monkeypatch):
    settings = load(monkeypatch)
    assert settings.cometapi_base_url == "https://api.cometapi.com/runwayml/v1"
    assert settings.runway_version == "2024-11-06"
    assert settings.runway_model == "gen4_aleph"
    assert settings.database_url == "sqlite+aiosqlite:///data/restyle.db"


def test_one_message_names_every_missing_and_bad_variable(monkeypatch):
    bad = {
        "COMETAPI_BASE_URL": "http://example.com/v1",
        "RUNWAY_VERSION": "yesterday",
        "DATABASE_URL": "mysql://root@db/x",
        "MAX_VIDEO_MB": "-1",
        "POLL_MAX_SECONDS": "1",
        "LOG_LEVEL": "chatty",
    }
    for name, value in bad.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    for name in [*REQUIRED, *bad]:
        assert name in str(caught.value)


def test_the_message_shows_no_value_since_it_may_be_a_secret(monkeypatch):
    with pytest.raises(SettingsError) as caught:
        load(monkeypatch, RUNWAY_VERSION="key_pasted_into_the_wrong_line")
    assert "key_pasted" not in str(caught.value)


def test_secrets_are_in_no_repr(monkeypatch):
    settings = load(monkeypatch, DATABASE_URL="postgresql://bot:open-sesame@db/restyle")
    for text in (repr(settings), str(settings)):
        for secret in (*REQUIRED.values(), "open-sesame"):
            assert secret not in text
    assert set(settings.secrets) == {*REQUIRED.values(), "open-sesame"}


@pytest.mark.parametrize(
    "url",
    [
        "https://api.dev.runwayml.com/v1",
        "http://127.0.0.1:8080/runwayml/v1",
        "http://localhost:8080/v1",
        "http://[::1]:8080/v1",
    ],
)
def test_runway_itself_and_loopback_are_accepted_as_base_url(monkeypatch, url):
    assert load(monkeypatch, COMETAPI_BASE_URL=url + "/").cometapi_base_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://api.cometapi.com/runwayml/v1",
        "http://127.0.0.1.example.com/v1",
        "ftp://127.0.0.1/v1",
        "https://user:word@api.cometapi.com/v1",
        "api.cometapi.com",
        "https://",
    ],
)
def test_an_address_that_would_show_the_key_to_others_is_refused(monkeypatch, url):
    with pytest.raises(SettingsError, match="COMETAPI_BASE_URL"):
        load(monkeypatch, COMETAPI_BASE_URL=url)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.cometapi.com",
        "https://api.cometapi.com/v1",
        "https://api.cometapi.com/runwayml/v1/video_to_video",
        "https://www.cometapi.com/runwayml/v1",
        "https://api.runwayml.com/v1",
        "https://api.dev.runwayml.com",
        "https://example.com/v1/tasks/",
    ],
)
def test_an_address_at_which_no_such_api_answers_is_refused(monkeypatch, url):
    with pytest.raises(SettingsError, match="COMETAPI_BASE_URL: must"):
        load(monkeypatch, COMETAPI_BASE_URL=url)


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///x/y.db", "sqlite+aiosqlite:///x/y.db"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        (
            "postgres://u:p@h/d?sslmode=require&channel_binding=require",
            "postgresql+asyncpg://u:p@h/d?ssl=require",
        ),
    ],
)
def test_database_urls_are_taken_as_people_write_them(monkeypatch, given, used):
    assert load(monkeypatch, DATABASE_URL=given).database_url == used


@pytest.mark.parametrize(
    "url", ["postgresql://user:hunter2", "postgresql://h:hunter2/d", "hunter2", "sqlite//hunter2"]
)
def test_a_database_url_that_cannot_be_read_is_not_repeated(monkeypatch, url):
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        load(monkeypatch, DATABASE_URL=url)
    assert "hunter2" not in str(caught.value)


def test_an_option_of_the_database_that_is_not_known_is_named(monkeypatch):
    with pytest.raises(SettingsError, match=r"DATABASE_URL.*keepalives_idle"):
        load(monkeypatch, DATABASE_URL="postgresql://u:p@h/d?keepalives_idle=5")


@pytest.mark.parametrize("url", ["postgresql://u:p@ss:hunter2@h/d", "postgresql://u:p@hunter2@h/d"])
def test_a_password_that_breaks_the_address_is_told_how_to_be_written(monkeypatch, url):
    with pytest.raises(SettingsError, match="%40 for @") as caught:
        load(monkeypatch, DATABASE_URL=url)
    assert "hunter2" not in str(caught.value)


def test_the_data_folder_moves_the_default_database(monkeypatch):
    settings = load(monkeypatch, DATA_DIR="/srv/restyle")
    assert settings.database_url == "sqlite+aiosqlite:////srv/restyle/restyle.db"


def test_empty_variables_count_as_absent_as_compose_passes_them(monkeypatch):
    assert load(monkeypatch, DATABASE_URL="", LOG_LEVEL="").log_level == "INFO"


def test_a_token_with_a_space_in_it_is_refused(monkeypatch):
    with pytest.raises(SettingsError, match="DISCORD_TOKEN"):
        load(monkeypatch, DISCORD_TOKEN="Bot abc")


def test_a_dotenv_file_is_read(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("DISCORD_TOKEN=a-token\nCOMETAPI_KEY=a-key\nMAX_VIDEO_MB=8\n")
    assert load_settings().max_video_bytes == 8 * 1024 * 1024


def test_a_dotenv_file_in_another_encoding_is_named_as_the_trouble(monkeypatch):
    Path(".env").write_bytes(b"RUNWAY_MODEL=caf\xe9\n")
    with pytest.raises(SettingsError, match=r"\.env .*UTF-8"):
        load(monkeypatch)


SHARED = "postgresql://u:p@h/d"


def test_a_process_may_have_some_of_the_shards(monkeypatch):
    settings = load(monkeypatch, SHARDS="3, 1/4", DATABASE_URL=SHARED)
    assert (settings.shard_ids, settings.shard_count) == ([1, 3], 4)


def test_by_default_a_process_has_all_shards(monkeypatch):
    settings = load(monkeypatch)
    assert (settings.shard_ids, settings.shard_count) == (None, None)


@pytest.mark.parametrize("shards", ["0", "4/4", "0,9/4", "a/b", "/4", "0/0"])
def test_shards_that_do_not_exist_are_refused(monkeypatch, shards):
    with pytest.raises(SettingsError, match="SHARDS"):
        load(monkeypatch, SHARDS=shards, DATABASE_URL=SHARED)


def test_sqlite_has_one_process_and_so_every_shard(monkeypatch):
    assert load(monkeypatch, SHARDS="0,1/2").shard_ids == [0, 1]
    with pytest.raises(SettingsError, match=r"SHARDS: .*PostgreSQL"):
        load(monkeypatch, SHARDS="0/2")


def test_prices_are_read_by_model_and_a_slip_is_named(monkeypatch):
    words = '{"gen4_aleph": {"per_job": 0.5}}'
    assert load(monkeypatch, PRICES=words).prices == words
    with pytest.raises(SettingsError, match=r"PRICES: gen4_aleph\.per_job"):
        load(monkeypatch, PRICES='{"gen4_aleph": {"per_job": "50 cents"}}')


def test_a_price_for_a_model_that_is_never_used_is_a_slip(monkeypatch):
    with pytest.raises(SettingsError, match=r"PRICES: gen4-aleph .*did you mean gen4_aleph"):
        load(monkeypatch, PRICES='{"gen4-aleph": {"per_second": 0.15}}')
    own = '{"new_model": {"per_second": 0.15}}'
    assert load(monkeypatch, PRICES=own, RUNWAY_MODEL="new_model").prices == own


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ('{"per_second": 15}', "$15.00 a second"),
        ('{"per_job": 75}', "$75.00 or more"),
        ('{"minimum": 75, "per_second": 0.1}', "$75.00 or more"),
        ('{"per_second": 0}', "nothing"),
    ],
)
def test_a_price_that_is_probably_a_slip_is_pointed_out(monkeypatch, parts, said):
    (warning,) = load(monkeypatch, PRICES=f'{{"aleph2": {parts}}}').warnings
    assert said in warning


def test_ordinary_prices_are_not_pointed_out(monkeypatch):
    settings = load(monkeypatch, PRICES='{"aleph2": {"per_second": 0.28, "minimum": 0.56}}')
    assert settings.warnings == []


def test_the_readme_and_the_example_file_say_what_the_settings_say():
    readme = settings_pages.README.read_text(encoding="utf-8")
    assert settings_pages.readme_table() in readme, "run `make settings`"
    example = settings_pages.EXAMPLE.read_text(encoding="utf-8")
    assert example == settings_pages.example_file(), "run `make settings`"


def test_a_new_table_takes_the_old_ones_place_and_leaves_the_rest():
    readme = settings_pages.README.read_text(encoding="utf-8")
    old = readme.replace("| `LOG_LEVEL` | `INFO` |", "| `LOG_LEVEL` | `SHOUT` |")
    assert old != readme
    assert settings_pages.readme_with_table(old) == readme


def test_a_copy_of_the_example_file_is_the_defaults_once_its_first_two_are_filled(tmp_path):
    example = settings_pages.EXAMPLE.read_text(encoding="utf-8")
    every_line = re.sub(r"^#([A-Z_]+=)", r"\1", example, flags=re.MULTILINE)
    for name, value in REQUIRED.items():
        every_line = every_line.replace(f"{name}=\n", f"{name}={value}\n")
    (tmp_path / ".env").write_text(every_line, encoding="utf-8")
    given = {name.lower(): value for name, value in REQUIRED.items()}
    assert load_settings() == Settings(_env_file=None, **given)


@pytest.mark.parametrize("name", Settings.model_fields)
def test_a_setting_says_what_it_is_and_what_it_means_when_it_is_empty(name):
    field = Settings.model_fields[name]
    assert field.description
    is_empty = field.default in {None, "", SecretStr("")}
    assert ("; empty means " in " ".join(field.description.split())) == is_empty


def test_secrets_are_gone_from_the_environment_once_they_are_read(monkeypatch):
    load(
        monkeypatch,
        DATABASE_URL="postgresql://bot:open-sesame@db/restyle",
        AWS_ACCESS_KEY_ID="key-id",
        aws_secret_access_key="key-secret",
        LOG_LEVEL="DEBUG",
    )
    forget_secrets()
    for secret in (*REQUIRED.values(), "open-sesame", "key-id", "key-secret"):
        assert not [name for name, value in os.environ.items() if secret in value]
    assert os.environ["LOG_LEVEL"] == "DEBUG"


LIMITS = (
    "SERVER_JOBS_PER_DAY",
    "SERVER_DOLLARS_PER_MONTH",
    "MEMBER_JOBS_PER_DAY",
    "BOT_JOBS_PER_DAY",
    "BOT_DOLLARS_PER_MONTH",
    "BOT_RUNNING",
    "DM_JOBS_PER_DAY",
    "DM_DOLLARS_PER_MONTH",
)


@pytest.mark.parametrize("name", LIMITS)
def test_every_limit_can_be_the_word_unlimited(monkeypatch, name):
    assert getattr(load(monkeypatch, **{name: " Unlimited "}), name.lower()) is None
    assert getattr(load(monkeypatch, **{name: "7"}), name.lower()) == 7


@pytest.mark.parametrize("value", ["none", "-1", "a lot"])
def test_what_is_no_limit_is_refused(monkeypatch, value):
    with pytest.raises(SettingsError, match="BOT_DOLLARS_PER_MONTH"):
        load(monkeypatch, BOT_DOLLARS_PER_MONTH=value)


@pytest.mark.parametrize("given", [{}, {"BOT_DOLLARS_PER_MONTH": ""}])
def test_without_a_word_the_bot_spends_twenty_dollars_a_month_at_most(monkeypatch, given):
    assert load(monkeypatch, **given).bot_micros_per_month == 20_000_000


def test_direct_messages_are_off_until_they_are_switched_on(monkeypatch):
    assert not load(monkeypatch).serves(0)
    assert load(monkeypatch, DIRECT_MESSAGES="on").serves(0)


def test_jobs_start_on_any_server_or_on_those_that_are_named(monkeypatch):
    chosen, other = 123456789012345678, 223456789012345678
    assert load(monkeypatch).serves(other)
    settings = load(monkeypatch, SERVERS=f" {chosen}, 323456789012345678")
    assert (settings.serves(chosen), settings.serves(other)) == (True, False)
    with pytest.raises(SettingsError, match="SERVERS"):
        load(monkeypatch, SERVERS="my server")
