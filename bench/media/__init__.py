"""Measure preparing: beside the plain ``ffmpeg`` command, and what it costs the event loop."""
