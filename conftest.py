"""The root of the tests: pytest's own kit for testing plugins, nothing else."""

pytest_plugins = ["pytester"]
