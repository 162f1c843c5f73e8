"""A collected case, and the items that pytest gets of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from pytest_sisyphus.i18n import tr
from pytest_sisyphus.nodes.case_source import CaseSource
from pytest_sisyphus.nodes.item import CaseItem
from pytest_sisyphus.nodes.metadata import CaseMetadata
from pytest_sisyphus.values.record import record

if TYPE_CHECKING:
    from pytest_sisyphus.compiled.data_rows import Rows


@record(kw_only=False)
class SharedInfo:
    """What the functions of a file have in common that request the same fixtures."""

    #: as pytest found them for the first of these functions, from its signature: that takes 20 of
    #: the 26 µs of an item. None: it is not known.
    fixtures: Any = None
    has_default_keywords: bool = False


#: by what `usefixtures` says.
SharedInfos = dict[tuple[str, ...], SharedInfo]


class CollectedCase:
    """What the items of one case share: one item, or one for each data row."""

    __slots__ = ("_names", "_run", "_shared", "metadata", "rows", "source")

    def __init__(
        self,
        source: CaseSource,
        metadata: CaseMetadata,
        rows: "Rows | None",
        run: Callable[..., None],
        shared: SharedInfos,
    ) -> None:
        self.source = source
        self.metadata = metadata
        self.rows = rows
        self._run = run
        self._shared = shared
        self._names: list[str] | None = None

    def item(self, parent: pytest.Collector, name: str, number: int) -> "CaseItem":
        """`name`: what its node id says behind the parent's; `number`: of the data row."""
        info = self._shared.get(self.metadata.usefixtures, SharedInfo())
        item: CaseItem = CaseItem.from_parent(
            parent, name=name, callobj=self._run, fixtureinfo=info.fixtures
        )
        if info.fixtures is None:
            info = SharedInfo(getattr(item, "_fixtureinfo", None), item.has_default_keywords())
            self._shared[self.metadata.usefixtures] = info
        item.drop_defaults(keywords=info.has_default_keywords)
        item.fixturenames = self._names = self._names or [*item.fixturenames]
        item.collected, item.number = self, number
        for at, mark in enumerate(self.metadata.marks):
            if mark.conditions:
                kwargs = {
                    "reason": tr("condition: {conditions}", conditions=", ".join(mark.conditions)),
                    **mark.kwargs,
                }
                conditions = (_LazyCondition(item, at, one) for one in range(len(mark.conditions)))
                item.add_marker(getattr(pytest.mark, mark.name).with_args(*conditions, **kwargs))
        return item


class _LazyCondition:
    """A condition of a case's mark: pytest asks for its truth when the case is set up."""

    def __init__(self, item: CaseItem, mark: int, condition: int) -> None:
        self._item = item
        self._number = mark, condition

    def __bool__(self) -> bool:
        return self._item.evaluate_condition(*self._number)
