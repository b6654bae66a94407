"""``/restyle`` and *Restyle this*: from what a person asks for to a stored job."""
