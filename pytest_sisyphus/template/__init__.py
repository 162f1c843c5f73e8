"""`${…}` in texts: expressions, templates, conditions, variables and the functions they call."""
