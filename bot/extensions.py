"""What the bot consists of besides itself, in the order in which it is loaded."""

from __future__ import annotations

from typing import Final

EXTENSIONS: Final = (
    "cogs.delivery.cog",
    "cogs.delivery.more",
    "cogs.review.cog",
    "cogs.appeals.cog",
    "cogs.appeals.report",
    "cogs.consent.cog",
    "cogs.restyle.request_flow",
    "cogs.restyle.cog",
    "cogs.restyle.message_menu",
    "cogs.restyle.again",
    "cogs.restyle.next_clip",
    "cogs.looks.cog",
    "cogs.history.cog",
    "cogs.settings.cog",
    "cogs.usage.cog",
    "cogs.privacy.cog",
    "cogs.help.cog",
    "cogs.help.first_words",
    "cogs.about.cog",
    "cogs.admin.cog",
    "cogs.admin.leaving",
    "cogs.admin.gone",
    "cogs.admin.budgets",
    "cogs.owner.cog",
    "cogs.owner.alerts",
    "cogs.common.strangers",
)
"""Some need what those before them brought, such as the cog that takes requests in."""
