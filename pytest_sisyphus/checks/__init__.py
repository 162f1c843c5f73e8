"""Checks: pure functions of the selected values and the expected one; they do no I/O."""
