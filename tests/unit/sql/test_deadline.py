"""What takes too long is cancelled, then aborted."""

import threading

from pytest_sisyphus.sql.deadline import Deadline


def test_what_ends_in_time_is_left_alone():
    calls = []
    with Deadline(
        60, cancel=lambda: calls.append("cancel"), abort=lambda: calls.append("cut"), grace=60
    ) as deadline:
        pass

    assert (calls, deadline.expired, deadline.was_aborted) == ([], False, False)


def test_a_cancel_that_works_is_all():
    ended = threading.Event()
    calls = []
    with Deadline(0, cancel=ended.set, abort=lambda: calls.append("cut"), grace=60) as deadline:
        assert ended.wait(10)

    assert (calls, deadline.expired, deadline.was_aborted) == ([], True, False)


def test_a_cancel_that_fails_is_followed_by_the_abort():
    ended = threading.Event()

    def cancel():
        raise OSError("gone")

    with Deadline(0, cancel=cancel, abort=ended.set, grace=0) as deadline:
        assert ended.wait(10)

    assert deadline.was_aborted
