"""One thread for all: each is called at its time, unless it was taken back."""

import os
import threading
import time

from pytest_sisyphus.transport.watchdog import WATCHDOG, Watchdog

WAIT = 20.0


class Called:
    def __init__(self):
        self.event = threading.Event()
        self.after = 0.0
        self._began = time.monotonic()

    def __call__(self):
        self.after = time.monotonic() - self._began
        self.event.set()


def test_an_earlier_one_wakes_it_and_a_later_one_still_comes():
    dog, late, early = Watchdog(), Called(), Called()
    dog.add(0.2, late)
    dog.add(0.05, early)

    assert early.event.wait(WAIT)
    assert not late.event.is_set()
    assert late.event.wait(WAIT)
    assert early.after >= 0.05
    assert late.after >= 0.2


def test_what_is_taken_back_never_comes():
    dog, taken, kept = Watchdog(), Called(), Called()
    dog.add(1.0, taken)
    dog.remove(taken)
    dog.add(1.1, kept)

    assert kept.event.wait(WAIT)
    assert not taken.event.is_set()
    dog.remove(taken)  # again


def test_it_has_one_thread_and_keeps_nothing():
    dog = Watchdog()
    for _ in range(1000):
        one = Called()
        dog.add(1000, one)
        dog.remove(one)

    named = [thread for thread in threading.enumerate() if thread is dog._thread]
    assert len(named) == 1
    assert dog._moments == {}


def test_a_forked_child_has_one_of_its_own():
    first = Called()
    WATCHDOG.add(0.01, first)
    assert first.event.wait(WAIT)

    child = os.fork()
    if not child:
        mine = Called()
        WATCHDOG.add(0.01, mine)
        os._exit(0 if mine.event.wait(WAIT) else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
