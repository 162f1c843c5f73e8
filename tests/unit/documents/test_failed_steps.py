"""Which failed steps of a document failed by themselves, and which only pass it on."""

import pytest

from pytest_sisyphus.documents.failed_steps import failed_steps, innermost


def step(name, status, parent=None):
    return {"name": name, "status": status} | ({"parent": parent} if parent else {})


LOOP = [
    step("login", "success"),
    step("loop", "failed"),
    step("first", "success", "loop"),
    step("inner", "failed", "loop"),
    step("request", "error", "inner"),
    step("last", "skipped"),
]


def test_failed_steps_come_in_document_order():
    assert [one["name"] for one in failed_steps({"steps": LOOP})] == ["loop", "inner", "request"]


def test_the_innermost_failed_by_themselves():
    assert [one["name"] for one in innermost(failed_steps({"steps": LOOP}))] == ["request"]


def test_a_loop_whose_steps_all_passed_is_the_innermost():
    steps = [step("loop", "failed"), step("child", "success", "loop")]

    assert innermost(failed_steps({"steps": steps})) == steps[:1]


@pytest.mark.parametrize("steps", [None, [], ["text", 5, None], [{}, {"status": "success"}]])
def test_a_document_without_failed_steps(steps):
    assert failed_steps({"steps": steps}) == []
    assert failed_steps({}) == []
