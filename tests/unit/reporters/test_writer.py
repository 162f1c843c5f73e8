"""When what a report holds is written: its documents come as the tests end."""

import pytest

from pytest_sisyphus.clock import SystemClock
from pytest_sisyphus.config.options import Options
from pytest_sisyphus.reporters.writer import ReportWriter, RequestedReport

CASE = "cases/shop.yaml::order"


class Documents(list):
    """A report of those that came."""

    ordered = only_cases = False
    add = list.append


def test_a_crash_ends_the_case_at_once():
    """xdist tells nothing more of a test whose worker crashed, and the run may go on for long."""
    documents = Documents()
    writer = ReportWriter([RequestedReport("r", documents)], Options(), SystemClock())
    where = ("cases/shop.yaml", None, "order")
    crash = pytest.TestReport(CASE, where, {}, "failed", "worker 'gw0' crashed", "???")

    writer.pytest_runtest_logstart(CASE)
    writer.pytest_runtest_logreport(crash)

    (document,) = documents
    assert document["error_info"]["message"] == "worker 'gw0' crashed"
    assert document["test_case"]["meta"]["cause"] == "crash"
