"""Units that sizes are written in, for all who read or show them."""

from __future__ import annotations

from typing import Final

MEBIBYTE: Final = 1024 * 1024
"""Bytes in what people call a megabyte: Discord's and the provider's limits count so too."""
