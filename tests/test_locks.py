"""What is locked is complete, hashed, and not older than SECURITY.md allows."""

import re
from importlib.metadata import version
from pathlib import Path

import av
import pytest

ROOT = Path(__file__).parent.parent
LOCKS = ("run.txt", "sentry.txt", "dev.txt")
ROW = re.compile(r"^\| `([\w.-]+)` \| (\d[\d.]*) \| .{10,} \|$", re.MULTILINE)
OLDEST = dict(ROW.findall((ROOT / "SECURITY.md").read_text(encoding="utf-8")))


def locked(name):
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)(.*(?:\n .*)*)", text, re.MULTILINE)


def parts(number):
    return tuple(int(part) for part in re.findall(r"\d+", number))


def test_the_table_names_what_reads_strangers_files_and_answers():
    assert OLDEST.keys() >= {"av", "pillow", "aiohttp"}


@pytest.mark.parametrize("name", LOCKS)
def test_nothing_is_locked_that_is_older_than_acceptable(name):
    versions = {package: number for package, number, _ in locked(name)}
    assert versions.keys() >= OLDEST.keys()
    old = {
        package: versions[package]
        for package, oldest in OLDEST.items()
        if parts(versions[package]) < parts(oldest)
    }
    assert not old


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_has_its_hashes(name):
    packages = locked(name)
    assert len(packages) > 30
    assert [package for package, _, rest in packages if "--hash=sha256:" not in rest] == []


def test_what_is_installed_is_what_is_locked():
    locks = {package: number for package, number, _ in locked("dev.txt")}
    assert {package: version(package) for package in OLDEST} == {
        package: locks[package] for package in OLDEST
    }


def test_the_ffmpeg_inside_pyav_has_its_decoders_mended():
    assert parts(av.ffmpeg_version_info)[:3] >= (8, 1, 2)
