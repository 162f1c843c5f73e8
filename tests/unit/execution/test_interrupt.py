"""Signals to this very process, and when they are heeded."""

import signal
import threading

import pytest

from pytest_sisyphus.execution.interrupt import Interrupter


class Stopped(BaseException):
    pass


class Session:
    def __init__(self):
        self.log = []
        self.interrupter = Interrupter(
            stop=self.stop,
            on_stop=lambda reason: self.log.append(f"heard {reason}"),
            on_signal_while_closing=lambda: self.log.append("hurry"),
        )

    def stop(self, reason, again):
        self.log.append(f"stop {reason}" + (" again" if again else ""))
        raise Stopped


@pytest.fixture
def session():
    session = Session()
    session.interrupter.install()
    yield session
    session.interrupter.restore()


def interruptible(session, action):
    with session.interrupter.interruptible():
        action()
        session.log.append("went on")


def terminate():
    signal.raise_signal(signal.SIGTERM)


def test_what_is_exposed_is_stopped_at_once(session):
    with pytest.raises(Stopped):
        interruptible(session, terminate)

    assert session.log == ["heard received SIGTERM", "stop received SIGTERM"]


def test_what_is_shielded_is_finished_first(session):
    def send():
        with session.interrupter.deferred():
            terminate()
            session.log.append("whole")

    with pytest.raises(Stopped):
        interruptible(session, send)

    assert session.log == ["whole", "heard received SIGTERM", "stop received SIGTERM"]


def test_a_stop_that_came_between_is_heeded_at_the_next_exposed_part(session):
    terminate()
    assert session.log == []

    with pytest.raises(Stopped):
        interruptible(session, lambda: None)

    assert session.log == ["heard received SIGTERM", "stop received SIGTERM"]


def test_a_second_sigterm_leaves_the_teardown_alone(session):
    with pytest.raises(Stopped):
        interruptible(session, terminate)
    session.log.clear()

    interruptible(session, terminate)

    assert session.log == ["went on"]


def test_a_person_may_insist(session):
    with pytest.raises(Stopped):
        interruptible(session, terminate)
    session.log.clear()

    with pytest.raises(Stopped):
        interruptible(session, lambda: signal.raise_signal(signal.SIGINT))

    assert session.log == ["stop received SIGTERM again"]


def test_another_thread_can_ask(session):
    def wait_for_it():
        asking = threading.Thread(target=session.interrupter.request, args=("canceled",))
        asking.start()
        asking.join()

    with pytest.raises(Stopped):
        interruptible(session, wait_for_it)

    assert session.log == ["heard canceled", "stop canceled"]


def test_at_the_end_a_signal_only_hurries(session):
    session.interrupter.begin_closing()

    interruptible(session, terminate)
    session.interrupter.request("canceled")

    assert session.log == ["hurry", "went on"]
    assert session.interrupter.reason == ""
