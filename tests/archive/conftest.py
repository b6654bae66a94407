from datetime import UTC, datetime

import pytest

from bot.settings import Settings, load_settings
from tests.archive.bucket_server import KEY_ID, SECRET, running_bucket
from tests.engine.clocks import FakeClock

PUBLIC_URL = "https://videos.example.com/made"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    monkeypatch.chdir(tmp_path)  # no .env of the developer's is read


@pytest.fixture
async def bucket():
    async with running_bucket() as server:
        yield server


@pytest.fixture
def clock():
    return FakeClock(datetime(2026, 3, 1, tzinfo=UTC))


@pytest.fixture
def settings_for():
    """``settings_for(archive_url, archive_days=…)``: settings of a bot with that archive."""

    def make(archive_url, **overrides):
        given = {
            "discord_token": "token-of-the-bot",
            "cometapi_key": "key-of-the-account",
            "archive_public_url": PUBLIC_URL,
            "aws_access_key_id": KEY_ID,
            "aws_secret_access_key": SECRET,
        }
        return load_settings(archive_url=archive_url, **given | overrides)

    return make


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip"
    path.write_bytes(bytes(range(256)) * 4000)
    return path
