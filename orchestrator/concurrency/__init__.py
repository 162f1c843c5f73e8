"""Threads: a bounded pool, periodic work, calls with a time limit."""
