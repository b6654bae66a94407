"""A local CometAPI that really restyles, and the demo."""
