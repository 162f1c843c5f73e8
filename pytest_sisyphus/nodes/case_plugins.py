"""The plugin objects that look after YAML cases: a run without a case has no hooks of theirs."""

from typing import Final

import pytest

from pytest_sisyphus.nodes.connection_lifetime import CloseConnections
from pytest_sisyphus.nodes.document_lifetime import ReleaseDocuments
from pytest_sisyphus.nodes.gc_pause import FreezeCollected

#: of a run; `-p no:sisyphus-freeze` keeps it from being a plugin.
_FREEZE: Final = pytest.StashKey[FreezeCollected]()


def register_case_plugins(config: pytest.Config) -> FreezeCollected:
    """Once in a run: with its first case, or where xdist's workers report of cases."""
    known = config.stash.get(_FREEZE, None)
    if known is not None:
        return known
    config.stash[_FREEZE] = freeze = FreezeCollected()
    config.add_cleanup(freeze.unfreeze)
    register = config.pluginmanager.register
    register(ReleaseDocuments(), "sisyphus-release-documents")
    register(CloseConnections(), "sisyphus-close-connections")
    register(freeze, "sisyphus-freeze")
    return freeze
