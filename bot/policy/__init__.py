"""What moderators decide for their server: settings by level, and what follows for a request."""
