"""Run the bot as ``run_bot.py`` does, but quick to see what is wrong and to tell its owner.

``LOCAL_LOOK_SECONDS`` takes the place of every pause and patience that is minutes otherwise. With
``LOCAL_DISK`` the data folder is a disk of its own, of that size, which nobody else sees.
"""

from __future__ import annotations

import ctypes
import os
import runpy
from pathlib import Path

import discord.backoff

from bot import signs
from bot.engine import clock_watch, provider_watch
from bot.engine.steps import submit
from cogs.owner import alerts

NEW_MOUNTS, NEW_USER = 0x00020000, 0x10000000
RECURSIVE, PRIVATE = 0x4000, 0x40000


def mount_disk(folder: str, size: str) -> None:
    """Do what ``unshare -rm mount -t tmpfs`` does, in this process. See unshare(2), mount(2)."""
    libc, user, group = ctypes.CDLL(None, use_errno=True), os.getuid(), os.getgid()
    libc.mount.argtypes = (*[ctypes.c_char_p] * 3, ctypes.c_ulong, ctypes.c_char_p)

    def check(status: int) -> None:
        if status:
            raise OSError(ctypes.get_errno(), "there is no disk of one's own here")

    check(libc.unshare(NEW_USER | NEW_MOUNTS))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    check(libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None))
    check(libc.mount(b"none", folder.encode(), b"tmpfs", 0, f"size={size}".encode()))


if __name__ == "__main__":
    if size := os.environ.get("LOCAL_DISK"):
        mount_disk(os.environ["DATA_DIR"], size)
    seconds = float(os.environ["LOCAL_LOOK_SECONDS"])
    alerts.LOOK_SECONDS = signs.SHARD_GRACE_SECONDS = seconds
    alerts.Alerts._keep_looking.change_interval(seconds=seconds)
    alerts.TOLD_AFTER.update(dict.fromkeys(alerts.TOLD_AFTER, seconds))
    provider_watch.LOOK_SECONDS = provider_watch.AGAIN_SECONDS = seconds
    clock_watch.COMPARE_SECONDS = clock_watch.RECOMPARE_SECONDS = seconds
    submit.CLOCK_SECONDS = seconds
    discord.backoff.ExponentialBackoff.delay = lambda self: seconds
    runpy.run_path(str(Path(__file__).with_name("run_bot.py")), run_name="__main__")
