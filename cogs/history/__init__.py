"""``/restyle-jobs``: what one asked for, and what a server made, with live buttons."""
