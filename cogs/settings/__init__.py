"""``/restyle-settings``: the panel of a server's moderators."""
