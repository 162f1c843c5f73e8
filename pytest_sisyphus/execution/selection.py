"""Of everything pytest could collect, exactly the wanted cases, in the wanted order.

Registered in the process that collects: the session itself, or each xdist worker.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from .outcomes import CollectedItem
from .pulled import Execution, WantedCase

MARK = "sisyphus"


class CaseIndex:
    """Which rows of the execution an item stands for."""

    def __init__(self, cases: Iterable[WantedCase]) -> None:
        self.by_row = {case.execution_case_id: case for case in cases}
        self._by_id: dict[str, list[WantedCase]] = {}
        self._by_key: dict[str, list[WantedCase]] = {}
        for case in self.by_row.values():
            self._by_id.setdefault(str(case.case_id), []).append(case)
            self._by_key.setdefault(case.case_key, []).append(case)

    def of(self, item: pytest.Item) -> Sequence[WantedCase]:
        case_id, case_key = identity_of(item)
        if case_id is not None and str(case_id) in self._by_id:
            return self._by_id[str(case_id)]
        return self._by_key.get(case_key, ()) if case_key else ()


def identity_of(item: pytest.Item) -> tuple[int | str | None, str]:
    """`case_id` and `case_key` of the nearest mark."""
    mark = item.get_closest_marker(MARK)
    if mark is None:
        return None, ""
    case_id, case_key = mark.kwargs.get("case_id"), mark.kwargs.get("case_key")
    return case_id, "" if case_key is None else str(case_key)


def locator_of(item: pytest.Item) -> str:
    """The node id without parameters, where pytest tells them apart."""
    original = getattr(item, "originalname", None)
    if original and item.parent is not None:
        return f"{item.parent.nodeid}::{original}"
    return item.nodeid


Found = Callable[[Sequence[CollectedItem], Sequence[int]], None]


class Selection:
    """`found` hears once what was collected: the items, and the cases that -k, -m … deselected."""

    def __init__(self, execution: Execution, files: frozenset[Path] | None, found: Found) -> None:
        self._index = CaseIndex(execution.cases)
        self._files = files
        self._folders = None if files is None else {one for file in files for one in file.parents}
        self._found = found
        self._plain_nodeids: dict[pytest.Item, str] = {}
        self._deselected: set[int] = set()
        self._selecting = False

    def narrow(self, config: pytest.Config) -> None:
        """Arguments say where to look; what the execution wants says what to take there."""
        if self._files is None:
            return
        paths = arguments(config)
        args = [str(path) for path in paths if any(_holds(path, file) for file in self._files)]
        beyond = [
            str(file)
            for file in sorted(self._files)
            if not any(_holds(path, file) for path in paths)
        ]
        config.args = args + beyond

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        if self._files is None or self._folders is None:
            return None
        wanted = collection_path in self._files or collection_path in self._folders
        return None if wanted else True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> Generator[None]:
        """The outermost: other plugins shuffle and deselect before, and rename node ids."""
        self._plain_nodeids = {item: item.nodeid for item in items}
        yield
        wanted = [item for item in items if self._index.of(item)]
        rest = [item for item in items if not self._index.of(item)]
        items[:] = sorted(wanted, key=self._order)
        if rest:
            self._selecting = True
            config.hook.pytest_deselected(items=rest)
            self._selecting = False

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        if not self._selecting:
            for item in items:
                self._deselected.update(case.execution_case_id for case in self._index.of(item))

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self._found([self._collected(item) for item in session.items], sorted(self._deselected))

    def _order(self, item: pytest.Item) -> int:
        return min(case.run_order for case in self._index.of(item))

    def _collected(self, item: pytest.Item) -> CollectedItem:
        return CollectedItem(
            nodeid=item.nodeid,
            shown=self._plain_nodeids.get(item, item.nodeid),
            locator=locator_of(item),
            execution_case_ids=tuple(case.execution_case_id for case in self._index.of(item)),
        )


def arguments(config: pytest.Config) -> list[Path]:
    """The paths of the command line (or testpaths, or the folder pytest was called in)."""
    start = config.invocation_params.dir
    return [(start / arg.partition("::")[0]).resolve() for arg in config.args]


def _holds(path: Path, file: Path) -> bool:
    return path == file or path in file.parents


def to_plain(items: Iterable[CollectedItem]) -> list[list[Any]]:
    """What a worker tells: lists and scalars only."""
    return [[one.nodeid, one.shown, one.locator, list(one.execution_case_ids)] for one in items]


def from_plain(rows: Iterable[Sequence[Any]]) -> list[CollectedItem]:
    return [
        CollectedItem(nodeid=nodeid, shown=shown, locator=locator, execution_case_ids=tuple(keys))
        for nodeid, shown, locator, keys in rows
    ]
