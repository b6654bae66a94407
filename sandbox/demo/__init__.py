"""The demo: the real bot in a simulated Discord, with a local CometAPI that really restyles."""
