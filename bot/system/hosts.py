"""What the name of a host says about where it is."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str | None) -> bool:
    """Tell whether ``host`` names this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def is_internal(host: str) -> bool:
    """Tell whether ``host`` can only be this machine or one on its own network.

    A name without a dot is one that Compose, Kubernetes or the local network gives.
    """
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host
