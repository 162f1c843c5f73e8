"""`csv` and `csv-compact` on hand-made documents."""

import csv

import pytest
from report_documents import (
    CASES,
    DISABLED,
    FAILED,
    FIXTURE_FAILED,
    LOOPED,
    ODD,
    PASSED,
    TEARDOWN_FAILED,
    run_info,
    write,
)

from pytest_sisyphus.reporters.csv_file import COMPACT, CsvFile

#: the protocol's document, section 5.2, in its order.
COLUMNS = [
    "Test Name",
    "Step Name",
    "Step Index",
    "Status",
    "Start Time",
    "End Time",
    "Duration (s)",
    "HTTP Status Code",
    "Response Size (bytes)",
    "Total Time (ms)",
    "DNS Time (ms)",
    "TCP Time (ms)",
    "TLS Time (ms)",
    "Server Time (ms)",
    "Download Time (ms)",
    "Error Type",
    "Error Message",
]


def rows(tmp_path, documents, *options, run=None):
    path = tmp_path / "report.csv"
    write(CsvFile(path, *options), documents, run or run_info(len(documents)))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_are_the_protocols(tmp_path):
    write(CsvFile(tmp_path / "r.csv"), [])
    write(CsvFile(tmp_path / "c.csv", COMPACT), [], run_info(cases=0))

    assert (tmp_path / "r.csv").read_bytes().decode() == ",".join(COLUMNS) + "\n"
    assert (tmp_path / "c.csv").read_bytes() == b"Step,Status Code,Status\n"


def test_a_step_is_a_row(tmp_path):
    (row,) = rows(tmp_path, [PASSED])

    assert row == dict(
        zip(
            COLUMNS,
            [
                "order",
                "ask",
                "1",
                "success",
                "2026-01-30T20:30:36.663852",
                "2026-01-30T20:30:37.717389",
                "1.053537",
                "200",
                "10",
                "12.5",
                "0",
                "0.1",
                "0",
                "9.1",
                "",
                "",
                "",
            ],
            strict=True,
        )
    )


def test_steps_are_counted_from_one_in_each_case(tmp_path):
    found = [(row["Test Name"], row["Step Index"]) for row in rows(tmp_path, [FAILED, LOOPED])]

    assert found == [
        ("pay", "1"),
        ("pay", "2"),
        ("pay", "3"),
        ("stock", "1"),
        ("stock", "2"),
        ("stock", "3"),
    ]


def test_a_step_that_did_not_run_took_no_time(tmp_path):
    found = {row["Step Name"]: row["Duration (s)"] for row in rows(tmp_path, [FAILED])}

    assert found == {"ask": "1.053537", "pay": "1.053537", "refund": ""}


def test_errors_have_type_and_message(tmp_path):
    row = rows(tmp_path, [FAILED])[1]

    assert (row["Status"], row["Error Type"], row["Error Message"]) == (
        "failed",
        "AssertionError",
        "Expected 0, but got 1001",
    )


@pytest.mark.parametrize(
    ("document", "name", "status"),
    [
        (DISABLED, "off", "skipped"),
        (FIXTURE_FAILED, "torn", "error"),
        (TEARDOWN_FAILED, "left over", "error"),
    ],
)
def test_a_case_whose_steps_do_not_tell_its_end_has_a_row_of_its_own(
    tmp_path, document, name, status
):
    row = rows(tmp_path, [document])[-1]
    brief = rows(tmp_path, [document], COMPACT)[-1]

    assert (row["Test Name"], row["Step Name"], row["Step Index"]) == (name, "", "")
    assert row["Status"] == status
    assert brief == {"Step": name, "Status Code": "", "Status": status}


@pytest.mark.parametrize(
    ("documents", "collected", "named"),
    [
        ([PASSED], 1, [{}]),
        ([PASSED], 2, [{"Test Name": "order"}]),
        ([PASSED, DISABLED], 2, [{"Test Name": "order"}, {"Test Name": "off"}]),
    ],
    ids=["the only case", "the only one that ran", "several"],
)
def test_compact_rows_name_their_case_where_there_are_several(
    tmp_path, documents, collected, named
):
    """Behind the protocol's own columns, which stay in their places."""
    found = rows(tmp_path, documents, COMPACT, run=run_info(collected))

    assert [list(row)[:3] for row in found] == [["Step", "Status Code", "Status"]] * len(found)
    assert [dict(list(row.items())[3:]) for row in found] == named


def test_values_come_back_as_they_were_formulas_too(tmp_path):
    """A spreadsheet's formula is a value like any other: it is quoted, never changed."""
    (row,) = rows(tmp_path, [ODD])

    name = ODD["test_case"]["name"]
    assert row["Test Name"] == name.replace("\0", "\\x00").replace("\ud800", "\\ud800")


def test_every_case_appears(tmp_path):
    names = {row["Test Name"] for row in rows(tmp_path, CASES[:-1])}

    assert names == {document["test_case"]["name"] for document in CASES[:-1]}
