"""One execution from request to end: triggering, results, lists, live events."""
