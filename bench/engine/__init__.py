"""The job engine beside other ways to wait for many tasks, measured in one run."""
