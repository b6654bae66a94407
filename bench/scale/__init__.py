"""What the bot needs at which size: assumptions, simulation, limits, report."""
