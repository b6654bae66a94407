"""What the engine sees of Discord: records, threads, answers, and the buttons below them."""
