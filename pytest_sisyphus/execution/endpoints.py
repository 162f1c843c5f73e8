"""The internal endpoints, and what an answer of each must hold to count as the orchestrator's.

An envelope with a code of success is not enough: a proxy, another service or a cache may send it.
Only the orchestrator sends the execution's status in every answer, and the lists that a call asks
for.
"""

from collections.abc import Mapping
from typing import Final

from pytest_sisyphus.i18n import tr

PULL: Final = "/automation/execution/case/pull"
START: Final = "/automation/execution/start"
HEARTBEAT: Final = "/automation/execution/heartbeat"
RESULT: Final = "/automation/execution/case/result"
#: only legs, the runners of an execution that is divided into shards.
LEASE: Final = "/automation/execution/case/lease"
FINISH: Final = "/automation/execution/finish"
ABORT: Final = "/automation/execution/abort"
SYNC: Final = "/automation/case/sync"

#: what is no number in an answer that is not the orchestrator's; else `execution_status`.
_NUMBERS: Final = {PULL: "executionId", SYNC: ""}
#: the rows that an answer must hold, and those that it may; the latter name cases of the call.
_REQUIRED_ROWS: Final = {PULL: "items", SYNC: "rejected"}
_OPTIONAL_ROWS: Final = {RESULT: "rejected", FINISH: "missing"}
#: seconds that the answer of a lease may ask a leg to wait.
LONGEST_WAIT: Final = 3600


def contract_violation(path: str, data: object) -> str:
    """What is wrong with the `data` of an answer that says success; empty: nothing."""
    if not isinstance(data, Mapping):
        return tr("its data is no mapping")
    name = _NUMBERS.get(path, "execution_status")
    number = data.get(name)
    if name and (not isinstance(number, int) or isinstance(number, bool)):
        return tr("its {name} is no number", name=name)
    name = _REQUIRED_ROWS.get(path) or _OPTIONAL_ROWS.get(path) or ""
    if path == LEASE:
        return _lease_violation(data)
    rows = data.get(name, None if path in _REQUIRED_ROWS else [])
    if name and not (isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)):
        return tr("its {name} is no list of mappings", name=name)
    if path in _OPTIONAL_ROWS and any(
        type(row.get("execution_case_id")) is not int for row in rows
    ):
        return tr("its {name} has a row whose execution_case_id is no number", name=name)
    return ""


def _lease_violation(data: Mapping[str, object]) -> str:
    items, wait = data.get("items"), data.get("wait_seconds")
    if not isinstance(items, list) or not all(type(one) is int for one in items):
        return tr("its items are no list of numbers")
    if wait is not None and not (
        isinstance(wait, int | float)
        and not isinstance(wait, bool)
        and 0 <= wait <= LONGEST_WAIT  # NaN is not
    ):
        return tr("its wait_seconds is no number from 0 to {longest}", longest=LONGEST_WAIT)
    return (
        "" if isinstance(data.get("drained"), bool) else tr("its drained is neither true nor false")
    )
