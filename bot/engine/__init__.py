"""The job engine: when each job is due, and one step of one job."""
