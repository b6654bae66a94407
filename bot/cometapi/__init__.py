"""CometAPI: what it takes, what it answers, and the one module that talks to it."""
