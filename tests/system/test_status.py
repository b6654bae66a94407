"""The status file itself, and what a service manager hears."""

import json
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.conditions import ConditionKind, Conditions, Finding
from bot.system.service_manager import notify
from bot.system.status import read_status, remove_status, status_path, write_status
from tests.system.namespaces import has_namespaces

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def test_what_is_written_is_read_however_much_shorter_it_became(tmp_path):
    path = tmp_path / "new" / "status.json"
    for facts in ({"pid": 1, "text": "x" * 20_000}, {"pid": 2}):
        write_status(path, facts)
        assert read_status(path) == facts
    assert path.stat().st_size == 8192


def test_each_process_of_one_folder_has_a_file_of_its_own(tmp_path):
    paths = {status_path(tmp_path, shards) for shards in ("", "0/2", "1/2", "0,1/2")}
    assert len(paths) == 4


def test_what_is_no_status_is_said_to_be_none(tmp_path):
    for text, error in (("", "Expecting value"), ("[]", "not a status"), ("{", "Expecting")):
        (tmp_path / "status.json").write_text(text)
        with pytest.raises(ValueError, match=error):
            read_status(tmp_path / "status.json")
    assert read_status(tmp_path / "other.json") is None


def test_a_process_removes_its_own_file_and_not_its_successors(tmp_path):
    mine, other = tmp_path / "mine", tmp_path / "other"
    write_status(mine, {"pid": os.getpid()})
    write_status(other, {"pid": os.getpid() + 1})
    for path in (mine, other, tmp_path / "none"):
        remove_status(path)
    assert not mine.exists()
    assert other.exists()


@pytest.mark.skipif(not has_namespaces(), reason="no disk can be made to fill")
def test_a_disk_without_a_byte_left_takes_news_of_that():
    program = (
        "import json, pathlib\n"
        "from bot.system.status import *\n"
        "path = pathlib.Path('/mnt/status.json')\n"
        "write_status(path, {'phase': 'up'})\n"
        "try:\n"
        "    pathlib.Path('/mnt/filler').write_bytes(bytes(1 << 20))\n"
        "except OSError as exc:\n"
        "    write_status(path, {'phase': exc.strerror})\n"
        "print(json.dumps(read_status(path)))\n"
    )
    words = [sys.executable, "-c", program]
    script = 'mount -t tmpfs -o size=64k none /mnt && exec "$@"'
    done = subprocess.run(  # noqa: S603 - ours
        ["/usr/bin/env", "unshare", "-rm", "sh", "-c", script, "sh", *words],
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == {"phase": "No space left on device"}


def test_a_condition_lasts_from_the_first_look_that_finds_it_to_the_first_that_does_not():
    conditions, late = Conditions(), NOON + timedelta(seconds=61)
    found = {
        ConditionKind.SHARDS: Finding(text="away", grave_after=60.0),
        ConditionKind.COMMANDS: Finding(text="not registered", grave_after=None),
    }
    new, over = conditions.observe(found, NOON)
    assert ({one.kind for one in new}, over) == (found.keys(), [])
    assert not any(one.is_grave(NOON) for one in conditions.held)
    assert conditions.observe(found, late) == ([], [])
    assert [one.kind for one in conditions.held if one.is_grave(late)] == [ConditionKind.SHARDS]
    new, over = conditions.observe({}, late)
    assert (new, len(over), conditions.held) == ([], 2, [])


def test_systemd_hears_each_state_in_a_line_and_nobody_is_needed_to_listen(tmp_path, monkeypatch):
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify(READY="1")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        notify(READY="1", STATUS="up\nREADY=0")
        assert listener.recv(1000) == b"READY=1\nSTATUS=up READY=0"
    notify(READY="1")  # it is gone, and that is no reason to fail
