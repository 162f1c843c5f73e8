"""Where the secrets of the current run come from: its environment, and credentials of its options.

Runs may be nested: pytester's are, in one process.
"""

import os
from collections.abc import Callable, Mapping
from typing import Final


class RunSecrets:
    def __init__(self, environ: Mapping[str, str], given: tuple[str, ...] = ()) -> None:
        self.environ = environ
        #: secret values that stand under no name.
        self.given = given


_runs: Final = [RunSecrets(os.environ)]


def current() -> RunSecrets:
    """Those of the innermost run."""
    return _runs[-1]


def activate(environ: Mapping[str, str], given: tuple[str, ...]) -> Callable[[], None]:
    """Makes these the current ones. Returns the function that undoes it."""
    run = RunSecrets(environ, given)
    _runs.append(run)
    return lambda: _runs.remove(run)
