"""The ledger: any order of events, exactly one final per case, and the right one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_sisyphus.execution.outcomes import CollectedItem, Final, Ledger, Phase, Running
from pytest_sisyphus.execution.pulled import WantedCase
from pytest_sisyphus.execution.status import CaseStatus

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
        nodeid=nodeid, shown=nodeid, locator=nodeid.partition("[")[0], execution_case_ids=cases
    )


def told(ledger, nodeid, *phases, finish=True):
    """One attempt: phases as "when:outcome"."""
    changes = ledger.started(nodeid)
    for text in phases:
        when, outcome = text.split(":")
        changes += ledger.phase(Phase(nodeid=nodeid, when=when, outcome=outcome, error=text))
    return changes + (ledger.finished(nodeid) if finish else [])


def one(*phases, finish=True):
    ledger = Ledger([case(1)])
    ledger.collected([item("t", 1)])
    changes = told(ledger, "t", *phases, finish=finish)
    return ledger, changes


@pytest.mark.parametrize(
    ("phases", "status"),
    [
        (["setup:passed", "call:passed", "teardown:passed"], CaseStatus.PASSED),
        (["setup:passed", "call:failed", "teardown:passed"], CaseStatus.FAILED),
        (["setup:passed", "call:failed", "teardown:failed"], CaseStatus.FAILED),
        (["setup:passed", "call:passed", "teardown:failed"], CaseStatus.FAILED),
        (["setup:failed", "teardown:passed"], CaseStatus.BLOCKED),
        (["setup:failed", "teardown:failed"], CaseStatus.BLOCKED),
        (["setup:skipped", "teardown:passed"], CaseStatus.SKIPPED),
        (["setup:passed", "call:skipped", "teardown:passed"], CaseStatus.SKIPPED),
        (["setup:passed", "call:skipped", "teardown:failed"], CaseStatus.FAILED),
        (["setup:passed", "crash:failed"], CaseStatus.FAILED),
        (["crash:failed"], CaseStatus.FAILED),
        (["setup:passed", "call:passed", "crash:failed"], CaseStatus.FAILED),
        (["setup:passed", "call:failed", "call:passed", "teardown:passed"], CaseStatus.FAILED),
        (["setup:passed", "teardown:passed"], CaseStatus.CANCELED),
        ([], CaseStatus.CANCELED),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, list) else value.word,
)
def test_the_phases_of_an_attempt_decide(phases, status):
    _, changes = one(*phases)

    assert [type(change) for change in changes] == [Running, Final]
    assert changes[-1].status is status


def test_a_passed_call_is_no_final_before_its_teardown():
    ledger, changes = one("setup:passed", "call:passed", finish=False)
    assert [type(change) for change in changes] == [Running]

    (final,) = ledger.close("the session ended")
    assert final.status is CaseStatus.CANCELED
    assert final.items[0].error == "interrupted while it ran: the session ended"


@pytest.mark.parametrize("phase", ["setup:failed", "call:failed"])
def test_a_failure_stays_one_though_the_session_ends_before_its_teardown(phase):
    ledger, _ = one(phase, finish=False)

    (final,) = ledger.close("the session ended")

    assert final.status in {CaseStatus.FAILED, CaseStatus.BLOCKED}
    assert final.items[0].error == phase


def test_attempts_that_are_run_again_are_not_final_but_counted():
    ledger, first = one("setup:passed", "call:rerun", "teardown:passed")
    second = told(ledger, "t", "setup:passed", "call:rerun", "teardown:passed")
    third = told(ledger, "t", "setup:passed", "call:passed", "teardown:passed")

    assert [type(change) for change in first + second + third] == [Running, Final]
    final = third[-1]
    assert (final.status, final.retry_count) == (CaseStatus.PASSED, 2)
    assert final.items[0].earlier_errors == ("call:rerun", "call:rerun")


def test_a_plugin_that_withholds_its_attempts_still_tells_their_number():
    ledger = Ledger([case(1)])
    ledger.collected([item("t", 1)])
    ledger.phase(Phase(nodeid="t", when="setup", outcome=P, rerun=2))
    ledger.phase(Phase(nodeid="t", when="call", outcome=F, rerun=2))

    (final,) = ledger.finished("t")

    assert (final.status, final.retry_count) == (CaseStatus.FAILED, 2)


def test_a_session_that_ends_between_two_attempts_leaves_the_failure_that_was_seen():
    ledger, _ = one("setup:passed", "call:rerun", "teardown:passed")

    (final,) = ledger.close("stopped")

    assert (final.status, final.retry_count) == (CaseStatus.FAILED, 0)


def test_a_crash_that_is_run_again_is_an_attempt():
    ledger, first = one("setup:passed", "crash:rerun", finish=False)
    second = told(ledger, "t", "setup:passed", "call:passed", "teardown:passed")

    assert [type(change) for change in first + second] == [Running, Final]
    assert second[-1].status is CaseStatus.PASSED
    assert second[-1].retry_count == 1


def test_a_test_that_its_worker_never_began_is_blocked():
    ledger = Ledger([case(1)])
    ledger.collected([item("t", 1)])

    (final,) = ledger.phase(Phase(nodeid="t", when="crash", outcome="failed", error="gw0 crashed"))

    assert final.status is CaseStatus.BLOCKED
    assert final.items[0].error == "before the test began: gw0 crashed"
    assert final.items[0].duration is None
    assert ledger.close("over") == []


def test_several_items_make_one_result_the_worst():
    ledger = Ledger([case(1)])
    ledger.collected([item("t[a]", 1), item("t[b]", 1), item("t[c]", 1)])
    changes = told(ledger, "t[a]", "call:passed", "teardown:passed")
    changes += told(ledger, "t[b]", "call:skipped", "teardown:passed")
    changes += told(ledger, "t[c]", "call:failed", "teardown:passed")

    running, final = changes
    assert isinstance(running, Running)
    assert (final.status, final.nodeid) == (CaseStatus.FAILED, "t")
    assert [one.status for one in final.items] == [
        CaseStatus.PASSED,
        CaseStatus.SKIPPED,
        CaseStatus.FAILED,
    ]


def test_one_item_may_stand_for_a_case_that_the_plan_holds_twice():
    ledger = Ledger([case(1), case(2)])
    ledger.collected([item("t", 1, 2)])

    changes = told(ledger, "t", "call:passed", "teardown:passed")

    assert sorted(change.case.execution_case_id for change in changes) == [1, 1, 2, 2]


def test_a_case_without_items_is_decided_once():
    ledger = Ledger([case(1), case(2)])
    ledger.collected([item("t", 1)])

    assert [one.execution_case_id for one in ledger.without_items] == [2]
    assert ledger.decide(case(1), CaseStatus.NOT_FOUND, "") == []
    (final,) = ledger.decide(case(2), CaseStatus.NOT_FOUND, "no test carries it")
    assert (final.status, final.nodeid) == (CaseStatus.NOT_FOUND, "old.py::test_2")
    assert ledger.decide(case(2), CaseStatus.BLOCKED, "") == []


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


def play(ledger, event):
    match event:
        case ("phase", nodeid, when, outcome):
            return ledger.phase(Phase(nodeid=nodeid, when=when, outcome=outcome))
        case ("decide", number):
            return ledger.decide(wanted(number), CaseStatus.NOT_FOUND, "nobody")
        case (name, nodeid):
            return getattr(ledger, name)(nodeid)


wanted = case


@given(st.lists(EVENTS, max_size=60), st.booleans())
def test_every_case_gets_exactly_one_final_and_nothing_after_it(events, is_collected):
    cases = [wanted(1), wanted(2), wanted(3)]
    ledger = Ledger(cases)
    if is_collected:
        ledger.collected([item("a", 1), item("b[1]", 1, 2), item("b[2]", 2)])
    changes = [change for event in events for change in play(ledger, event)]
    changes += ledger.close("over")
    changes += ledger.close("again")
    changes += [change for event in events for change in play(ledger, event)]

    finals = [change.case.execution_case_id for change in changes if isinstance(change, Final)]
    assert sorted(finals) == [1, 2, 3]
    for number in finals:
        about = [change for change in changes if change.case.execution_case_id == number]
        assert isinstance(about[-1], Final)
        assert len(about) <= 2


@given(st.lists(EVENTS, max_size=60))
def test_a_pass_was_seen_from_call_to_the_end(events):
    ledger = Ledger([wanted(1)])
    ledger.collected([item("a", 1)])
    for event in events:
        play(ledger, event)
    ledger.close("over")

    seen = {event[2:] for event in events if event[:2] == ("phase", "a")}
    if ledger.finals[1].status is CaseStatus.PASSED:
        assert ("call", P) in seen
