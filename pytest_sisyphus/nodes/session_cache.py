"""The cache of values that are made once in a session: one for each pytest config."""

import shutil
import tempfile
from pathlib import Path

import pytest

from pytest_sisyphus.compiled.session_cache import SessionCache

_CACHE = pytest.StashKey[SessionCache]()


def session_cache(config: pytest.Config) -> SessionCache:
    """The one of the session that `config` belongs to."""
    if _CACHE not in config.stash:
        run = getattr(config, "workerinput", {}).get("testrunuid")
        folder = Path(tempfile.gettempdir()) / f"sisyphus-{run}" if run else None
        config.stash[_CACHE] = SessionCache(folder)
        if folder is not None:
            # by the first worker that ends: by then all have collected
            config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    return config.stash[_CACHE]
