"""One step of one job each: open, prepare, approve, submit, poll, deliver."""
