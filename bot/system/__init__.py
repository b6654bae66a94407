"""What the operating system and the interpreter give: time, locks, signs of life, memory."""
