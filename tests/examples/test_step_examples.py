"""The examples of step types and checks pass as they are, without a network."""

from pathlib import Path

import pytest

# pytester forgets what an inner run imports, and PyYAML's C part cannot be imported twice.
import pytest_sisyphus.nodes.file  # noqa: F401

EXAMPLES = Path(__file__).parents[2] / "examples"
STEPS = [
    "case",
    "checks",
    "concurrent",
    "loop",
    "mock",
    "performance",
    "upload",
    "wait_and_poll",
    "xml",
]
#: files that an example names.
NEEDED = {"case": ("login.yaml",), "upload": ("orders.json",)}


@pytest.mark.parametrize("name", STEPS)
def test_the_example_passes(pytester, name):
    for needed in (f"{name}.yaml", *NEEDED.get(name, ())):
        pytester.copy_example(str(EXAMPLES / needed))

    result = pytester.runpytest_inprocess(
        f"{name}.yaml", "-p", "no:randomly", "-p", "no:cacheprovider"
    )

    assert result.parseoutcomes() == {"passed": 1}


@pytest.mark.parametrize("options", [(), ("--sisyphus-profile=st",)], ids=["base", "st"])
def test_the_example_of_project_configuration_passes(pytester, options):
    pytester.copy_example(str(EXAMPLES / "project"))

    result = pytester.runpytest_inprocess("-p", "no:randomly", "-p", "no:cacheprovider", *options)

    assert result.parseoutcomes() == {"passed": 2}


def test_the_example_of_a_file_of_variables_goes_over_them(pytester, monkeypatch):
    monkeypatch.setenv("SHOP_USER", "nightly")
    pytester.copy_example(str(EXAMPLES / "project"))

    result = pytester.runpytest_inprocess(
        "-p", "no:cacheprovider", "--sisyphus-vars=nightly.json", "--sisyphus-explain", "orders"
    )

    result.stdout.fnmatch_lines(
        [
            "orders/list.yaml::The list of orders",
            "  sources: orders/list.yaml, sisyphus.yaml, orders/sisyphus.yaml, shop.env, nightly.json",
            "    page_size = 200  (nightly.json:1)",
            '    user = "nightly"  (sisyphus.yaml:6)',
        ]
    )
