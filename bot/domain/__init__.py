"""What the program is about: jobs, quotas, money, reviews, people. Values without I/O."""
