"""What machines that watch the bot get to see, and the rules and panels that go by it."""

import json
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest
import yaml
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase

from bot import monitoring
from bot.domain.conditions import ConditionKind, Finding
from bot.errors import SettingsError
from bot.monitoring import open_monitoring
from bot.settings import Settings, load_settings
from bot.signs import Signs
from bot.system import metrics
from tests.fakes.ports import free_port

DEPLOY = Path(__file__).parents[1] / "deploy"


@asynccontextmanager
async def watched(tmp_path, address=None):
    address = f"127.0.0.1:{free_port()}" if address is None else address
    settings = Settings(
        _env_file=None,
        discord_token="token-of-bot",
        cometapi_key="key-of-account",
        data_dir=tmp_path,
        metrics_address=address,
    )
    signs = Signs(settings)
    async with open_monitoring(settings, signs), aiohttp.ClientSession() as http:

        async def get(path):
            async with http.get(f"http://{address}{path}") as response:
                return response.status, await response.text()

        yield signs, get


async def test_a_process_is_alive_at_once_and_ready_while_it_serves_and_nothing_blocks(tmp_path):
    async with watched(tmp_path) as (signs, get):
        signs.wait_for("waiting for Discord")
        assert await get("/livez") == (200, "alive\n")
        assert await get("/readyz") == (503, "starting: waiting for Discord\n")
        signs.is_up()
        assert await get("/readyz") == (200, "ready\n")
        now = datetime.now(UTC)
        little = Finding(text="Little room.", grave_after=None)
        signs.conditions.observe({ConditionKind.DISK: little}, now)
        assert (await get("/readyz"))[0] == 200
        signs.conditions.observe({ConditionKind.DISK: Finding(text="No room.")}, now)
        assert await get("/readyz") == (503, "disk: No room.\n")
        signs.conditions.observe({ConditionKind.DATABASE: Finding(text="It is away.")}, now)
        assert await get("/readyz") == (503, "database: It is away.\n")
        signs.is_stopping()
        assert await get("/readyz") == (503, "stopping\n")


async def test_metrics_tell_what_is_wrong_and_what_was_counted(tmp_path):
    async with watched(tmp_path) as (signs, get):
        signs.is_up()
        signs.uncertain = 2
        found = {ConditionKind.CREDIT: Finding(text="The credit is used up.")}
        signs.conditions.observe(found, datetime.now(UTC))
        before = REGISTRY.get_sample_value("restyle_requests_refused_total", {"rule": "cap"}) or 0
        metrics.REFUSED.labels("cap").inc()
        status, text = await get("/metrics")
        assert status == 200
        lines = text.splitlines()
        assert "restyle_up 1.0" in lines
        assert 'restyle_condition{kind="credit"} 1.0' in lines
        assert 'restyle_condition{kind="key"} 0.0' in lines
        assert 'restyle_jobs{state="uncertain"} 2.0' in lines
        assert f'restyle_requests_refused_total{{rule="cap"}} {before + 1.0}' in lines
    assert REGISTRY.get_sample_value("restyle_up") is None  # a closed process says nothing


async def test_nothing_is_served_unless_an_address_is_set(tmp_path):
    async with watched(tmp_path, address="") as (signs, _):
        signs.is_up()
        assert REGISTRY.get_sample_value("restyle_up") is None


@pytest.mark.parametrize("address", ["9464", "host", ":9464", "127.0.0.1:0", "h:99999", "a b:1"])
def test_an_address_without_host_or_port_is_refused(address, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    tokens = {"discord_token": "token-of-bot", "cometapi_key": "key-of-account"}
    with pytest.raises(SettingsError, match=r"METRICS_ADDRESS: must be a host and a port"):
        load_settings(metrics_address=address, **tokens)


# The files in deploy/


def known_names():
    """Every name that /metrics may show, of ours."""
    source = Path(monitoring.__file__).read_text(encoding="utf-8")
    names = set(re.findall(r'"(restyle_\w+)"', source)) | {"restyle_build_info"}
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            name = metric._name
            suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_count", "_sum"]}
            names |= {name + suffix for suffix in suffixes[metric._type]}
    return names


def named_in(expression):
    return set(re.findall(r"\brestyle_\w+", expression))


def test_the_alert_rules_go_by_metrics_that_there_are():
    [group] = yaml.safe_load((DEPLOY / "prometheus-alerts.yaml").read_text("utf-8"))["groups"]
    assert len(group["rules"]) == 8
    for rule in group["rules"]:
        assert rule.keys() >= {"alert", "expr", "labels", "annotations"}
        assert rule["annotations"].keys() == {"summary", "description"}
        names = named_in(rule["expr"])
        assert names, rule
        assert names <= known_names(), rule
        for kinds in re.findall(r'kind=~?"([^"]+)"', rule["expr"]):
            assert set(kinds.split("|")) <= set(ConditionKind)


def test_the_dashboard_shows_every_metric_and_none_that_there_is_not():
    board = json.loads((DEPLOY / "grafana-dashboard.json").read_text("utf-8"))
    panels = [panel for panel in board["panels"] if panel["type"] != "row"]
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
    shown = set()
    for panel in panels:
        assert panel["title"]
        assert panel["datasource"]["uid"] == "${source}"
        for target in panel["targets"]:
            names = named_in(target["expr"])
            assert names <= known_names(), panel["title"]
            assert names or "process_" in target["expr"]
            shown |= names
    ours = {
        metric._name for metric in vars(metrics).values() if isinstance(metric, MetricWrapperBase)
    }
    shown = {re.sub(r"_(bucket|total)$", "", name) for name in shown}
    assert ours <= shown
