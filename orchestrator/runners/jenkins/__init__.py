"""Runs as builds of a Jenkins job."""
