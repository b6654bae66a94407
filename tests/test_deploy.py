"""The image, Compose and the bill of materials, read as the programs read them."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
SERVICES = COMPOSE["services"]


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_hardened_and_limited(name):
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service.keys() >= {"mem_limit", "pids_limit", "cpus", "restart", "profiles"}
    mounted = {volume.partition(":")[0] for volume in service["volumes"]}
    assert mounted <= COMPOSE["volumes"].keys()


def test_only_the_bots_reach_the_database_and_it_reaches_nothing():
    assert COMPOSE["networks"]["database"] == {"internal": True}
    assert SERVICES["postgres"]["networks"] == ["database"]
    assert "ports" not in SERVICES["postgres"]
    reaching = {name for name, one in SERVICES.items() if "database" in one.get("networks", [])}
    assert reaching == {"postgres", "bot", "bot-0", "bot-1"}


def test_each_profile_has_one_database():
    profiles = {name: one["profiles"] for name, one in SERVICES.items()}
    assert {name for name, one in profiles.items() if one == ["sqlite"]} == {"bot", "backup"}
    assert all(one in (["sqlite"], ["postgres"]) for one in profiles.values())


def test_secrets_come_from_files_for_every_service_of_ours():
    overlay = yaml.safe_load((ROOT / "compose.secrets.yaml").read_text("utf-8"))
    assert overlay["services"].keys() == SERVICES.keys() - {"postgres"}
    for service in overlay["services"].values():
        assert set(service["secrets"]) == overlay["secrets"].keys()
    assert "/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_daily_backup_is_a_script_that_a_shell_reads():
    [_, _, script] = SERVICES["backup"]["command"]
    plain = script.replace("$$", "$")
    assert subprocess.run(["/bin/sh", "-n", "-c", plain], check=False).returncode == 0  # noqa: S603
    assert "python -m bot backup" in plain


def test_the_image_is_built_on_one_base_and_from_a_lock():
    text = (ROOT / "Dockerfile").read_text("utf-8")
    assert re.findall(r"^FROM (\S+)", text, re.MULTILINE) == ["${BASE}", "${BASE}"]
    assert re.search(r"^ARG BASE=python:3\.\d+-slim$", text, re.MULTILINE)
    assert "--require-hashes" in text
    assert re.search(r"^USER restyle$", text, re.MULTILINE)
    kept = (ROOT / ".dockerignore").read_text().splitlines()
    assert kept[0] == "*"
    assert {f"!requirements/{lock}.txt" for lock in ("run", "sentry")} <= set(kept)


def test_the_bill_of_materials_names_every_package_of_the_image():
    script = (
        "import json, sys; sys.path.insert(0, '.ci'); import sbom; print(json.dumps(sbom.bill()))"
    )
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    bill = json.loads(done.stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    lock = (ROOT / "requirements" / "run.txt").read_text("utf-8")
    pinned = set(re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([^\s;]+)", lock, re.MULTILINE))
    assert {(one["name"], one["version"]) for one in bill["components"]} == pinned
    assert all(one["purl"].startswith("pkg:pypi/") for one in bill["components"])
