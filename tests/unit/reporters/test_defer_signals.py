"""Ctrl-C and SIGTERM around the writing of reports."""

import signal
import threading

import pytest

from pytest_sisyphus.reporters.defer_signals import SigtermHandler, defer_signals


@pytest.fixture(autouse=True)
def as_before():
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in handlers.items():
        signal.signal(number, handler)


def interrupted(done):
    with defer_signals():
        signal.raise_signal(signal.SIGINT)
        done.append("written")


def test_ctrl_c_waits_until_the_document_is_written():
    signal.signal(signal.SIGINT, signal.default_int_handler)
    done = []

    with pytest.raises(KeyboardInterrupt):
        interrupted(done)

    assert done == ["written"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_only_the_main_thread_has_signals():
    done = []

    def work():
        with defer_signals():
            done.append("written")

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert done == ["written"]


def test_sigterm_is_ctrl_c_where_nobody_else_cares():
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    sigterm = SigtermHandler()

    sigterm.install()
    taken = signal.getsignal(signal.SIGTERM)
    sigterm.restore()

    assert taken is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_somebody_elses_handler_stays():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    sigterm = SigtermHandler()

    sigterm.install()
    sigterm.restore()

    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
