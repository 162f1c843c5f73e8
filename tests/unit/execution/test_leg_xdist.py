"""A leg's scheduler and its workers' gate, without xdist: who is fed, and who waits."""

import contextlib
import itertools
from collections import Counter
from types import SimpleNamespace

import pytest

from pytest_sisyphus.execution.leg_worker import Gate
from pytest_sisyphus.execution.leg_xdist import QueueScheduling
from pytest_sisyphus.execution.outcomes import CollectedItem
from pytest_sisyphus.execution.park import Park

TESTS = [f"t.py::t[{n}]" for n in range(6)]
PARK = len(TESTS)


class Interrupter:
    """Counts how often a wait could be interrupted."""

    def __init__(self):
        self.waits = 0

    @contextlib.contextmanager
    def deferred(self):
        yield

    @contextlib.contextmanager
    def interruptible(self):
        self.waits += 1
        yield


class Node:
    """xdist's WorkerController, as far as a scheduler sees it."""

    shutting_down = False

    def __init__(self):
        self.sent = []

    def send_runtest_some(self, indices):
        self.sent += indices


class Queue:
    """A LegRun that has leased these tests, each announced and confirmed."""

    def __init__(self, *tests):
        self.left = [
            CollectedItem(nodeid=one, reported_nodeid=one, locator=one, execution_case_ids=(n,))
            for n, one in enumerate(tests)
        ]
        self.lost_reason = ""
        self.permits = SimpleNamespace(ask=lambda key, give: give())

    is_over = property(lambda self: not self.left)

    def take(self, *, is_idle, choose):
        return self.left.pop(choose(self.left)) if self.left else None

    def put_back(self, items):
        self.left[:0] = items

    def is_rejected(self, item):
        return False

    def wake_by(self, wake):
        pass


def scheduling(queue, *, workers):
    option = SimpleNamespace(tx=["popen"] * workers)
    manager = SimpleNamespace(hasplugin=lambda name: name == "dsession")
    config = SimpleNamespace(option=option, pluginmanager=manager)
    channels = SimpleNamespace(permit=lambda *_, **__: None, wake=lambda *_: None)
    return QueueScheduling(config, queue, Interrupter(), channels)


def test_a_worker_that_still_collects_is_fed_nothing_and_loses_nothing():
    """The one that takes a dead worker's place: xdist would drop what it does not know yet."""
    queue = Queue(*TESTS)
    scheduler = scheduling(queue, workers=2)
    first, dead, replacing = Node(), Node(), Node()
    for node in (first, dead):
        scheduler.add_node(node)
        scheduler.add_node_collection(node, TESTS)
    scheduler.schedule()
    scheduler.add_node(replacing)

    crashed = scheduler.remove_node(dead)

    assert replacing.sent == []
    scheduler.add_node_collection(replacing, TESTS)
    scheduler.schedule()
    for node in (first, replacing):
        for index in itertools.takewhile(lambda index: index != PARK, node.sent):  # it grows
            scheduler.mark_test_complete(node, index)
    ran = Counter(index for node in (first, replacing) for index in node.sent if index != PARK)
    assert ran == Counter(at for at, test in enumerate(TESTS) if test != crashed)
    assert scheduler.tests_finished


@pytest.mark.parametrize("closed", ["", "this leg is lost"])
def test_a_worker_without_work_waits_also_when_its_leg_is_closed(request, closed):
    """Its scheduler gives it the park item again at once: a round without a wait is a hot loop."""
    interrupter = Interrupter()
    gate, park = Gate(interrupter), Park.of(request.session)
    if closed:
        gate.hear("close", closed)
        _parked(gate, park)
    gate.hear("wake", "")

    _parked(gate, park)

    assert interrupter.waits == 1 + bool(closed)


@pytest.mark.parametrize(
    ("heard", "begins"),
    [
        ([("permit", "t")], True),
        ([("permit", "t"), ("close", "this leg is lost")], False),
        ([("refuse", "t")], False),
    ],
)
def test_a_permit_holds_until_the_leg_is_closed(heard, begins):
    gate = Gate(Interrupter())
    for message in heard:
        gate.hear(*message)

    assert gate.may_begin("t") is begins


def _parked(gate, park):
    """One round of the park item, with the park item behind it."""
    with contextlib.suppress(Exception):  # how xdist is told that it was seen to
        next(gate.pytest_runtest_protocol(park, park))
