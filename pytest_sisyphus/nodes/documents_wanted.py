"""Whether a plugin reads the documents of cases: in a run where none does, none is made.

A plugin that reads them off reports says so by `takes_documents = True`.
"""

from typing import Any, Final

import pytest

_WANTED: Final = pytest.StashKey[bool]()
_WORKER_KEY: Final = "sisyphus_documents"


class WatchForReaders:
    """The plugin that is told of every other, also of those registered before it and in the run."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_plugin_registered(self, plugin: object) -> None:
        if getattr(plugin, "takes_documents", None) is True:
            self._config.stash[_WANTED] = True


def are_wanted(config: pytest.Config) -> bool:
    """On an xdist worker: by a plugin of the controller's, which gets its reports."""
    wanted: bool | None = getattr(config, "workerinput", {}).get(_WORKER_KEY)
    return config.stash.get(_WANTED, False) if wanted is None else wanted


def for_worker(workerinput: dict[str, Any], config: pytest.Config) -> None:
    workerinput[_WORKER_KEY] = are_wanted(config)
