"""xdist's scheduler for a leg: workers get tests as the queue gives them, two at a time.

Only its documented hook and protocol are used, so nothing but an event of a worker wakes it. A
worker without work therefore runs the park item, which ends when something is leased, or after
half a second.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest

from pytest_sisyphus.execution.distribution import slots
from pytest_sisyphus.execution.interrupt import Interrupter
from pytest_sisyphus.execution.leg import LegRun
from pytest_sisyphus.execution.outcomes import CollectedItem
from pytest_sisyphus.execution.report_reader import path_part
from pytest_sisyphus.execution.worker_channels import WorkerChannels
from pytest_sisyphus.i18n import tr

#: what a worker must hold to begin: a test, and the one whose fixtures it shall keep.
_HELD: Final = 2

#: position among the worker's items, and the test there; None: the park item.
_Entry = tuple[int, CollectedItem | None]


class SchedulerMaker:
    def __init__(self, run: LegRun, interrupter: Interrupter, channels: WorkerChannels) -> None:
        self._parts = (run, interrupter, channels)

    @pytest.hookimpl(tryfirst=True, optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config) -> "QueueScheduling":
        return QueueScheduling(config, *self._parts)


class QueueScheduling:
    """xdist's `Scheduling`; a node is its WorkerController."""

    def __init__(
        self,
        config: pytest.Config,
        run: LegRun,
        interrupter: Interrupter,
        channels: WorkerChannels,
    ) -> None:
        #: for plugins that xdist hands its scheduler to.
        self.config = config
        self._run = run
        self._interrupter = interrupter
        self._channels = channels
        self._expected = slots(config)
        self._held: dict[Any, list[_Entry]] = {}
        self._collected: set[Any] = set()
        #: of the first worker, by which the others are judged.
        self._nodeids: list[str] = []
        self._positions: dict[str, int] = {}
        self._file_of: dict[Any, str] = {}
        self._crashed: dict[str, CollectedItem] = {}
        run.wake_by(lambda: channels.wake(run.lost_reason))

    @property
    def nodes(self) -> list[Any]:
        return list(self._held)

    @property
    def collection_is_completed(self) -> bool:
        return len(self._collected) >= self._expected

    @property
    def has_pending(self) -> bool:
        return any(item for held in self._held.values() for _, item in held)

    @property
    def tests_finished(self) -> bool:
        return self.collection_is_completed and self._run.is_over and not self.has_pending

    def add_node(self, node: Any) -> None:
        self._held[node] = []

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        self._collected.add(node)
        if not self._nodeids:
            self._nodeids = list(collection)
            self._positions = {nodeid: at for at, nodeid in enumerate(collection)}
        elif self._nodeids != list(collection):
            # it cannot be told by position what to run
            different = sorted(set(collection) ^ self._positions.keys())
            named = ", ".join(different[:5]) or tr("the same tests in another order")
            report = pytest.CollectReport(
                nodeid=node.gateway.id,
                outcome="failed",
                longrepr=tr(
                    "{worker} collected other tests than the first worker: {named}",
                    worker=node.gateway.id,
                    named=named,
                ),
                result=[],
            )
            self.config.hook.pytest_collectreport(report=report)
            node.shutdown()

    def schedule(self) -> None:
        for node in self._held:
            self._fill(node)

    def mark_test_complete(self, node: Any, item_index: int, duration: float = 0) -> None:  # noqa: ARG002
        held = self._held[node]
        at = next(at for at, (index, _) in enumerate(held) if index == item_index)
        _, item = held.pop(at)
        if item is not None and self._run.is_rejected(item):
            self._run.skip(item)
        self._fill(node)

    def mark_test_pending(self, item: str) -> None:
        """Of a plugin that runs a test again that took its worker along."""
        with self._interrupter.deferred():
            self._run.put_back([self._crashed.pop(item)])
        self.schedule()

    def remove_pending_tests_from_node(self, node: Any, indices: Sequence[int]) -> None:
        """Never called: it answers a steal, and nothing is stolen from a worker here."""

    def remove_node(self, node: Any) -> str | None:
        held = self._held.pop(node)
        self._file_of.pop(node, None)
        if not held:
            return None
        (_, current), *rest = held
        with self._interrupter.deferred():
            self._run.put_back([item for _, item in rest if item is not None])
        self.schedule()
        if current is None:
            return None
        self._crashed[current.nodeid] = current
        return current.nodeid

    def _fill(self, node: Any) -> None:
        if node.shutting_down or node not in self._collected:  # it would not know the item
            return
        with self._interrupter.deferred():
            for entry in self._entries(node):
                self._held[node].append(entry)
                index, item = entry
                node.send_runtest_some([index])
                if item is not None:
                    self._permit(node, item)

    def _entries(self, node: Any) -> Iterator[_Entry]:
        while len(self._held[node]) < _HELD:
            item = self._run.take(
                is_idle=not any(item for _, item in self._held[node]),
                choose=lambda ready: self._nearest(node, ready),
            )
            if item is None:
                yield len(self._nodeids), None  # the park item stands behind what was collected
            else:
                self._file_of[node] = path_part(item.nodeid)
                yield self._positions[item.nodeid], item

    def _nearest(self, node: Any, ready: Sequence[CollectedItem]) -> int:
        """Of the file that the worker has; else of one that no other has; else the first."""
        own = self._file_of.get(node)
        others = {file for one, file in self._file_of.items() if one is not node}
        free = None
        for at, item in enumerate(ready):
            file = path_part(item.nodeid)
            if file == own:
                return at
            if free is None and file not in others:
                free = at
        return free or 0

    def _permit(self, node: Any, item: CollectedItem) -> None:
        def give() -> None:
            self._channels.permit(node, item.nodeid, may_begin=not self._run.is_rejected(item))

        self._run.permits.ask(item.execution_case_ids[0], give)
