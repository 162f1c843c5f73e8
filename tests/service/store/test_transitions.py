"""The tables of the two lives, walked pair by pair against the guarded statements."""

import datetime as dt
from types import SimpleNamespace

import pytest
from service_kit import sqlite_url

from orchestrator.db.engine import Database
from orchestrator.db.models import Execution, ExecutionCase
from orchestrator.errors import Conflict
from orchestrator.status import (
    CASE_TERMINAL,
    MAY_FOLLOW,
    MOVES,
    TERMINAL,
    CaseStatus,
    Event,
    ExecutionStatus,
)
from orchestrator.store import outcomes, transitions
from orchestrator.store.session import WriteSession

NOW = dt.datetime(2025, 9, 20, tzinfo=dt.UTC)

#: from each status (row), which statuses (column) may follow: written by hand from the contract.
ALLOWED = [
    # 0  1  2  3  4  5  6  7  8
    "  .  x  x  x  .  .  x  x  x",  # 0
    "  .  .  x  x  .  .  x  x  x",  # 1
    "  .  .  .  x  x  x  x  x  x",  # 2
    "  .  .  .  .  x  x  x  x  x",  # 3
    "  .  .  .  .  .  .  .  .  .",  # 4
    "  .  .  .  .  .  .  .  .  .",  # 5
    "  .  .  .  .  .  .  .  .  .",  # 6
    "  .  .  .  .  .  .  .  .  .",  # 7
    "  .  .  .  .  .  .  .  .  .",  # 8
]
CASE_ALLOWED = [
    # 0  1  2  3  4  5  6  7
    "  .  x  x  x  x  x  x  x",  # 0
    "  .  x  x  x  x  x  x  x",  # 1
    "  .  .  .  .  .  .  .  .",  # 2
    "  .  .  .  .  .  .  .  .",  # 3
    "  .  .  .  .  .  .  .  .",  # 4
    "  .  .  .  .  .  .  .  .",  # 5
    "  .  .  .  .  .  .  .  .",  # 6
    "  .  .  .  .  .  .  .  .",  # 7
]
PAIRS = [(a, b, row.split()[b] == "x") for a, row in enumerate(ALLOWED) for b in range(9)]
CASE_PAIRS = [(a, b, row.split()[b] == "x") for a, row in enumerate(CASE_ALLOWED) for b in range(8)]


def take(session, execution, case, said, now):
    """Whether a result of the case with this row id was heeded."""
    connection = session.connection()
    head = outcomes.lock(connection, [execution.id])[execution.id]
    (standing,) = outcomes.by_id(connection, [case])
    taken = standing.record_result(
        said, None, over=head.is_over, now=now, finished=said.finished_time
    )
    outcomes.store(connection, [(head, [standing])], now)
    return taken


@pytest.fixture(scope="module")
def databases(tmp_path_factory, servers):
    """`database_of(kind)`, opened once: every test throws its writes away."""
    opened = {}

    def database_of(kind):
        if kind not in opened:
            sqlite = kind == "sqlite"
            url = sqlite_url(tmp_path_factory.mktemp("moves")) if sqlite else servers(kind).url
            opened[kind] = Database(url)
        return opened[kind]

    yield database_of
    for database in opened.values():
        database.close()


@pytest.fixture
def database(databases, database_kind):
    return databases(database_kind)


@pytest.fixture
def session(database):
    """A session whose writes are thrown away."""
    with WriteSession(database.engine) as session:
        yield session
        session.rollback()


def execution_in(session, status):
    row = Execution(
        execution_no="AE1",
        trigger_type=2,
        env_code="st",
        run_mode=1,
        status=status,
        created_time=NOW,
        updated_time=NOW,
        callback_token_hash="h",
        file_key="k",
        active_key="a",
    )
    session.add(row)
    session.flush()
    return row


def case_in(session, execution, status, **fields):
    row = ExecutionCase(
        execution_id=execution.id,
        case_id=1,
        case_key="1",
        case_title="",
        run_order=1,
        status=status,
        created_time=NOW,
        updated_time=NOW,
        **fields,
    )
    session.add(row)
    session.flush()
    return row


def result(status, retry_count=0, result_id=None):
    names = (
        *("pytest_nodeid", "result_message", "error_message", "stack_trace", "report_url"),
        *("duration_seconds", "started_time", "finished_time", "ext"),
    )
    empty = dict.fromkeys(names)
    return SimpleNamespace(status=status, retry_count=retry_count, result_id=result_id, **empty)


def event_to(status):
    """Some event that leads there from somewhere; cancel and abort are tried by the other test."""
    return [event for event, move in MOVES.items() if status in move.after]


