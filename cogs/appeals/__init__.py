"""Questions to the moderators about a denial, a failure or a refusal."""
