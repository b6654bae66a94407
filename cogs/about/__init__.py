"""``/restyle-about``: which program this is, how it does, and whether there is a newer one."""
