"""``/restyle-admin``: what managers and the bot's owner do about jobs, people and money."""
