"""What the child processes can do: each module has ``run(arguments)``, and may return an answer."""
