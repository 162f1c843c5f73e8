"""Waiting for a condition, with a deadline that a loaded machine keeps."""

import time

PATIENCE = 600.0


class NeverCameError(Exception):
    """what was waited for"""


def until(condition, what, seconds=PATIENCE, pause=0.01):
    """The condition's first true value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise NeverCameError(what)
        time.sleep(pause)
    return value
