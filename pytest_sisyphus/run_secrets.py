"""What this run was given as secrets: its environment, and the credentials among its options.

Nothing is looked for before somebody masks; and runs may be nested (pytester's, in one process).
"""

import os
from collections.abc import Callable, Mapping
from typing import Final


class RunSecrets:
    def __init__(self, environ: Mapping[str, str], given: tuple[str, ...] = ()) -> None:
        self.environ = environ
        #: whatever their names.
        self.given = given


_runs: Final = [RunSecrets(os.environ)]


def current() -> RunSecrets:
    return _runs[-1]


def begin(environ: Mapping[str, str], given: tuple[str, ...]) -> Callable[[], None]:
    """What ends it."""
    run = RunSecrets(environ, given)
    _runs.append(run)
    return lambda: _runs.remove(run)
