"""The command line beside running the bot: settings, jobs, backups, moving to another database."""
