"""Ports of this machine."""

import socket


def free_port() -> int:
    """Return a port on which nobody listens just now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port
