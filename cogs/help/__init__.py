"""``/restyle-help``, and the first words on a server that the bot has joined."""
