"""The tests of a round. Each writes its own account, and has it on the disk before it goes on."""

import dataclasses
from collections import Counter
from pathlib import Path

PASSED, FAILED, BLOCKED, SKIPPED = 2, 3, 4, 5
#: of a round that is killed in.
CASES = range(1, 9)
#: how these end, whatever dies around them; every other case passes.
EXPECTED = {3: FAILED, 6: SKIPPED}
#: only the plugins that a round is about: the others take ten times as long to load.
ENV = {
    "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    "PYTEST_ADDOPTS": "-p xdist -p sisyphus",
    "PYTEST_XDIST_AUTO_NUM_WORKERS": "2",
}
INI = "[pytest]\naddopts = -p no:cacheprovider\n"
ACCOUNT = """
import os, time
import pytest

def account(*words):
    path = "account-" + os.environ["EXECUTION_ID"]
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    words = [*words, os.getpid(), time.time()]
    os.write(file, (" ".join(map(str, words)) + "\\n").encode())
    os.fsync(file)
    os.close(file)

here = []

def pytest_configure(config):
    workers = getattr(config.option, "tx", None) and not hasattr(config, "workerinput")
    here.append(not workers)  # a controller only hears of tests

@pytest.hookimpl(tryfirst=True)  # before xdist tells the controller, and a runner its spool
def pytest_runtest_logstart(nodeid):
    if here[-1]:
        account("met", nodeid.rpartition("[")[2].rstrip("]"))
"""
TESTS = """
import time
import pytest
from account import account

@pytest.fixture
def torn_down(n):
    yield
    time.sleep(0.005)
    account("over", n)

@pytest.mark.parametrize(
    "n", [pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range(1, COUNT + 1)]
)
def test_case(n, torn_down):
    account("begun", n)
    time.sleep(SECONDS)
    account("ran", n)
    assert n != 3, "as expected"
    if n == 6:
        pytest.skip("as expected")
"""


def write(folder, *, cases=CASES, seconds="0.01 * (1 + n % 3)"):
    """A test folder; `seconds`: an expression, what the case `n` takes."""
    folder.mkdir(parents=True)
    tests = TESTS.replace("SECONDS", seconds).replace("COUNT", str(len(cases)))
    (folder / "pytest.ini").write_text(INI)
    (folder / "account.py").write_text(ACCOUNT)
    (folder / "conftest.py").write_text(
        "from account import pytest_configure, pytest_runtest_logstart\n"
    )
    (folder / "test_cases.py").write_text(tests)


def catalogue(cases=CASES):
    return [
        {"caseId": n, "caseKey": f"c{n}", "pytestNodeid": f"test_cases.py::test_case[{n}]"}
        for n in cases
    ]


def expected(case):
    return EXPECTED.get(case, PASSED)


def said(folder, execution):
    """`(word, case, process, moment)` of everything that the tests of an execution said."""
    path = folder / f"account-{execution}"
    lines = path.read_text().splitlines() if path.exists() else []
    for line in lines:
        word, case, process, moment = line.split()
        yield word, int(case), int(process), float(moment)


@dataclasses.dataclass(frozen=True)
class Account:
    """How often each case said each word."""

    met: Counter
    begun: Counter
    ran: Counter
    over: Counter

    @classmethod
    def read(cls, folder: Path, execution: int):
        everything = list(said(folder, execution))
        return cls(*(Counter(n for word, n, *_ in everything if word == w) for w in cls.words()))

    @classmethod
    def words(cls):
        return [field.name for field in dataclasses.fields(cls)]
