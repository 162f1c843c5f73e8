"""Why a test did not pass, in pytest's own words."""

from typing import Final

import pytest

from pytest_sisyphus.i18n import marked, tr

#: of a test of which pytest reported nothing but passes, and none for the test itself.
UNCALLED: Final = marked("it was set up and torn down, but not called (as by --setup-only)")


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The first thing to read: the exception's own words, or the reason of a skip."""
    if report.outcome == "passed":
        return ""
    if report.outcome == "skipped":
        expected = getattr(report, "wasxfail", None)
        if expected is not None:
            return tr("xfailed: {reason}", reason=expected) if expected else "xfailed"
        longrepr = report.longrepr
        text = longrepr[2] if isinstance(longrepr, tuple) else trace_of(report)
        return str(text).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        # pytest shortens `AssertionError: assert …` to `assert …`
        is_short = crash.message.startswith("assert ")
        return f"AssertionError: {crash.message}" if is_short else str(crash.message)
    trace = trace_of(report)
    # of a file that could not be imported pytest has only the text; its errors start with E
    errors = [line[2:].strip() for line in trace.splitlines() if line.startswith("E  ")]
    return (errors[-1] if errors else "") or trace.partition("\n\n")[0]


def message_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The reason as a message for people: without the type that `pytest.fail` gives it."""
    return reason_of(report).removeprefix("Failed: ")


def trace_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """As in a serial run: `longreprtext` names the worker."""
    return str(report.longrepr or "").strip("\n")
