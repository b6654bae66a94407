"""A local CometAPI that is as strict as the real one, goes wrong on command, and restyles."""
