"""The numbers of the HTTP contract: statuses of a case's result and of an execution."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from pytest_sisyphus.i18n import marked, tr


class ResultStatus(IntEnum):
    PENDING = 0
    RUNNING = 1
    PASSED = 2
    FAILED = 3
    #: its fixtures, or its file, did not let it run.
    BLOCKED = 4
    SKIPPED = 5
    NOT_FOUND = 6
    #: the session was stopped before it ran.
    CANCELED = 7

    @property
    def label(self) -> str:
        return tr(_LABELS[self])


_LABELS: Final = {
    ResultStatus.PENDING: marked("pending"),
    ResultStatus.RUNNING: marked("running"),
    ResultStatus.PASSED: marked("passed"),
    ResultStatus.FAILED: marked("failed"),
    ResultStatus.BLOCKED: marked("blocked"),
    ResultStatus.SKIPPED: marked("skipped"),
    ResultStatus.NOT_FOUND: marked("not found"),
    ResultStatus.CANCELED: marked("canceled"),
}


class FinalStatus(IntEnum):
    """What an execution ends in when its session is broken off."""

    CANCELED = 6
    #: pytest itself failed.
    BROKEN = 8


#: of several items that stand for one case, the first of these is the case's outcome.
WORST_FIRST: Final = (
    ResultStatus.FAILED,
    ResultStatus.BLOCKED,
    ResultStatus.CANCELED,
    ResultStatus.NOT_FOUND,
    ResultStatus.SKIPPED,
    ResultStatus.PASSED,
)

#: outcomes of a test function or its fixtures.
RAN: Final = frozenset(
    {ResultStatus.PASSED, ResultStatus.FAILED, ResultStatus.BLOCKED, ResultStatus.SKIPPED}
)

#: an execution in one of these is over.
ENDED: Final = {
    4: marked("succeeded"),
    5: marked("failed"),
    6: marked("was canceled"),
    7: marked("could not be triggered"),
    8: marked("lost its runner"),
}

#: of those, the ones that tell a runner to stop; after 8 late results are still welcome.
STOPPED_BY: Final = {
    6: marked("canceled by the orchestrator"),
    7: marked("ended by the orchestrator"),
}

#: states of a leg in which it may begin nothing.
LEG_STOPPED_BY: Final = {
    6: marked("the orchestrator has ended this leg"),
    7: marked("the orchestrator has refused this leg"),
    8: marked("this leg counts as lost for the orchestrator: its cases go to others"),
}


def worst(statuses: Iterable[ResultStatus]) -> ResultStatus:
    return min(statuses, key=WORST_FIRST.index)
