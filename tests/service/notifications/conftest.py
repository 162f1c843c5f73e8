import pytest
from hook_receiver import receiver


@pytest.fixture(autouse=True)
def _quick_looks(monkeypatch):
    monkeypatch.setattr("orchestrator.notifications.notifier._IDLE", 0.05)


@pytest.fixture
def told():
    with receiver() as one:
        yield one
