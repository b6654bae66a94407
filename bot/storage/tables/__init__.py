"""The schema: one for SQLite and PostgreSQL. ``migrations/`` must say the same; a test compares."""

from bot.storage.tables import deletion, job, look, money, people, process, request, review, setting
from bot.storage.tables.base import metadata

__all__ = [
    "deletion",
    "job",
    "look",
    "metadata",
    "money",
    "people",
    "process",
    "request",
    "review",
    "setting",
]
