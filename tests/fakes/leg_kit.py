"""What tests of legs share: an orchestrator with a queue, and tests that say when they ran."""

import pytest
from sharded_orchestrator import sharded

#: each test writes its number when it begins; fixtures write when they come and go.
SEEN = """
    def see(what):
        with open(os.environ["SEEN"], "a") as seen: seen.write(what + "\\n")

    @pytest.fixture(scope="module", autouse=True)
    def of_module(request):
        see("module up"); yield; see("module down")
"""
#: a conftest.py.
SESSION = """
    def see(what):
        with open(os.environ["SEEN"], "a") as seen: seen.write(what + "\\n")

    @pytest.fixture(scope="session", autouse=True)
    def of_session():
        see("session up"); yield; see("session down")
"""


def cases(first, last, body="see(str(n))"):
    """The text of a test file with these cases; `n` is the case's number."""
    return f"""{SEEN}
    @pytest.mark.parametrize("n", [
        pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range({first}, {last + 1})
    ])
    def test_it(n):
        {body}
"""


@pytest.fixture
def orchestrator():
    with sharded() as orchestrator:
        yield orchestrator


@pytest.fixture
def seen(project, monkeypatch):
    """Called: what the tests wrote."""
    path = project.root / "seen"
    path.touch()
    monkeypatch.setenv("SEEN", str(path))
    return lambda: path.read_text().split("\n")[:-1]


def numbers(seen):
    return [int(one) for one in seen() if one.isdigit()]


def leases_of(orchestrator):
    return [items for items in orchestrator.leases.values() if items]
