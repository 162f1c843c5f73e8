"""A test that takes pytest along: its case has failed, by name, and what was there before stays."""

import pytest

pytestmark = pytest.mark.slow

TESTS = """
import os, pytest

@pytest.mark.sisyphus(case_id=1)
def test_before(): pass

@pytest.mark.sisyphus(case_id=2)
def test_dies(): HOW

@pytest.mark.sisyphus(case_id=3)
def test_after(): pass
"""
NAMES = ("test_before", "test_dies", "test_after")


@pytest.mark.parametrize("how", ["os._exit(0)", "os.kill(os.getpid(), 11)"])
def test_the_local_runner_tells_who_took_pytest_along(platform, how):
    platform.write(test_it__py=TESTS.replace("HOW", how))
    platform.sync(
        *(
            {"caseId": n, "caseTitle": name, "pytestNodeid": f"test_it.py::{name}"}
            for n, name in enumerate(NAMES, start=1)
        )
    )

    execution, cases = platform.run_plan(platform.plan(1, 2, 3))

    assert [cases[n]["status"] for n in (1, 2, 3)] == [2, 3, 4]
    assert cases[2]["error_message"].endswith("test_it.py::test_dies")
    assert "pytest ended while this test ran" in cases[2]["error_message"]
    assert execution["status"] == 8
    assert "pytest" in execution["trigger_message"]
    assert list((platform.root / ".sisyphus" / "spool").glob("*.jsonl")) == []
