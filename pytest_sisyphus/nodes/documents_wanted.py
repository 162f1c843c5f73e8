"""Whether a plugin reads the documents of cases: in a run where none does, none is made.

A plugin that reads them off reports says so by `takes_documents = True`.
"""

from typing import Any, Final

import pytest

_WORKER_KEY: Final = "sisyphus_documents"


def are_wanted(config: pytest.Config) -> bool:
    """On an xdist worker: by a plugin of the controller's, which gets its reports."""
    wanted: bool | None = getattr(config, "workerinput", {}).get(_WORKER_KEY)
    return _has_reader(config) if wanted is None else wanted


def for_worker(workerinput: dict[str, Any], config: pytest.Config) -> None:
    workerinput[_WORKER_KEY] = are_wanted(config)


def _has_reader(config: pytest.Config) -> bool:
    plugins = config.pluginmanager.get_plugins()
    return any(getattr(one, "takes_documents", None) is True for one in plugins)
