"""Rules about prompts: words and patterns, found however they are disguised."""
