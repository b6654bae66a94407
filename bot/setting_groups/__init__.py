"""The fields of ``bot/settings.py`` by subject; the README's table has them in one list."""
