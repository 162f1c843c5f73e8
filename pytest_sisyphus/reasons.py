"""Why a test did not pass, in pytest's own words."""

from typing import Final

import pytest

#: of a test of which pytest reported nothing but passes, and none for the test itself.
UNCALLED: Final = "it was set up and torn down, but not called (as by --setup-only)"


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """The first thing to read: the exception's own words, or the reason of a skip."""
    if report.outcome == "passed":
        return ""
    if report.outcome == "skipped":
        return _skip_reason(report)
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        return _with_its_type(crash.message)
    trace = trace_of(report)
    return _last_error_line(trace) or trace.partition("\n\n")[0]


def _last_error_line(text: str) -> str:
    """Of a file that could not be imported pytest has only the text; its errors start with E."""
    marked = [line[2:].strip() for line in text.splitlines() if line.startswith("E  ")]
    return marked[-1] if marked else ""


def trace_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """As in a serial run: `longreprtext` names the worker."""
    return str(report.longrepr or "").strip("\n")


def _with_its_type(message: str) -> str:
    """pytest shortens `AssertionError: assert …` to `assert …`."""
    return f"AssertionError: {message}" if message.startswith("assert ") else message


def _skip_reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    expected = getattr(report, "wasxfail", None)
    if expected is not None:
        return f"xfailed: {expected}" if expected else "xfailed"
    longrepr = report.longrepr
    text = longrepr[2] if isinstance(longrepr, tuple) else trace_of(report)
    return str(text).removeprefix("Skipped: ")
