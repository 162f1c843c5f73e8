"""The clock on the wall is set by hours, both ways, while a run goes on: durations are measured."""

import json

import pytest

pytestmark = pytest.mark.slow

CASE = """
name: a
case_id: 1
steps:
  - {name: one, type: wait, seconds: 0.05}
  - name: two
    type: loop
    loop_type: for
    loop_count: 2
    loop_steps: [{name: inner, type: wait, seconds: 0.05}]
  - name: three
    url: http://127.0.0.1:1/
    retry_policy: {max_attempts: 1, base_delay: 0.01}
"""

#: of a conftest.py: each look at the clock is hours away from the last.
SET = """
    import itertools
    from datetime import datetime, timedelta
    from pytest_sisyphus.clock import SystemClock

    HOURS = itertools.cycle([0, 7, -9, 26, -30])
    now = SystemClock.now
    SystemClock.now = lambda self: now(self) + timedelta(hours=next(HOURS))

    def pytest_unconfigure():
        SystemClock.now = now
"""


@pytest.mark.parametrize("way", ["forwards", "backwards"])
def test_durations_are_measured_and_nothing_ends_before_it_begins(project, orchestrator, way):
    hours = "[0, 7, -9, 26, -30]" if way == "forwards" else "[0, -7, 9, -26, 30]"
    project.write(conftest=SET.replace("[0, 7, -9, 26, -30]", hours))
    (project.root / "a.yaml").write_text(CASE)
    orchestrator.want(1)

    project.run(
        "--sisyphus-report=json:out.json",
        "--sisyphus-report=junit:out.xml",
        "--sisyphus-report=allure:out",
    )

    told = orchestrator.final(1)
    assert 0.1 < told["durationSeconds"] < 30
    steps = told["ext"]["steps"]
    assert [0.0 <= step["duration"] < 30 for step in steps] == [True] * len(steps)
    assert steps[0]["duration"] >= 0.05
    case = json.loads((project.root / "out.json").read_text())["test_case"]
    assert 0.1 < case["duration"] < 30
    (file,) = (project.root / "out").glob("*-result.json")
    shown = list(_shown(json.loads(file.read_text())))
    assert len(shown) >= 6
    assert [0 <= one["stop"] - one["start"] < 30_000 for one in shown] == [True] * len(shown)
    assert 'time="-' not in (project.root / "out.xml").read_text()
    assert orchestrator.status == 5


def _shown(result):
    yield result
    for step in result.get("steps", ()):
        yield from _shown(step)
