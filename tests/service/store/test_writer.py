"""Many writes, one commit; each caller hears of its own fate only."""

import datetime as dt
import logging
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, select

from orchestrator.db.engine import Database
from orchestrator.db.models import StaticToken
from orchestrator.errors import Unavailable
from orchestrator.store.writer import Writer, _Task

pytestmark = pytest.mark.every_database
NOW = dt.datetime(2025, 9, 20, tzinfo=dt.UTC)


class CountingDatabase(Database):
    """Counts its transactions; those with these numbers fail when they should commit."""

    commits = 0
    failing = frozenset()

    @contextmanager
    def writing(self):
        self.commits += 1
        number = self.commits
        with super().writing() as connection:
            yield connection
            if number in self.failing:
                raise OSError("the commit failed")


@pytest.fixture
def database(database_url):
    database = CountingDatabase(database_url)
    yield database
    database.close()


@pytest.fixture
def writer(database):
    writer = Writer(database)
    yield writer
    writer.close()


def adding(text):
    def work(session):
        row = StaticToken(token_hash=text, user_id=1, created_time=NOW)
        session.add(row)
        session.flush()
        return row.id

    return work


def grouped(writer, works):
    """Run the works while the writer is busy, so that they wait together; results or errors."""
    busy, go = threading.Event(), threading.Event()

    def block(_session):
        busy.set()
        assert go.wait(30)

    outcomes = [None] * len(works)

    def run(index):
        try:
            outcomes[index] = writer.run(works[index])
        except (IntegrityError, OSError) as error:
            outcomes[index] = error

    blocker = threading.Thread(target=writer.run, args=(block,))
    blocker.start()
    assert busy.wait(30)
    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    while writer._queue.qsize() < len(works):
        threading.Event().wait(0.001)
    go.set()
    blocker.join()
    for thread in threads:
        thread.join()
    return outcomes


def stored(database):
    with database.reading() as session:
        return {row.token_hash for row in session.exec(select(StaticToken))}


def test_waiting_writes_share_a_commit(database, writer):
    before = database.commits
    outcomes = grouped(writer, [adding(str(n)) for n in range(20)])
    assert sorted(outcomes) == list(range(1, 21))
    assert database.commits - before == 2
    assert len(stored(database)) == 20


def test_the_first_of_many_waits_a_little_for_the_others(database, writer, monkeypatch):
    """Whom a large group answered, they come again one after the other."""
    grouped(writer, [adding(str(n)) for n in range(8)])
    before, others = database.commits, [_Task(adding(text), Future()) for text in "abc"]
    pauses = []

    def others_come(seconds):
        pauses.append(seconds)
        if others:
            writer._queue.put(others.pop())

    clock = SimpleNamespace(sleep=others_come, monotonic=time.monotonic)
    monkeypatch.setattr("orchestrator.store.writer.time", clock)
    writer.run(adding("first"))

    assert stored(database) >= {"first", "a", "b", "c"}
    assert database.commits - before == 1
    assert len(pauses) == 4  # in the last one nobody came
    assert max(pauses) <= 0.001


def test_those_who_came_during_a_commit_wait_for_those_whom_it_answered(
    database, writer, monkeypatch
):
    """Or there would be two halves for ever, and twice as many commits."""
    together = [adding(text) for text in "abc"]

    def meanwhile(session):
        for text in "def":
            writer._queue.put(_Task(adding(text), Future()))
        return together[0](session)

    before, again = database.commits, [_Task(adding(text), Future()) for text in "ghi"]

    def answered_come_again(_seconds):
        if again:
            writer._queue.put(again.pop())

    clock = SimpleNamespace(sleep=answered_come_again, monotonic=time.monotonic)
    monkeypatch.setattr("orchestrator.store.writer.time", clock)
    grouped(writer, [meanwhile, *together[1:]])
    writer.close()
    assert stored(database) == set("abcdefghi")
    assert database.commits - before == 3  # what kept the writer busy, and two groups


def test_one_that_comes_alone_does_not_wait(database, writer, monkeypatch):
    writer.run(adding("one"))
    clock = SimpleNamespace(sleep=lambda _: pytest.fail("it waits"), monotonic=time.monotonic)
    monkeypatch.setattr("orchestrator.store.writer.time", clock)
    writer.run(adding("another"))
    assert stored(database) == {"one", "another"}


