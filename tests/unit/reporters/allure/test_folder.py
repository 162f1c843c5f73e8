"""`allure` on hand-made documents: the result files, as Allure's own model has them."""

import json
import re
import resource
from pathlib import Path

import pytest
from report_documents import (
    BROKEN,
    CASES,
    DISABLED,
    EVERYTHING,
    FAILED,
    FIXTURE_FAILED,
    LOOPED,
    PASSED,
    RETRIED,
    SKIPPED,
    UNCOLLECTABLE,
    case,
    run_info,
    step,
    write,
)

from pytest_sisyphus.reporters.allure.files import ResultFiles
from pytest_sisyphus.reporters.allure.folder import AllureFolder
from pytest_sisyphus.reporters.allure.metadata import categories
from pytest_sisyphus.reporters.allure.steps import nested
from pytest_sisyphus.values.jsonable import to_jsonable

STATUSES = {"passed", "failed", "broken", "skipped"}


class Folder:
    def __init__(self, path):
        self.path = path

    @property
    def results(self):
        """By name, a list of those that share it."""
        found = {}
        for path in self.path.glob("*-result.json"):
            result = json.loads(path.read_text(encoding="utf-8"))
            found.setdefault(result["name"], []).append(result)
        return found

    def only(self):
        ((result,),) = self.results.values()
        return result


@pytest.fixture
def written(tmp_path):
    def write_all(*documents):
        write(AllureFolder(tmp_path / "allure"), map(to_jsonable, documents))
        return Folder(tmp_path / "allure")

    return write_all


def executables(item):
    yield item
    for inner in item.get("steps", ()):
        yield from executables(inner)


def labels(result, name):
    return [one["value"] for one in result["labels"] if one["name"] == name]


def test_every_result_is_what_allure_reads(written):
    folder = written(*EVERYTHING)
    results = [one for found in folder.results.values() for one in found]

    assert len(results) == len(EVERYTHING)
    for result in results:
        assert {"uuid", "name", "fullName", "historyId", "testCaseId", "labels"} <= result.keys()
        for item in executables(result):
            assert item["status"] in STATUSES
            assert item["stage"] == "finished"
            if item["name"] == UNCOLLECTABLE["test_case"]["name"]:
                assert not {"start", "stop"} & item.keys()  # nobody measured it
            else:
                assert 0 < item["start"] <= item["stop"]
            for attachment in item.get("attachments", ()):
                assert json.loads((folder.path / attachment["source"]).read_text("utf-8"))


@pytest.mark.parametrize(
    ("document", "status", "message"),
    [
        (PASSED, "passed", None),
        (FAILED, "failed", "AssertionError: Expected 0, but got 1001"),
        (BROKEN, "broken", "ConnectionError: GET http://shop.test/: cannot connect"),
        (FIXTURE_FAILED, "broken", "ConfigError: OSError: no database"),
        (SKIPPED, "skipped", "skip_if holds: ${true}"),
        (DISABLED, "skipped", "cases/shop.yaml:9: enabled is false"),
    ],
)
def test_failed_is_the_products_fault_broken_is_not(written, document, status, message):
    result = written(document).only()

    assert (result["status"], result.get("statusDetails", {}).get("message")) == (status, message)


def test_children_stand_inside_their_step(written):
    (outer,) = written(LOOPED).only()["steps"]

    assert [one["name"] for one in outer["steps"]] == ["read [1]", "read [2]"]


def test_steps_nest_by_their_parents_names():
    flat = [
        step("a"),
        step("b", parent="a"),
        step("c", parent="b"),
        step("d", parent="a"),
        step("a"),
        step("e", parent="a"),
        step("lost", parent="nobody"),
    ]

    def shape(nodes):
        return [(node["name"], shape(inner)) for node, inner in nodes]

    assert shape(nested(flat)) == [
        ("a", [("b", [("c", [])]), ("d", [])]),
        ("a", [("e", [])]),
        ("lost", []),
    ]


def test_a_step_shows_its_attempts(written):
    (retried,) = written(RETRIED).only()["steps"]

    assert [(one["name"], one["status"]) for one in retried["steps"]] == [
        ("attempt 1", "broken"),
        ("attempt 2", "passed"),
    ]


def test_an_attempt_shows_its_request(written):
    folder = written(RETRIED)
    first, second = folder.only()["steps"][0]["steps"]
    (attachment,) = first["attachments"]

    sent = json.loads((folder.path / attachment["source"]).read_text("utf-8"))
    assert sent == {"method": "POST", "url": "http://shop.test/insist", "body": "k=1"}
    assert "attachments" not in second


def test_a_step_has_parameters_and_attachments(written):
    folder = written(PASSED)
    (one,) = folder.only()["steps"]
    parameters = {parameter["name"]: parameter["value"] for parameter in one["parameters"]}
    (attachment,) = one["attachments"]
    attached = json.loads((folder.path / attachment["source"]).read_text("utf-8"))

    assert parameters["request"] == "GET http://shop.test/get"
    assert parameters["status_code"] == "200"
    assert parameters["total_time"] == "12.5 ms"
    assert parameters["tcp_time"] == "0.1 ms"
    assert not {"dns_time", "tls_time"} & parameters.keys()  # 0: they did not happen
    assert attachment["name"] == "request, checks, extracted variables, response"
    assert list(attached) == attachment["name"].split(", ")
    assert "request" not in attached["response"]
    assert attached["checks"] == PASSED["steps"][0]["validations"]


