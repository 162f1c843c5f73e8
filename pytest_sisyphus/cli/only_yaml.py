"""YAML files, nothing else. The commands load it with `-p`, so that xdist's workers do so too."""

from pathlib import Path

import pytest

_CASES = frozenset([".yaml", ".yml"])


@pytest.hookimpl(tryfirst=True)
def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """None lets pytest and the conftests decide."""
    return None if collection_path.is_dir() or collection_path.suffix in _CASES else True
