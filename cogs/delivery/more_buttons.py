"""More, under an answer, and what of its menu has no other place; ``more.py`` says what they do."""

from __future__ import annotations

from cogs.common.items import IdButton


class MoreButton(IdButton, verb="more", label="More ▾"):
    """Shows the person alone what else there is to do with a finished clip."""


class DetailsButton(IdButton, verb="details", label="Full prompt and details"):
    """Shows the whole prompt, and everything by which the clip could be made again."""


class DownloadButton(IdButton, verb="download", label="Download"):
    """Brings links to the files that work at this moment."""
