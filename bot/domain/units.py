"""Units of measurement that several rooms count in."""

from __future__ import annotations

from typing import Final

MEBIBYTE: Final = 1024 * 1024
"""Bytes, which settings and messages call MB."""
