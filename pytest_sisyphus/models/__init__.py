"""The nouns: what a file says (`case`), what came of it (`result`)."""
