"""``python -m bot config`` and the help texts, as an operator calls them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.process.calls import ENVIRONMENT, call
from tests.process.processes import program

if TYPE_CHECKING:
    from pathlib import Path


async def test_config_says_each_value_and_where_it_comes_from(tmp_path: Path):
    (tmp_path / ".env").write_text("MAX_VIDEO_MB=8\nAWS_SESSION_TOKEN_FILE=session\n")
    (tmp_path / "session").write_text("session-secret\n")
    url = "postgresql://bot:open-sesame@db/restyle?sslpassword=hunter2hunter2"
    said = await call(tmp_path, "config", DATABASE_URL=url)
    found = {line.split()[0]: line.split(maxsplit=2)[1:] for line in said.splitlines()}
    assert found["MAX_VIDEO_MB"] == ["8.0", ".env"]
    assert found["LOG_LEVEL"] == ["INFO", "default"]
    assert found["DISCORD_TOKEN"] == ["********", "environment"]
    assert found["AWS_SESSION_TOKEN"] == ["********", "file named by .env"]
    assert found["DATABASE_URL"][1] == "environment"
    assert "bot:********@db/restyle" in found["DATABASE_URL"][0]
    for secret in (*ENVIRONMENT.values(), "open-sesame", "session-secret", "hunter2"):
        assert secret not in said


async def test_config_speaks_json_and_names_what_looks_like_a_slip(tmp_path: Path):
    prices = '{"gen4_aleph": {"per_second": 15}}'
    said = json.loads(await call(tmp_path, "config", "--json", PRICES=prices))
    assert said["settings"]["PRICES"] == {"value": prices, "from": "environment"}
    assert said["settings"]["COMETAPI_KEY"]["value"] == "********"
    assert "a second" in said["warnings"][0]
    assert "Warning: " in await call(tmp_path, "config", PRICES=prices)


async def test_a_misspelt_setting_stops_every_command(tmp_path: Path):
    (tmp_path / ".env").write_text("DISCORD_BOT_TOKEN=x\n")
    for words in ([], ["config"]):
        said = await call(tmp_path, *words, ends_with=2)
        assert "DISCORD_BOT_TOKEN in .env is not a setting; did you mean DISCORD_TOKEN?" in said


async def test_config_prints_what_it_can_beside_what_is_missing_or_wrong(tmp_path: Path):
    (tmp_path / ".env").write_text("MAX_VIDEO_MB=8\nSERVERS=junk-value\nDISCORD_TOKEN=secret\n")
    for words in (["config"], ["config", "--json"]):
        async with program("-m", "bot", *words, environment={}, folder=tmp_path) as run:
            assert await run.ends() == 2
        assert "COMETAPI_KEY: is missing" in run.output
        assert "SERVERS: must be the ids" in run.output
        assert "(missing)" in run.output
        assert "(wrong)" in run.output
        assert "8.0" in run.output
        assert "Traceback" not in run.output
        for hidden in ("secret", "junk-value"):
            assert hidden not in run.output


async def test_config_says_unlimited_where_nothing_limits(tmp_path: Path):
    said = await call(tmp_path, "config", BOT_DOLLARS_PER_MONTH="unlimited")
    found = {line.split()[0]: line.split(maxsplit=2)[1:] for line in said.splitlines()}
    assert found["BOT_DOLLARS_PER_MONTH"] == ["unlimited", "environment"]
    assert found["DM_DOLLARS_PER_MONTH"] == ["5.0", "default"]


@pytest.mark.parametrize("words", [["--help"], ["config", "--help"], ["migrate-data", "--help"]])
async def test_help_needs_no_settings(tmp_path: Path, words: list[str]):
    fresh = len(words) == 1  # the list of all commands loads all of them
    async with program("-m", "bot", *words, environment={}, folder=tmp_path, fresh=fresh) as run:
        assert await run.ends() == 0
    assert "usage: python -m bot" in run.output


async def test_a_command_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path):
    assert "config" in await call(tmp_path, "confg", ends_with=2)
