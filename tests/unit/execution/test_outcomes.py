"""The tracker: any order of events, exactly one final per case, and the right one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.execution.contract import WantedCase
from pytest_sisyphus.execution.outcomes import (
    CaseFinished,
    CaseRunning,
    CollectedItem,
    OutcomeTracker,
    Phase,
)
from pytest_sisyphus.execution.status import ResultStatus

P, F, S, R = "passed", "failed", "skipped", "rerun"


def case(number):
    return WantedCase(
        execution_case_id=number,
        case_id=1000 + number,
        plan_case_id=None,
        case_key=str(1000 + number),
        title="",
        run_order=number,
        nodeid=f"old.py::test_{number}",
        unfinished=True,
    )


def item(nodeid, *cases):
    return CollectedItem(
        nodeid=nodeid,
        reported_nodeid=nodeid,
        locator=nodeid.partition("[")[0],
        execution_case_ids=cases,
    )


def told(tracker, nodeid, *phases, finish=True):
    """One attempt: phases as "when:outcome"."""
    changes = tracker.started(nodeid)
    for text in phases:
        when, outcome = text.split(":")
        changes += tracker.phase(Phase(nodeid=nodeid, when=when, outcome=outcome, error=text))
    return changes + (tracker.finished(nodeid) if finish else [])


def one(*phases, finish=True):
    tracker = OutcomeTracker([case(1)])
    tracker.collected([item("t", 1)])
    changes = told(tracker, "t", *phases, finish=finish)
    return tracker, changes


@pytest.mark.parametrize(
    ("phases", "status"),
    [
        (["setup:passed", "call:passed", "teardown:passed"], ResultStatus.PASSED),
        (["setup:passed", "call:failed", "teardown:passed"], ResultStatus.FAILED),
        (["setup:passed", "call:failed", "teardown:failed"], ResultStatus.FAILED),
        (["setup:passed", "call:passed", "teardown:failed"], ResultStatus.FAILED),
        (["setup:failed", "teardown:passed"], ResultStatus.BLOCKED),
        (["setup:failed", "teardown:failed"], ResultStatus.BLOCKED),
        (["setup:skipped", "teardown:passed"], ResultStatus.SKIPPED),
        (["setup:passed", "call:skipped", "teardown:passed"], ResultStatus.SKIPPED),
        (["setup:passed", "call:skipped", "teardown:failed"], ResultStatus.FAILED),
        (["setup:passed", "crash:failed"], ResultStatus.FAILED),
        (["crash:failed"], ResultStatus.FAILED),
        (["setup:passed", "call:passed", "crash:failed"], ResultStatus.FAILED),
        (["setup:passed", "call:failed", "call:passed", "teardown:passed"], ResultStatus.FAILED),
        (["setup:passed", "teardown:passed"], ResultStatus.CANCELED),
        ([], ResultStatus.CANCELED),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value.label,
)
def test_the_phases_of_an_attempt_decide(phases, status):
    _, changes = one(*phases)

    assert [type(change) for change in changes] == [CaseRunning, CaseFinished]
    assert changes[-1].status is status


def test_a_passed_call_is_no_final_before_its_teardown():
    tracker, changes = one("setup:passed", "call:passed", finish=False)
    assert [type(change) for change in changes] == [CaseRunning]

    (final,) = tracker.close("the session ended")
    assert final.status is ResultStatus.CANCELED
    assert final.items[0].error == "interrupted while it ran: the session ended"


@pytest.mark.parametrize("phase", ["setup:failed", "call:failed"])
def test_a_failure_stays_one_though_the_session_ends_before_its_teardown(phase):
    tracker, _ = one(phase, finish=False)

    (final,) = tracker.close("the session ended")

    assert final.status in {ResultStatus.FAILED, ResultStatus.BLOCKED}
    assert final.items[0].error == phase


def test_attempts_that_are_run_again_are_not_final_but_counted():
    tracker, first = one("setup:passed", "call:rerun", "teardown:passed")
    second = told(tracker, "t", "setup:passed", "call:rerun", "teardown:passed")
    third = told(tracker, "t", "setup:passed", "call:passed", "teardown:passed")

    assert [type(change) for change in first + second + third] == [CaseRunning, CaseFinished]
    final = third[-1]
    assert (final.status, final.retry_count) == (ResultStatus.PASSED, 2)
    assert final.items[0].earlier_errors == ("call:rerun", "call:rerun")


def test_a_plugin_that_withholds_its_attempts_still_tells_their_number():
    tracker = OutcomeTracker([case(1)])
    tracker.collected([item("t", 1)])
    tracker.phase(Phase(nodeid="t", when="setup", outcome=P, rerun=2))
    tracker.phase(Phase(nodeid="t", when="call", outcome=F, rerun=2))

    (final,) = tracker.finished("t")

    assert (final.status, final.retry_count) == (ResultStatus.FAILED, 2)


def test_a_session_that_ends_between_two_attempts_leaves_the_failure_that_was_seen():
    tracker, _ = one("setup:passed", "call:rerun", "teardown:passed")

    (final,) = tracker.close("stopped")

    assert (final.status, final.retry_count) == (ResultStatus.FAILED, 0)


def test_a_crash_that_is_run_again_is_an_attempt():
    tracker, first = one("setup:passed", "crash:rerun", finish=False)
    second = told(tracker, "t", "setup:passed", "call:passed", "teardown:passed")

    assert [type(change) for change in first + second] == [CaseRunning, CaseFinished]
    assert second[-1].status is ResultStatus.PASSED
    assert second[-1].retry_count == 1


def test_a_test_that_its_worker_never_began_is_blocked():
    tracker = OutcomeTracker([case(1)])
    tracker.collected([item("t", 1)])

    (final,) = tracker.phase(Phase(nodeid="t", when="crash", outcome="failed", error="gw0 crashed"))

    assert final.status is ResultStatus.BLOCKED
    assert final.items[0].error == "before the test began: gw0 crashed"
    assert final.items[0].duration is None
    assert tracker.close("over") == []


def test_several_items_make_one_result_the_worst():
    tracker = OutcomeTracker([case(1)])
    tracker.collected([item("t[a]", 1), item("t[b]", 1), item("t[c]", 1)])
    changes = told(tracker, "t[a]", "call:passed", "teardown:passed")
    changes += told(tracker, "t[b]", "call:skipped", "teardown:passed")
    changes += told(tracker, "t[c]", "call:failed", "teardown:passed")

    running, final = changes
    assert isinstance(running, CaseRunning)
    assert (final.status, final.nodeid) == (ResultStatus.FAILED, "t")
    assert [one.status for one in final.items] == [
        ResultStatus.PASSED,
        ResultStatus.SKIPPED,
        ResultStatus.FAILED,
    ]


def test_one_item_may_stand_for_a_case_that_the_plan_holds_twice():
    tracker = OutcomeTracker([case(1), case(2)])
    tracker.collected([item("t", 1, 2)])

    changes = told(tracker, "t", "call:passed", "teardown:passed")

    assert sorted(change.case.execution_case_id for change in changes) == [1, 1, 2, 2]


def test_a_case_without_items_is_decided_once():
    tracker = OutcomeTracker([case(1), case(2)])
    tracker.collected([item("t", 1)])

    assert [one.execution_case_id for one in tracker.without_items] == [2]
    assert tracker.decide(case(1), ResultStatus.NOT_FOUND, "") == []
    (final,) = tracker.decide(case(2), ResultStatus.NOT_FOUND, "no test carries it")
    assert (final.status, final.nodeid) == (ResultStatus.NOT_FOUND, "old.py::test_2")
    assert tracker.decide(case(2), ResultStatus.BLOCKED, "") == []


NODEIDS = ["a", "b[1]", "b[2]", "unknown"]
EVENTS = st.one_of(
    st.tuples(st.just("started"), st.sampled_from(NODEIDS)),
    st.tuples(st.just("finished"), st.sampled_from(NODEIDS)),
    st.tuples(
        st.just("phase"),
        st.sampled_from(NODEIDS),
        st.sampled_from(["setup", "call", "teardown", "crash"]),
        st.sampled_from([P, F, S, R]),
    ),
    st.tuples(st.just("decide"), st.integers(1, 4)),
)


def play(tracker, event):
    match event:
        case ("phase", nodeid, when, outcome):
            return tracker.phase(Phase(nodeid=nodeid, when=when, outcome=outcome))
        case ("decide", number):
            return tracker.decide(wanted(number), ResultStatus.NOT_FOUND, "nobody")
        case (name, nodeid):
            return getattr(tracker, name)(nodeid)


wanted = case


@pytest.mark.slow
@given(st.lists(EVENTS, max_size=60), st.booleans())
def test_every_case_gets_exactly_one_final_and_nothing_after_it(events, is_collected):
    cases = [wanted(1), wanted(2), wanted(3)]
    tracker = OutcomeTracker(cases)
    if is_collected:
        tracker.collected([item("a", 1), item("b[1]", 1, 2), item("b[2]", 2)])
    changes = [change for event in events for change in play(tracker, event)]
    changes += tracker.close("over")
    changes += tracker.close("again")
    changes += [change for event in events for change in play(tracker, event)]

    finals = [
        change.case.execution_case_id for change in changes if isinstance(change, CaseFinished)
    ]
    assert sorted(finals) == [1, 2, 3]
    for number in finals:
        about = [change for change in changes if change.case.execution_case_id == number]
        assert isinstance(about[-1], CaseFinished)
        assert len(about) <= 2


@given(st.lists(EVENTS, max_size=60))
def test_a_pass_was_seen_from_call_to_the_end(events):
    tracker = OutcomeTracker([wanted(1)])
    tracker.collected([item("a", 1)])
    for event in events:
        play(tracker, event)
    tracker.close("over")

    seen = {event[2:] for event in events if event[:2] == ("phase", "a")}
    if tracker.outcomes[1].status is ResultStatus.PASSED:
        assert ("call", P) in seen
