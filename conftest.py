"""The root of the tests: pytest's own kit for testing plugins, and an environment of nobody's."""

import os

pytest_plugins = ["pytester"]


def pytest_configure() -> None:
    """The pytest processes that tests start are no workers of the xdist that may run the tests."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        del os.environ[name]
