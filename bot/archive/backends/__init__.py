"""Where the archive's files lie: a folder, or a bucket."""
