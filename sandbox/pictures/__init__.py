"""The pictures of the docs: the real bot in a simulated Discord, looked at with a real browser."""
