"""Measurements and simulations; nothing in bot/ or cogs/ imports them."""
