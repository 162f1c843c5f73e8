"""pytest's reports become documents: which attempt, which end, when it is over."""

from datetime import datetime, timedelta

import pytest
from report_documents import FAILED, PASSED

from pytest_sisyphus.nodes.report_text import UNCALLED
from pytest_sisyphus.redact import redact_text
from pytest_sisyphus.reporters.collect_reports import ReportCollector

CASE = "cases/shop.yaml::order"
PYTHON = "tests/test_a.py::test_it"


class Clock:
    """A second for each look at it."""

    def __init__(self):
        self.moment = datetime(2026, 1, 30, 20, 30)  # noqa: DTZ001 - the protocol's have no zone

    def now(self):
        self.moment += timedelta(seconds=1)
        return self.moment

    def tick(self):
        return self.moment.timestamp()

    def sleep(self, seconds):
        self.moment += timedelta(seconds=seconds)


def report(when, outcome="passed", text=None, *, nodeid=CASE, document=None, **extra):
    made = pytest.TestReport(
        nodeid=nodeid,
        location=(nodeid.partition("::")[0], 8, "order"),
        keywords={},
        outcome=outcome,
        longrepr=text,
        when=when,
        duration=0.25,
        start=1769805036.5,
        stop=1769805036.75,
        user_properties=extra.pop("user_properties", []),
        **extra,
    )
    if document is not None:
        made.sisyphus = {"case": document}
    return made


def skipped(when, reason="because", **extra):
    return report(when, "skipped", ("conftest.py", 3, f"Skipped: {reason}"), **extra)


@pytest.fixture
def gathering():
    return ReportCollector(Clock(), redact_text)


def finished(gathering, *reports, nodeid=CASE):
    gathering.started(nodeid)
    for one in reports:
        gathering.report(one)
    return gathering.finished(nodeid)


SETUP, TEARDOWN = report("setup"), report("teardown")


@pytest.mark.parametrize(
    ("reports", "status", "message", "reason"),
    [
        ([SETUP, report("call", document=PASSED), TEARDOWN], "passed", None, None),
        (
            [SETUP, report("call", "failed", "x", document=FAILED), TEARDOWN],
            "failed",
            "Expected 0, but got 1001",
            None,
        ),
        ([skipped("setup"), TEARDOWN], "skipped", None, "because"),
        ([report("setup", "failed", "no db"), TEARDOWN], "failed", "no db", None),
        (
            [SETUP, report("call", document=PASSED), report("teardown", "failed", "still open")],
            "failed",
            "still open",
            None,
        ),
        (
            [SETUP, report("call", "failed", "[XPASS(strict)] why", document=PASSED), TEARDOWN],
            "failed",
            "[XPASS(strict)] why",
            None,
        ),
        (
            [SETUP, report("call", "skipped", "x", document=FAILED, wasxfail="known"), TEARDOWN],
            "skipped",
            "Expected 0, but got 1001",
            "xfailed: known",
        ),
        ([SETUP, report("call", "failed", "a bug"), TEARDOWN], "failed", "a bug", None),
        ([SETUP, TEARDOWN], "skipped", None, UNCALLED),
    ],
    ids=["pass", "fail", "skip", "setup", "teardown", "xpass", "xfail", "no-document", "uncalled"],
)
def test_how_a_case_ends(gathering, reports, status, message, reason):
    _, document = finished(gathering, *reports)

    assert document["test_case"]["status"] == status
    assert document.get("error_info", {}).get("message") == message
    assert document["test_case"]["meta"].get("reason") == reason


@pytest.mark.parametrize(
    ("reports", "cause"),
    [
        ([report("setup", "failed", "no db"), TEARDOWN], "setup"),
        ([SETUP, report("call", document=PASSED), report("teardown", "failed", "x")], "teardown"),
        ([SETUP, report("call", "failed", "a bug"), TEARDOWN], ""),
    ],
    ids=["setup", "teardown", "call"],
)
def test_what_failed_is_said_where_it_was_not_the_test(gathering, reports, cause):
    _, document = finished(gathering, *reports)

    assert document["test_case"]["meta"]["cause"] == cause


def test_a_case_that_never_ran_still_says_who_it_is(gathering):
    known = [("case_id", 7), ("case_key", "k"), ("tags", "a, b"), ("location", "ignored")]
    _, document = finished(gathering, skipped("setup", user_properties=known), TEARDOWN)

    case = document["test_case"]
    assert (case["name"], case["meta"]["location"]) == ("order", "cases/shop.yaml:9")
    assert (case["meta"]["case_id"], case["meta"]["case_key"]) == (7, "k")
    assert case["meta"]["tags"] == ["a", "b"]
    assert case["duration"] == 0.5
    assert document["steps"] == []


