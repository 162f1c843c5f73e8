"""Which files below a project are what the pytest of an execution left."""

import pytest

from orchestrator.runners.spools import left_by, may_be_of
from pytest_sisyphus.execution.spool import FOLDER, Spool

NAME = "7-3f1c0a52-0000-4000-8000-000000000000.jsonl"


def spool(root, name=NAME, **run):
    left = Spool(root / FOLDER / name, {"executionId": 7, "runnerId": "r", **run})
    left.open()
    left.close(keep=True)
    return left.path


def test_spools_of_this_execution_from_the_root_or_above(tmp_path):
    below = tmp_path / "project"
    ours = [spool(below), spool(tmp_path)]
    spool(below, NAME.replace("7-", "77-"))
    (below / FOLDER / f"{NAME}.damaged").touch()
    assert left_by(7, below) == ours


@pytest.mark.parametrize(
    ("run", "may_be"),
    [
        ({"executionNo": "AE20250920001"}, True),
        ({"executionNo": "AE20250920002"}, False),
        ({}, True),
    ],
)
def test_a_spool_that_names_another_execution_is_not_of_this_one(tmp_path, run, may_be):
    assert may_be_of(spool(tmp_path, **run), "AE20250920001") == may_be


def test_a_spool_whose_first_line_is_damaged_or_that_cannot_be_read_may_be(tmp_path):
    left = spool(tmp_path, executionNo="AE20250920002")
    left.write_bytes(b"\0" * 10 + b"\n" + left.read_bytes())
    assert may_be_of(left, "AE20250920001")
    assert may_be_of(tmp_path / "removed", "AE20250920001")
