"""``/restyle-privacy``: what is kept, an opt-out, and one's own data."""
