"""What the child processes can do: each module has ``run(arguments) -> answer``."""
