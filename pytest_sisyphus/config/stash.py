"""What a run keeps in `config.stash` under public keys."""

from typing import Final

import pytest

from pytest_sisyphus.config.options import Options

#: the options; set before `pytest_configure`.
OPTIONS: Final = pytest.StashKey[Options]()
#: messages about files that nearly look like cases; not set: there are none.
NEAR_MISSES: Final = pytest.StashKey[list[str]]()
#: seed of the random functions: `--sisyphus-seed`, or a random number of this run.
SEED: Final = pytest.StashKey[int]()
