"""Restyle: a Discord bot with which the people of a server restyle videos."""

__version__ = "0.2.0"
