"""Telling systemd that the bot has started, is well, or stops (``Type=notify``)."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress


def notify(**states: str) -> None:
    """Send states, such as ``READY="1"``; without systemd, or when it does not listen, nothing.

    Source: https://www.freedesktop.org/software/systemd/man/latest/sd_notify.html
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address or sys.platform == "win32":
        return
    if address.startswith("@"):  # a name of Linux's, without a file
        address = "\0" + address[1:]
    lines = (f"{name}={' '.join(value.split())}" for name, value in states.items())
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as connection:
        connection.setblocking(False)
        connection.sendto("\n".join(lines).encode(), address)
