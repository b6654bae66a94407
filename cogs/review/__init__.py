"""Requests and results that a moderator looks at first."""
