"""The commands, and what the engine sees of Discord."""
