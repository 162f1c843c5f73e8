"""Signals to this very process, and when they are heeded."""

import signal
import threading

import pytest

from pytest_sisyphus.execution.interrupt import Interrupter


class Stopped(BaseException):
    pass


class Desk:
    def __init__(self):
        self.log = []
        self.interrupter = Interrupter(
            stop=self.stop,
            heard=lambda reason: self.log.append(f"heard {reason}"),
            hurry=lambda: self.log.append("hurry"),
        )

    def stop(self, reason, again):
        self.log.append(f"stop {reason}" + (" again" if again else ""))
        raise Stopped


@pytest.fixture
def desk():
    desk = Desk()
    desk.interrupter.install()
    yield desk
    desk.interrupter.restore()


def exposed(desk, action):
    with desk.interrupter.exposed():
        action()
        desk.log.append("went on")


def terminate():
    signal.raise_signal(signal.SIGTERM)


def test_what_is_exposed_is_stopped_at_once(desk):
    with pytest.raises(Stopped):
        exposed(desk, terminate)

    assert desk.log == ["heard received SIGTERM", "stop received SIGTERM"]


def test_what_is_shielded_is_finished_first(desk):
    def send():
        with desk.interrupter.shielded():
            terminate()
            desk.log.append("whole")

    with pytest.raises(Stopped):
        exposed(desk, send)

    assert desk.log == ["whole", "heard received SIGTERM", "stop received SIGTERM"]


def test_a_stop_that_came_between_is_heeded_at_the_next_exposed_part(desk):
    terminate()
    assert desk.log == []

    with pytest.raises(Stopped):
        exposed(desk, lambda: None)

    assert desk.log == ["heard received SIGTERM", "stop received SIGTERM"]


def test_a_second_sigterm_leaves_the_teardown_alone(desk):
    with pytest.raises(Stopped):
        exposed(desk, terminate)
    desk.log.clear()

    exposed(desk, terminate)

    assert desk.log == ["went on"]


def test_a_person_may_insist(desk):
    with pytest.raises(Stopped):
        exposed(desk, terminate)
    desk.log.clear()

    with pytest.raises(Stopped):
        exposed(desk, lambda: signal.raise_signal(signal.SIGINT))

    assert desk.log == ["stop received SIGTERM again"]


def test_another_thread_can_ask(desk):
    def wait_for_it():
        asking = threading.Thread(target=desk.interrupter.request, args=("canceled",))
        asking.start()
        asking.join()

    with pytest.raises(Stopped):
        exposed(desk, wait_for_it)

    assert desk.log == ["heard canceled", "stop canceled"]


def test_at_the_end_a_signal_only_hurries(desk):
    desk.interrupter.ending()

    exposed(desk, terminate)
    desk.interrupter.request("canceled")

    assert desk.log == ["hurry", "went on"]
    assert desk.interrupter.reason == ""
