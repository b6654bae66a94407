"""Every sentence that people read, by what it is about: functions from facts to text."""
