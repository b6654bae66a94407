"""``/restyle-owner``: what whoever runs the bot does about it, in direct messages with it."""
