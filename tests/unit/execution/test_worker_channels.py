"""xdist's workers, as the controller meets them."""

from types import SimpleNamespace

import pytest

from pytest_sisyphus.execution.worker_channels import WORKER_INPUT, WorkerChannels


class Worker:
    """As much of xdist's WorkerController as is touched."""

    def __init__(self, trouble=None):
        self.gateway = SimpleNamespace(id="gw0", newchannel=lambda: self)
        self.workerinput = {}
        self.sent = []
        self.trouble = trouble

    def setcallback(self, hear):
        self.hear = hear

    def sendcommand(self, name, **what):
        if self.trouble:
            raise self.trouble
        self.sent.append((name, what))


def test_a_worker_gets_what_xdist_sends_and_what_it_must_know():
    worker = Worker()
    WorkerChannels({"execution": 13}).attach(worker)

    worker.sendcommand("steal", indices=[1])

    assert worker.sent == [("steal", {"indices": [1]})]
    assert worker.workerinput[WORKER_INPUT]["execution"] == 13


def test_a_command_to_a_worker_that_just_died_does_not_end_the_session():
    worker = Worker(OSError("cannot send (already closed?)"))
    WorkerChannels({}).attach(worker)

    worker.sendcommand("steal", indices=[1])
    worker.sendcommand("runtests", indices=[2])


def test_any_other_trouble_is_not_hidden():
    worker = Worker(TypeError("no such command"))
    WorkerChannels({}).attach(worker)

    with pytest.raises(TypeError, match="no such command"):
        worker.sendcommand("steal")
