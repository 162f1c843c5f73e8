"""`junit` on hand-made documents."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import xmlschema
from report_documents import (
    BROKEN,
    CASES,
    DISABLED,
    EVERYTHING,
    FAILED,
    FIXTURE_FAILED,
    LOOPED,
    ODD,
    PASSED,
    PYTHON,
    RETRIED,
    SKIPPED,
    TEARDOWN_FAILED,
    UNCOLLECTABLE,
    case,
    run_info,
    write,
)

from pytest_sisyphus.reporters.junit import JUnitFile

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def suites(tmp_path, documents, run=None):
    path = tmp_path / "junit.xml"
    write(JUnitFile(path), documents, run)
    SCHEMA.validate(path)
    return ET.parse(path).getroot()


def only(tmp_path, document):
    (found,) = suites(tmp_path, [document]).iter("testcase")
    return found


@pytest.mark.parametrize("documents", [[], CASES, EVERYTHING], ids=["none", "cases", "everything"])
def test_the_file_obeys_the_schema(tmp_path, documents):
    assert len(list(suites(tmp_path, documents).iter("testcase"))) == len(documents)


def test_the_totals_are_those_of_the_cases(tmp_path):
    root = suites(tmp_path, EVERYTHING)

    for element in (root, root[0]):
        found = {
            name: int(element.get(name)) for name in ("tests", "failures", "errors", "skipped")
        }
        assert found == {"tests": 12, "failures": 4, "errors": 4, "skipped": 2}


@pytest.mark.parametrize(
    ("document", "kind", "message"),
    [
        (PASSED, None, None),
        (RETRIED, None, None),
        (FAILED, "failure", "AssertionError: Expected 0, but got 1001"),
        (LOOPED, "failure", "AssertionError: Expected 0, but got 1001"),
        (BROKEN, "error", "ConnectionError: GET http://shop.test/: cannot connect"),
        (FIXTURE_FAILED, "error", "ConfigError: OSError: no database"),
        (TEARDOWN_FAILED, "error", "ConfigError: OSError: still open"),
        (UNCOLLECTABLE, "error", "ConfigError: cases/bad.yaml:3:5: unknown key 'requst'"),
        (SKIPPED, "skipped", "skip_if holds: ${true}"),
        (DISABLED, "skipped", "cases/shop.yaml:9: enabled is false"),
    ],
)
def test_how_a_case_ended(tmp_path, document, kind, message):
    element = only(tmp_path, document)

    ends = [child for child in element if child.tag in {"failure", "error", "skipped"}]
    assert [(end.tag, end.get("message")) for end in ends] == ([(kind, message)] if kind else [])


@pytest.mark.parametrize(("document", "time"), [(PASSED, "1.054"), (UNCOLLECTABLE, None)])
def test_a_time_is_measured_or_absent(tmp_path, document, time):
    assert only(tmp_path, document).get("time") == time


def test_file_and_line_are_the_cases_place(tmp_path):
    element = only(tmp_path, PASSED)

    assert (element.get("file"), element.get("line")) == ("cases/shop.yaml", "1")


@pytest.mark.parametrize(
    ("document", "classname", "name"),
    [
        (PASSED, "cases.shop", "order"),
        (case("a::b [1]", nodeid="x.yml::a::b [1]"), "x", "a::b [1]"),
        (case(nodeid="../up/v1.2.yaml::order"), "up.v1.2", "order"),
        (PYTHON, "tests.unit.test_totals.TestTotals", "test_sum[a::b]"),
        (UNCOLLECTABLE, "cases.bad", "cases/bad.yaml"),
        (case(nodeid=".", meta={"kind": "collection"}), "", "order"),
    ],
)
def test_classname_comes_from_the_path(tmp_path, document, classname, name):
    element = only(tmp_path, document)

    assert (element.get("classname"), element.get("name")) == (classname, name)


def test_a_failure_reads_without_another_report(tmp_path):
    text = only(tmp_path, FAILED).find("failure").text

    assert "cases/shop.yaml:5: step 'pay' failed" in text
    assert "request:  GET http://shop.test/get" in text
    assert "Expected 0, but got 1001" in text


def test_system_out_lists_the_steps_and_their_checks(tmp_path):
    lines = only(tmp_path, FAILED).find("system-out").text.splitlines()

    assert [line for line in lines if line[0] != " "] == [
        "SUCCESS ask in 1.05 s (cases/shop.yaml:5)",
        "FAILED  pay in 1.05 s (cases/shop.yaml:5)",
        "SKIPPED refund (cases/shop.yaml:5)",
    ]
    assert any("FAILED eq $.code" in line for line in lines)


def test_properties_carry_identity_tags_and_those_of_python_tests(tmp_path):
    known = case(meta={"case_id": 7, "case_key": "pay", "tags": ["smoke", "支付"], "reruns": [1]})
    found = [
        [(one.get("name"), one.get("value")) for one in element.iter("property")]
        for element in suites(tmp_path, [known, PYTHON]).iter("testcase")
    ]

    assert found == [
        [("case_id", "7"), ("case_key", "pay"), ("tag", "smoke"), ("tag", "支付"), ("reruns", "1")],
        [("k", "v")],
    ]


def test_what_xml_cannot_hold_is_shown_by_its_number(tmp_path):
    element = only(tmp_path, ODD)

    assert element.get("name").startswith("=1+1 #x00#x1B #xD800 #xFFFE 中文")
    assert "Expected \\x01, but got ]]>" in element.find("failure").text


def test_an_interrupted_run_says_so(tmp_path):
    root = suites(tmp_path, [PASSED], run_info(interrupted="KeyboardInterrupt"))

    assert root[0].find("properties/property[@name='interrupted']").get("value")
