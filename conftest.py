"""The root of the tests: pytest's own kit for testing plugins; what becomes of skipped tests."""

import gc
import os
import sys

import pytest

pytest_plugins = ["pytester"]

# tests start hundreds of processes: without bytecode each compiles the whole product again
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
# pytest writes longer lines on a CI, and where they are said to be wide
for _name in ("CI", "BUILD_NUMBER", "COLUMNS"):
    os.environ.pop(_name, None)
# messages are compared with their English, whatever the locale
os.environ["SISYPHUS_LANG"] = "en"

#: `all`: what a test needs has to be here, so that a test that is skipped fails.
REQUIRED = os.environ.get("SISYPHUS_TEST_REQUIRE") == "all"
_KEY = "sisyphus/skipped"


def pytest_addoption(parser, pluginmanager):
    if not pluginmanager.has_plugin("timeout"):  # the examples run without the extra `test`
        parser.addini("timeout", "seconds a test may take; only pytest-timeout looks at it")
    parser.addoption(
        "--last-skipped",
        action="store_true",
        help="run only the tests that were skipped and did not run since, as after installing "
        "what they need; those that are not reached now stay for the next time",
    )


@pytest.hookimpl(optionalhook=True, wrapper=True)
def pytest_xdist_auto_num_workers():
    """Half as many again as there are cores: tests wait for processes, servers and clocks."""
    cores = yield
    return cores if os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS") else max(cores * 3 // 2, 1)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """Who has no more tests takes some that another worker has before it."""
    if getattr(config.option, "dist", None) == "no" and config.option.numprocesses:
        config.option.dist = "worksteal"


def pytest_configure(config):
    """The pytest processes that tests start are no workers of the xdist that may run the tests."""
    for name in [name for name in os.environ if name.startswith("PYTEST_XDIST_")]:
        del os.environ[name]
    if not hasattr(config, "workerinput") and hasattr(config, "cache"):
        before = config.cache.get(_KEY, []) if config.getoption("--last-skipped") else []
        config.pluginmanager.register(_Skipped(config.cache, before))


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Thousands of tests stay to the end: no garbage is looked for in them, now or later."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        if "hypothesis" in sys.modules:
            _make_random_generator()
        gc.freeze()


def _make_random_generator():
    """Hypothesis asks who refers to its generator when it makes it; what is frozen is not found."""
    from hypothesis import given, settings, strategies  # noqa: PLC0415  only where tests use it

    @settings(derandomize=True, database=None, max_examples=1)
    @given(strategies.none())
    def use_it(_):
        pass

    use_it()


class _Skipped:
    """Remembers the node ids of skipped tests, and of files that were skipped as a whole."""

    def __init__(self, cache, before):
        self._cache = cache
        self._nodes = set(before)

    def pytest_runtest_logreport(self, report):
        if report.when == "setup":
            self._nodes -= {report.nodeid, report.nodeid.partition("::")[0]}
        if report.skipped and not hasattr(report, "wasxfail"):
            self._nodes.add(report.nodeid)

    def pytest_collectreport(self, report):
        if report.skipped:
            self._nodes.add(report.nodeid)

    def pytest_sessionfinish(self):
        self._cache.set(_KEY, sorted(self._nodes))


def pytest_collection_modifyitems(config, items):
    if hasattr(config, "workerinput"):
        items.sort(key=_may_take, reverse=True)
    if not config.getoption("--last-skipped"):
        return
    wanted = set(config.cache.get(_KEY, []))
    chosen = [item for item in items if {item.nodeid, item.nodeid.partition("::")[0]} & wanted]
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def _may_take(item):
    """What takes longest runs first: at the end, nobody waits for the one worker that has it."""
    limit = item.get_closest_marker("timeout")
    return limit.args[0] if limit else 120, item.get_closest_marker("slow") is not None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _required((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _required((yield))


def _required(report):
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"SISYPHUS_TEST_REQUIRE=all, and yet this is skipped: {why}"
    return report
