"""The proxy on the way to the internet, and for which hosts it is not used."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.system.hosts import is_loopback

if TYPE_CHECKING:
    from yarl import URL


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """What ``HTTPS_PROXY`` and ``NO_PROXY`` say. Without an address everything goes directly."""

    address: str = ""
    """``http://host:port``, with ``user:password@`` before the host if the proxy asks for it."""
    exceptions: str = ""
    """Hosts and ends of names, with commas, to which no proxy leads; ``*`` is all."""

    def way_to(self, url: URL) -> str | None:
        """Return the proxy through which ``url`` is reached; ``None`` is none.

        This machine is always reached directly.
        """
        host = url.host or ""
        if not self.address or is_loopback(host):
            return None
        for part in self.exceptions.lower().split(","):
            name = part.strip().removeprefix("*").removeprefix(".")
            if part.strip() == "*" or (name and (host == name or host.endswith(f".{name}"))):
                return None
        return self.address