def test_a_data_row_is_known_by_its_id(gathering):
    row = [("row", "3-alice")]
    _, document = finished(
        gathering, SETUP, report("call", document=PASSED, user_properties=row), TEARDOWN
    )

    assert document["test_case"]["meta"]["row"] == "3-alice"


@pytest.mark.parametrize(
    ("nodeid", "kind", "name"),
    [
        (CASE, "case", "order"),
        ("a.yml::a::b", "case", "a::b"),
        (PYTHON, "python", "test_it"),
        ("a.py::T::test[x.yaml::y]", "python", "T::test[x.yaml::y]"),
    ],
)
def test_kind_and_name_come_from_the_node_id(gathering, nodeid, kind, name):
    _, document = finished(
        gathering, report("setup", nodeid=nodeid), report("call", nodeid=nodeid), nodeid=nodeid
    )

    assert (document["test_case"]["meta"]["kind"], document["test_case"]["name"]) == (kind, name)


@pytest.mark.parametrize(
    ("text", "kind", "category", "message"),
    [
        ("ValueError: no", "ValueError", "system", "no"),
        ("AssertionError: 1 is not 2", "AssertionError", "assertion", "1 is not 2"),
        ("some text: with colon", "ConfigError", "system", "some text: with colon"),
    ],
)
def test_a_python_test_keeps_its_exceptions_type(gathering, text, kind, category, message):
    _, document = finished(gathering, report("call", "failed", text, nodeid=PYTHON), nodeid=PYTHON)

    info = document["error_info"]
    assert (info["type"], info["category"], info["message"]) == (kind, category, message)


def test_texts_of_pytest_are_masked(gathering):
    _, document = finished(gathering, report("setup", "failed", "login failed: password=hunter22"))

    assert "hunter22" not in str(document)


class TestReruns:
    def test_only_the_last_attempt_is_the_result(self, gathering):
        gathering.started(CASE)
        gathering.report(report("setup"))
        gathering.report(report("call", "rerun", "x", document=FAILED))
        gathering.report(report("teardown"))
        assert gathering.finished(CASE) is None

        _, document = finished(gathering, SETUP, report("call", document=PASSED), TEARDOWN)

        assert document["test_case"]["status"] == "passed"
        (earlier,) = document["test_case"]["meta"]["reruns"]
        assert earlier["test_case"]["status"] == "failed"
        assert earlier["steps"] == FAILED["steps"]

    def test_a_run_that_ends_between_two_attempts_leaves_the_first(self, gathering):
        gathering.started(CASE)
        gathering.report(report("call", "rerun", "x", document=FAILED))
        gathering.finished(CASE)

        ((_, document),) = gathering.rest({}.get)

        assert document["test_case"]["status"] == "failed"
        assert document["test_case"]["meta"]["reruns"] == []


class TestCutShort:
    def test_a_crash(self, gathering):
        gathering.started(CASE)
        crash = pytest.TestReport(
            CASE, ("cases/shop.yaml", None, "x"), {}, "failed", "worker 'gw0' crashed", "???"
        )

        gathering.report(crash)
        nodeid, document = gathering.finished(CASE)

        assert nodeid == CASE
        assert document["error_info"]["message"] == "worker 'gw0' crashed"
        assert document["test_case"]["duration"] > 0
        assert document["test_case"]["meta"]["cause"] == "crash"

    def test_what_an_interrupted_case_did_is_kept(self, gathering):
        gathering.started(CASE)
        gathering.report(report("setup"))

        ((_, document),) = gathering.rest({CASE: PASSED}.get)

        assert document["test_case"]["status"] == "failed"
        assert document["steps"] == PASSED["steps"]
        assert "interrupted" in document["error_info"]["message"]
        assert document["test_case"]["meta"]["cause"] == "interrupted"

    def test_a_failure_seen_stays_one_without_its_teardown(self, gathering):
        gathering.started(CASE)
        gathering.report(report("call", "failed", "x", document=FAILED))

        ((_, document),) = gathering.rest({}.get)

        assert document["error_info"]["message"] == "Expected 0, but got 1001"

    def test_what_is_finished_is_not_told_again(self, gathering):
        finished(gathering, SETUP, report("call", document=PASSED), TEARDOWN)

        assert list(gathering.rest({}.get)) == []


def test_a_broken_file_is_told_once_though_every_worker_says_it(gathering):
    broken = pytest.CollectReport("bad.yaml", "failed", "bad.yaml:3:5: unknown key", [])

    first, second = gathering.collection_failed(broken), gathering.collection_failed(broken)

    assert first["error_info"]["message"] == "bad.yaml:3:5: unknown key"
    assert first["test_case"]["meta"]["kind"] == "collection"
    assert first["test_case"]["duration"] is None
    assert first["test_case"]["meta"]["cause"] == "collection"
    assert second is None
