"""How somebody wants to be told that a clip of theirs is done, or came to nothing."""

from __future__ import annotations

import enum


class ToldBy(enum.StrEnum):
    """A person's own choice, on every server; the outcome itself is in the thread either way."""

    THREAD = "thread"  # a ping there
    DIRECT = "direct"  # a direct message that leads there
    SILENT = "silent"  # nothing: they look for themselves
