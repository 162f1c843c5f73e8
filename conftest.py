"""The root of the tests: pytest's own kit for testing plugins, and what each run starts from."""

import os

from hypothesis import settings

pytest_plugins = ["pytester"]

# the same examples in every run; `--hypothesis-profile=default` looks for new ones
settings.register_profile("steady", derandomize=True)
settings.load_profile("steady")


def pytest_configure() -> None:
    """The pytest processes that tests start are no workers of the xdist that may run the tests."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        del os.environ[name]