def test_a_mocked_step_says_so(written):
    (one,) = written(RETRIED).only()["steps"]

    assert {"name": "mocked", "value": "true"} in one["parameters"]


class TestIdentity:
    def test_a_case_key_outlives_a_rename(self, written):
        meta = {"case_key": "order-create"}
        folder = written(case("old", nodeid="a.yaml::old", meta=meta))
        before = folder.only()["historyId"]
        after = written(case("new", nodeid="b/c.yaml::new", meta=meta)).results["new"][0]

        assert (after["historyId"], after["testCaseId"]) == (before, before)

    def test_without_a_key_the_node_id_is_the_identity(self, written):
        folder = written(case("a"), case("b"))

        assert len({one["historyId"] for (one,) in folder.results.values()}) == 2

    def test_rows_of_one_case_are_not_taken_for_retries(self, written):
        rows = {row: {"case_key": "order-create", "row": row} for row in "abc"}
        written(*(case(f"order[{row}]", meta=meta) for row, meta in rows.items()))
        renamed = written(case("new name", meta=rows["b"]))

        histories = {name: one["historyId"] for name, (one,) in renamed.results.items()}
        assert len(set(histories.values())) == 3
        assert histories["new name"] == histories["order[b]"]

    def test_two_cases_that_share_a_key_stay_two(self, written):
        folder = written(*(case(name, meta={"case_key": "same"}) for name in "ab"))

        assert len({one["historyId"] for (one,) in folder.results.values()}) == 2

    def test_earlier_attempts_share_the_history(self, written):
        first = case("flaky", "failed", meta={"case_key": "k"})
        folder = written(case("flaky", meta={"case_key": "k", "reruns": [first]}))

        results = folder.results["flaky"]
        assert {one["status"] for one in results} == {"passed", "broken"}
        assert len({one["historyId"] for one in results}) == 1
        assert len({one["uuid"] for one in results}) == 2


class TestLabels:
    def test_path_and_tags(self, written):
        tags = ["smoke", "epic:支付", "severity:critical", "issue:https://x.test/B-1", "a:b"]
        result = written(case(nodeid="api/v1/pay.yaml::x", meta={"tags": tags})).only()

        assert labels(result, "parentSuite") == ["api.v1"]
        assert labels(result, "suite") == ["pay"]
        assert labels(result, "package") == ["api.v1.pay"]
        assert labels(result, "tag") == ["smoke", "a:b"]
        assert labels(result, "epic") == ["支付"]
        assert labels(result, "severity") == ["critical"]
        assert labels(result, "framework") == ["pytest-sisyphus"]
        assert result["links"] == [{"type": "issue", "url": "https://x.test/B-1", "name": "B-1"}]

    def test_the_worker_is_the_thread(self, written):
        assert labels(written(case(meta={"worker": "gw1"})).only(), "thread") == ["gw1"]


class TestTheFolder:
    def test_nothing_in_it_is_touched(self, tmp_path):
        """W8: the older engine empties whatever folder it is given."""
        kept = {"mine.txt": "mine", "0-result.json": "{}", "categories.json": "[]"}
        kept["environment.properties"] = "mine = yes\n"
        for name, text in kept.items():
            (tmp_path / name).write_text(text)

        write(AllureFolder(tmp_path), map(to_jsonable, CASES))

        assert {name: (tmp_path / name).read_text() for name in kept} == kept

    def test_results_are_there_as_soon_as_their_case_is_over(self, tmp_path):
        reporter = AllureFolder(tmp_path)
        reporter.open()
        reporter.add(PASSED)

        assert len(list(tmp_path.glob("*-result.json"))) == 1

    def test_the_environment_of_the_last_run_is_ours_to_rewrite(self, tmp_path):
        for profile in ("dev", "测试=1"):
            write(AllureFolder(tmp_path), [], run_info(about={"profile": profile}))

        text = (tmp_path / "environment.properties").read_text()
        assert "profile = \\u6d4b\\u8bd5\\=1\n" in text
        assert "python = 3.11.7\n" in text


@pytest.mark.parametrize(
    ("message", "name"),
    [
        ("AssertionError: Expected 0\nbut", "Assertions"),
        ("TimeoutError: no answer", "Timeouts"),
        ("HTTPError: not HTTP", "Network"),
        ("ValidationError: not JSON", "Unexpected responses"),
        ("ConfigError: no variable", "Cases, fixtures and configuration"),
    ],
)
def test_categories_sort_failures_by_their_type(message, name):
    matching = [one["name"] for one in categories() if re.fullmatch(one["messageRegex"], message)]

    assert matching == [name]


def test_the_folder_is_checked_before_anything_runs(tmp_path):
    Path(tmp_path / "file").touch()

    with pytest.raises(OSError, match="file"):
        AllureFolder(tmp_path / "file").open()


def test_a_disk_that_gets_full_leaves_no_half_file(tmp_path):
    """Its first half is written without a word: only the next write raises."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(OSError, match="File too large"):
            ResultFiles(tmp_path).attachment("x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    assert list(tmp_path.iterdir()) == []
