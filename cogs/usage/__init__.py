"""``/restyle-usage``: what was used, and what is left."""
