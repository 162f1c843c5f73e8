"""Every order of everything that two legs with three cases can meet: calls and answers that come
late, twice or never, a leg that is thought dead. What a result does is decided by the service's own
rules; leases and losses are modelled. A machine that dies is one that does nothing from then on,
which is a part of every order.
"""

import datetime as dt
import functools
from typing import NamedTuple

import pytest

from orchestrator.executions import results
from orchestrator.schemas.runner_requests import CaseResult
from orchestrator.status import CaseStatus, ExecutionStatus
from orchestrator.store.case_state import CaseState
from orchestrator.store.legs import LegState

pytestmark = pytest.mark.timeout(600)  # 235 000 worlds take their time on a busy machine
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
LEGS, CASES = (0, 1), (0, 1, 2)
QUEUED, RUNNING, PASSED, BLOCKED = 0, 1, 2, 4
NOBODY = -1
#: calls and answers that are on their way at once.
MOST_SENT = 2
#: leases that each leg asks for. Only the first leg is thought dead: the second takes over.
MOST_LEASES = (1, 2)
LOSABLE = 0


class World(NamedTuple):
    #: the service's: `(status, leg)` of each case, whether each leg is lost, what each lease gave.
    cases: tuple = ((QUEUED, NOBODY),) * len(CASES)
    lost: tuple = (False, False)
    leases: tuple = ((), ())
    #: the machines': what they may announce, and what runs or has run.
    held: tuple = (frozenset(), frozenset())
    begun: tuple = (frozenset(), frozenset())
    #: on its way.
    sent: frozenset = frozenset()


def put(values, place, value):
    return (*values[:place], value, *values[place + 1 :])


def sending(world, message):
    """Where it is on its way; nowhere else when there is no room for it."""
    if message not in world.sent and len(world.sent) < MOST_SENT:
        yield world._replace(sent=world.sent | {message})


def steps(world):
    for leg in LEGS:
        yield from machine_steps(world, leg)
    if not world.lost[LOSABLE]:
        yield judged_lost(world, LOSABLE)
    for message in world.sent:
        gone = world._replace(sent=world.sent - {message})
        yield gone  # never comes
        for here in (gone, world):  # once, or again later
            yield from delivered(here, *message)


def machine_steps(world, leg):
    asked = len(world.leases[leg])
    if not world.held[leg]:
        for lease in range(max(asked - 1, 0), min(asked + 1, MOST_LEASES[leg])):
            yield from sending(world, ("lease", leg, lease))
    for case in world.held[leg]:
        yield from sending(world, ("say", leg, (case, RUNNING)))
    for case in world.begun[leg]:
        yield from sending(world, ("say", leg, (case, PASSED)))


def judged_lost(world, leg):
    """By the service, rightly or not."""
    after = {
        (QUEUED, leg): (QUEUED, NOBODY),
        (RUNNING, leg): (BLOCKED, leg),
    }
    cases = tuple(after.get(case, case) for case in world.cases)
    return world._replace(cases=cases, lost=put(world.lost, leg, True))


def delivered(world, kind, leg, what):
    if kind == "lease":
        yield from leased(world, leg, what)
    elif kind == "say":
        yield from said(world, leg, *what)
    elif kind == "given":
        new = frozenset(what) - world.begun[leg]
        yield world._replace(held=put(world.held, leg, world.held[leg] | new))
    elif kind == "may" and what in world.held[leg]:
        held = put(world.held, leg, world.held[leg] - {what})
        yield world._replace(held=held, begun=put(world.begun, leg, world.begun[leg] | {what}))
    elif kind == "may not":
        yield world._replace(held=put(world.held, leg, world.held[leg] - {what}))


def leased(world, leg, lease):
    if world.lost[leg]:
        return
    known = world.leases[leg]
    if lease >= len(known):
        free = [case for case in CASES if world.cases[case] == (QUEUED, NOBODY)]
        items = tuple(free[: 2 - lease])
        cases = tuple((QUEUED, leg) if case in items else world.cases[case] for case in CASES)
        known = (*known, items)
        world = world._replace(cases=cases, leases=put(world.leases, leg, known))
    yield world  # the answer is lost
    yield from sending(world, ("given", leg, known[lease]))


def said(world, leg, case, status):
    refused, now = judged(*world.cases[case], leg, status, lost=world.lost[leg])
    world = world._replace(cases=put(world.cases, case, (now, world.cases[case][1])))
    if status == RUNNING:
        yield from sending(world, ("may not" if refused else "may", leg, case))
    yield world


@functools.cache
def judged(status, holder, leg, said_status, *, lost):
    """By the service's own rules: whether it is refused, and the case's status then."""
    result = CaseResult(execution_case_id=1, status=said_status)
    its = None if holder == NOBODY else holder + 1
    began = NOW if status != QUEUED else None
    case = CaseState(1, 1, 1, None, status, 0, None, status == BLOCKED, began, None, its, its, 0)
    state = ExecutionStatus.CALLBACK_LOST if lost else ExecutionStatus.RUNNING
    speaker = LegState(leg + 1, 1, leg + 1, 1, int(state), str(leg))
    refused = bool(results._not_its(case, speaker, result))
    if not refused:
        case.record_result(result, speaker, over=False, now=NOW, finished=NOW)
    return refused, case.status


def check(world):
    first, second = world.begun
    assert not first & second, "two legs began a case"
    for leg in LEGS:
        for case in world.begun[leg]:
            status, holder = world.cases[case]
            assert holder == leg, "what was begun is somebody else's"
            assert status != QUEUED, "what was begun is not known as begun"
    for status, leg in world.cases:
        if status in (QUEUED, RUNNING) and leg != NOBODY:
            assert not world.lost[leg], "a lost leg has a case"


def check_step(world, after):
    for (status, _), (to, _) in zip(world.cases, after.cases, strict=True):
        assert status != PASSED or to == PASSED, "an outcome was replaced"


def explored():
    """How many worlds there are; each of them is checked."""
    judged.cache_clear()
    known, left = {World()}, [World()]
    while left:
        world = left.pop()
        check(world)
        for after in steps(world):
            check_step(world, after)
            if after not in known:
                known.add(after)
                left.append(after)
    return len(known)


def test_no_order_of_events_begins_a_case_twice_or_loses_one():
    assert explored() > 100_000


@pytest.mark.parametrize(
    ("place", "name", "wrong"),
    [
        (results, "_not_its", lambda *_: ""),
        (CaseState, "_accepts", lambda *_, **__: True),
    ],
    ids=["anybody is heard", "anything follows"],
)
def test_a_rule_that_is_missing_is_found(monkeypatch, place, name, wrong):
    monkeypatch.setattr(place, name, wrong)
    with pytest.raises(AssertionError):
        explored()
    judged.cache_clear()


def test_the_numbers_of_the_model_are_those_of_the_service():
    assert tuple(
        map(int, (CaseStatus.PENDING, CaseStatus.RUNNING, CaseStatus.PASSED, CaseStatus.BLOCKED))
    ) == (QUEUED, RUNNING, PASSED, BLOCKED)
