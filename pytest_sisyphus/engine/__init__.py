"""Runs a compiled case and says what happened. Knows neither pytest nor any report."""
