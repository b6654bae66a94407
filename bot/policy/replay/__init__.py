"""What a change of settings would do: to one request, or to the last 30 days."""