def test_a_deadlock_of_a_group_beside_others_is_tried_again(database, writer):
    """It takes the transaction, and in some databases the savepoints with it."""
    tries = []

    def work(session, items):
        tries.append(items)
        if len(tries) == 1:
            session.connection().exec_driver_sql("ROLLBACK")
            raise OperationalError("", {}, Exception(1213, "deadlock"))
        return [adding(text)(session) for text in items], set()

    group = [_Task(work, Future(), text, grouped=True) for text in "ab"]
    pieces = [_Task(adding("beside"), Future()), *group]
    writer._commit_group(pieces)

    assert all(piece.answer.result(0) for piece in pieces)
    assert stored(database) == {"a", "b", "beside"}


def test_a_failing_write_does_not_fail_its_neighbours(database, writer):
    outcomes = grouped(writer, [adding(text) for text in ("a", "b", "a", "c")])
    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(error) for error in errors] == [IntegrityError]
    assert stored(database) == {"a", "b", "c"}


def test_what_a_failing_write_did_before_is_undone(database, writer):
    def half(session):
        adding("half")(session)
        raise LookupError("changed my mind")

    with pytest.raises(LookupError):
        writer.run(half)
    assert stored(database) == set()


@pytest.mark.parametrize(("failing", "lost"), [({2}, 0), ({2, 3}, 1)])
def test_when_the_commit_of_a_group_fails_each_is_done_alone(database, writer, failing, lost):
    """Transaction 1 is the blocker's, 2 the group's, 3 that of the first one alone."""
    database.failing = failing

    outcomes = grouped(writer, [adding(text) for text in "abc"])

    errors = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert [type(error) for error in errors] == [OSError] * lost
    assert len(stored(database)) == 3 - lost


def test_an_answer_comes_after_the_commit(database, writer):
    writer.run(adding("x"))
    with Session(database.engine) as session:
        assert session.exec(select(StaticToken)).one().token_hash == "x"


def test_an_answer_does_not_wait_for_the_log(writer, monkeypatch):
    answered, said = threading.Event(), []

    def log(_level, _format, line, **_more):
        said.append((line, answered.wait(30)))

    monkeypatch.setattr("orchestrator.store.writer.ends_log.log", log)

    def work(session):
        session.ends[7] = logging.INFO, "ended"

    writer.run(work)
    answered.set()
    writer.close()
    assert said == [("ended", True)]


def test_a_closed_writer_finishes_what_waits_and_refuses_the_rest(database):
    writer = Writer(database)
    writer.run(adding("x"))
    writer.close()
    with pytest.raises(Unavailable):
        writer.run(adding("y"))
    assert stored(database) == {"x"}


def crosswise(ids, mark, barrier):
    """Work that locks these rows in order; its first attempt waits for the other's after one."""
    meet = [barrier]

    def work(session):
        for number in ids:
            row = session.get(StaticToken, number, with_for_update=True)
            row.name += mark
            session.flush()
            if meet:
                meet.pop().wait(30)

    return work


@pytest.mark.every_database(but=["sqlite"])  # one writes at a time: nothing waits crosswise
def test_two_writers_that_lock_each_other_both_succeed(database):
    """A deadlock has a loser; its work is done again, so its caller never hears of it."""
    writers = [Writer(database), Writer(database)]
    ids = [writers[0].run(adding(text)) for text in "ab"]
    barrier = threading.Barrier(2)
    works = [crosswise(ids, "0", barrier), crosswise(ids[::-1], "1", barrier)]

    pairs = zip(writers, works, strict=True)
    threads = [threading.Thread(target=writer.run, args=(work,)) for writer, work in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for writer in writers:
        writer.close()

    with database.reading() as session:
        names = [row.name for row in session.exec(select(StaticToken))]
    assert [sorted(name) for name in names] == [["0", "1"], ["0", "1"]]


@pytest.mark.every_database(but=["sqlite"])  # one writes at a time: no other comes between
def test_what_another_process_inserted_first_is_looked_at_again(database, writer):
    def upsert(session):
        known = session.exec(select(StaticToken).where(StaticToken.token_hash == "k")).first()
        if known:
            known.name = "updated"
            session.add(known)
            return "found"
        other = Writer(database)
        other.run(adding("k"))
        other.close()
        return adding("k")(session)

    assert writer.run(upsert) == "found"
    assert stored(database) == {"k"}
