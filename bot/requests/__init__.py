"""What people ask for, before it becomes a job: accepted, made safe to show, planned. No I/O."""
