"""Of everything pytest could collect, exactly the wanted cases, in the wanted order.

Registered in the process that collects: the session itself, or each xdist worker.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_sisyphus.execution.contract import Execution, WantedCase
from pytest_sisyphus.execution.outcomes import CollectedItem

MARK = "sisyphus"


class CaseIndex:
    """Finds the rows of the execution that an item stands for."""

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
    """The node id without parameters, where the item has an `originalname`."""
    original = getattr(item, "originalname", None)
    if original and item.parent is not None:
        return f"{item.parent.nodeid}::{original}"
    return item.nodeid


OnCollected = Callable[[Sequence[CollectedItem], Sequence[int]], None]


class CaseSelection:
    """A plugin: pytest collects the files of the execution's cases, and runs these in its order."""

    def __init__(
        self,
        execution: Execution,
        files: frozenset[Path] | None,
        on_collected: OnCollected | None,
    ) -> None:
        """`files`: None for every file. `on_collected` is called once, with the items and the row
        ids of the cases that -k, -m … deselected."""
        self._index = CaseIndex(execution.cases)
        self._files = files
        self._folders = None if files is None else {one for file in files for one in file.parents}
        self._on_collected = on_collected
        self._plain_nodeids: dict[pytest.Item, str] = {}
        self._deselected: set[int] = set()
        self._selecting = False

    def narrow_arguments(self, config: pytest.Config) -> None:
        """Of the paths that pytest was given those with wanted files, and wanted files beyond."""
        if self._files is None:
            return
        paths = argument_paths(config)
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
        items[:] = sorted(
            wanted, key=lambda item: min(case.run_order for case in self._index.of(item))
        )
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
        if self._on_collected is None:
            return
        items = [
            CollectedItem(
                nodeid=item.nodeid,
                reported_nodeid=self._plain_nodeids.get(item, item.nodeid),
                locator=locator_of(item),
                execution_case_ids=tuple(case.execution_case_id for case in self._index.of(item)),
            )
            for item in session.items
        ]
        self._on_collected(items, sorted(self._deselected))


def argument_paths(config: pytest.Config) -> list[Path]:
    """The paths of the command line (or testpaths, or the folder pytest was called in)."""
    start = config.invocation_params.dir
    return [(start / arg.partition("::")[0]).resolve() for arg in config.args]


def _holds(path: Path, file: Path) -> bool:
    return path == file or path in file.parents


def to_plain(items: Iterable[CollectedItem]) -> list[list[Any]]:
    """Lists and scalars only: what execnet carries from a worker."""
    return [
        [one.nodeid, one.reported_nodeid, one.locator, list(one.execution_case_ids)]
        for one in items
    ]


def from_plain(rows: Iterable[Sequence[Any]]) -> list[CollectedItem]:
    return [
        CollectedItem(
            nodeid=nodeid, reported_nodeid=reported, locator=locator, execution_case_ids=tuple(keys)
        )
        for nodeid, reported, locator, keys in rows
    ]
