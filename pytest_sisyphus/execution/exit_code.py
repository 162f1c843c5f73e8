"""The exit code of a session that ran an execution: no success where nothing ran, or something was
not delivered."""

from typing import TYPE_CHECKING

import pytest

from pytest_sisyphus.execution.run import ExecutionRun
from pytest_sisyphus.i18n import tr

if TYPE_CHECKING:
    from pytest_sisyphus.execution.leg import LegRun


def exit_code(code: int, run: ExecutionRun, *, strict: bool) -> int:
    """`code`: pytest's own; `strict`: undelivered results fail the run."""
    if code != pytest.ExitCode.OK:
        return code
    if not run.ran_any:
        return pytest.ExitCode.NO_TESTS_COLLECTED
    if strict and run.stats and run.stats.undelivered:
        return pytest.ExitCode.TESTS_FAILED
    return code


def leg_exit_code(code: int, run: "LegRun", *, is_interrupted: bool) -> tuple[int, list[str]]:
    """That of a leg, by `exit_code` of its run; and what people are to know of it."""
    notes: list[str] = []
    if run.lost_reason and not is_interrupted:
        notes.append(tr("stopped: {reason}", reason=run.lost_reason))
        return pytest.ExitCode.INTERRUPTED, notes
    got_nothing = run.is_drained and not run.leased_cases
    if got_nothing:
        notes.append(tr("nothing was left for this machine"))
    if code == pytest.ExitCode.NO_TESTS_COLLECTED and (got_nothing or run.ran_any):
        code = pytest.ExitCode.OK
    if code == pytest.ExitCode.OK and not run.is_over:
        notes.append(tr("the session ended before its queue did: no workers were left"))
        code = pytest.ExitCode.TESTS_FAILED
    return code, notes
