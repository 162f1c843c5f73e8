"""Workers that die again and again: every case has its one outcome, and nothing waits for ever."""

from collections import Counter

import pytest

pytestmark = pytest.mark.slow

CRASHING = """
    @pytest.mark.parametrize("n", [
        pytest.param(n, marks=pytest.mark.sisyphus(case_id=n)) for n in range(1, 13)
    ])
    def test_it(n):
        if n % 3 == 0: os._exit(3)
"""


@pytest.mark.parametrize(
    ("restarts", "least_failed"), [([], 4), (["--max-worker-restart=1"], 1)], ids=["all", "few"]
)
def test_of_an_execution(project, orchestrator, restarts, least_failed):
    project.write(test_a=CRASHING)
    orchestrator.want(*range(1, 13), run_mode=2)

    project.run("-n2", "-p", "no:randomly", *restarts)

    statuses = orchestrator.statuses()
    counts = Counter(statuses.values())
    assert set(counts) <= {2, 3, 4, 7}
    assert counts[3] + counts[4] >= least_failed
    assert all(statuses[n] != 2 for n in (3, 6, 9, 12))
    assert [len(orchestrator.finals(n)) for n in range(1, 13)] == [1] * 12
    if not restarts:
        assert counts == {2: 8, 3: 4}
    for n, status in statuses.items():
        final = orchestrator.final(n)
        assert status == 2 or final["errorMessage"]
