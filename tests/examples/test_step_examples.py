"""The examples of step types pass as they are, without a network."""

from pathlib import Path

import pytest

# pytester forgets what an inner run imports, and PyYAML's C part cannot be imported twice.
import pytest_sisyphus.collector  # noqa: F401

EXAMPLES = Path(__file__).parents[2] / "examples"
STEPS = ["concurrent", "loop", "mock", "performance", "wait_and_poll"]


@pytest.mark.parametrize("name", STEPS)
def test_the_example_passes(pytester, name):
    pytester.copy_example(str(EXAMPLES / f"{name}.yaml"))

    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider")

    assert result.parseoutcomes() == {"passed": 1}
