"""Connections outlive a case, but no fixture: it may be the server, and wait for them to end."""

import sys
from typing import Any, Final

import pytest


class CloseConnections:
    """The pytest plugin that closes pooled connections before a fixture is torn down."""

    def __init__(self) -> None:
        #: scopes of the fixtures that were set up.
        self._scopes: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> None:
        self._scopes.add(fixturedef.scope)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        if nextitem is None:
            ending = _FILE_SCOPES | {"session"}
        else:
            ending = _ITEM_SCOPES if nextitem.parent is item.parent else _FILE_SCOPES
        if not self._scopes.isdisjoint(ending):
            _close()
        self._scopes -= _ITEM_SCOPES

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        _close()


#: a case is in no class: such a fixture ends with it.
_ITEM_SCOPES: Final = frozenset({"function", "class"})
_FILE_SCOPES: Final = _ITEM_SCOPES | {"module", "package"}


def _close() -> None:
    pool = sys.modules.get("pytest_sisyphus.http.pool")  # heavy, and only there after a case
    if pool is not None:
        pool.POOL.close()
