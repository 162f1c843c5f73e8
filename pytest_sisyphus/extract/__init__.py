"""Picking values out of what a step brought."""