def attempt(session, row, event, to):
    """Try the move and take it back; the status that a refusal named, None when it moved."""
    with session.begin_nested() as savepoint:
        try:
            transitions.advance(session, row.id, event, to, NOW)
        except Conflict as refusal:
            return refusal.data["status"]
        session.refresh(row)
        after = row.status, row.active_key is None
        savepoint.rollback()
    session.refresh(row)
    assert after == (to, to >= 4)
    return None


@pytest.mark.every_database
@pytest.mark.parametrize(("before", "after", "allowed"), PAIRS)
def test_an_execution_moves_only_along_the_table(session, before, after, allowed):
    row = execution_in(session, before)
    events = event_to(ExecutionStatus(after))

    refusals = [attempt(session, row, event, ExecutionStatus(after)) for event in events]

    assert (None in refusals) == allowed
    assert set(refusals) <= {None, before}
    session.refresh(row)
    assert row.status == before


@pytest.mark.parametrize("event", list(Event))
@pytest.mark.parametrize("before", list(ExecutionStatus))
def test_an_event_moves_only_from_where_it_may_happen(session, event, before):
    row = execution_in(session, before)
    refusals = {attempt(session, row, event, to) for to in MOVES[event].after}
    assert refusals == ({None} if before in MOVES[event].before else {before})


def test_an_event_that_never_leads_there_is_a_bug_not_a_state(session):
    row = execution_in(session, 3)
    with pytest.raises(ValueError, match="start never leads to PASSED"):
        transitions.advance(session, row.id, Event.START, ExecutionStatus.PASSED, NOW)


def test_terminal_is_what_nothing_follows():
    assert {int(status) for status in TERMINAL} == {4, 5, 6, 7, 8}
    assert {int(status) for status in CASE_TERMINAL} == {2, 3, 4, 5, 6, 7}
    assert MAY_FOLLOW[ExecutionStatus.CALLBACK_LOST] == frozenset()


@pytest.mark.every_database
@pytest.mark.parametrize(("before", "after", "allowed"), CASE_PAIRS)
def test_a_case_moves_only_along_the_table(session, before, after, allowed):
    execution = execution_in(session, 3)
    row = case_in(session, execution, before)

    taken = take(session, execution, row.id, result(after), NOW)
    session.refresh(row)

    assert taken == allowed
    assert row.status == (after if allowed else before)


@pytest.mark.parametrize("before", range(2, 8))
@pytest.mark.parametrize("after", range(1, 8))
def test_a_newer_attempt_replaces_an_outcome_but_never_runs_again(session, before, after):
    execution = execution_in(session, 3)
    row = case_in(session, execution, before, retry_count=1)

    assert not take(session, execution, row.id, result(after, retry_count=0), NOW)
    assert take(session, execution, row.id, result(after, retry_count=2), NOW) == (after != 1)


@pytest.mark.parametrize("over", [3, 4, 5, 6, 7, 8])
@pytest.mark.parametrize("marked", [True, False])
@pytest.mark.parametrize("before", range(2, 8))
@pytest.mark.parametrize("after", range(1, 8))
def test_a_late_real_outcome_heals_a_mark(session, over, marked, before, after):
    execution = execution_in(session, over)
    row = case_in(session, execution, before, marked=marked)
    is_mark = before == 7 or (before == 4 and marked)

    taken = take(session, execution, row.id, result(after), NOW)

    assert taken == (over != 3 and is_mark and after in (2, 3, 5, 6))


@pytest.mark.every_database
def test_the_same_result_twice_is_one_even_as_a_newer_attempt(session):
    execution = execution_in(session, 3)
    row = case_in(session, execution, 1)

    assert take(session, execution, row.id, result(3, 0, "r1"), NOW)
    assert not take(session, execution, row.id, result(2, 1, "r1"), NOW)
    assert take(session, execution, row.id, result(2, 1, "r2"), NOW)


@pytest.mark.parametrize(
    ("numbers", "status"),
    [
        ({2: 3}, 4),
        ({2: 1, 5: 1}, 4),
        ({5: 2}, 4),
        ({2: 9, 3: 1}, 5),
        ({2: 9, 4: 1}, 5),
        ({2: 9, 6: 1}, 5),
        ({2: 9, 7: 1}, 5),
        ({2: 9, 0: 1}, 8),
        ({2: 9, 1: 1}, 8),
        ({3: 1, 0: 1}, 8),
    ],
)
def test_the_verdict_follows_from_the_cases(numbers, status):
    counts = {case: numbers.get(case, 0) for case in CaseStatus}
    assert transitions.verdict(counts) == status
