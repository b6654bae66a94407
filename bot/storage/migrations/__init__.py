"""Alembic's environment and the migrations; ``bot.storage.upgrade`` runs them."""
