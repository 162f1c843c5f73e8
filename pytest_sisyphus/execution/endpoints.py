"""The internal endpoints, and what an answer of each must hold to count as the orchestrator's.

An envelope with a code of success is not enough: a proxy, another service or a cache may send it.
Only the orchestrator sends the execution's status in every answer, and the lists that a call asks
for.
"""

from collections.abc import Mapping
from typing import Final

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
#: the rows that an answer must hold, and those that it may.
_REQUIRED_ROWS: Final = {PULL: "items", SYNC: "rejected"}
_OPTIONAL_ROWS: Final = {RESULT: "rejected", FINISH: "missing"}


def contract_violation(path: str, data: object) -> str:
    """What is wrong with the `data` of an answer that says success; empty: nothing."""
    if not isinstance(data, Mapping):
        return "its data is no mapping"
    name = _NUMBERS.get(path, "execution_status")
    number = data.get(name)
    if name and (not isinstance(number, int) or isinstance(number, bool)):
        return f"its {name} is no number"
    name = _REQUIRED_ROWS.get(path) or _OPTIONAL_ROWS.get(path) or ""
    if path == LEASE:
        return _lease_violation(data)
    rows = data.get(name, None if path in _REQUIRED_ROWS else [])
    if name and not (isinstance(rows, list) and all(isinstance(row, Mapping) for row in rows)):
        return f"its {name} is no list of mappings"
    return ""


def _lease_violation(data: Mapping[str, object]) -> str:
    items, wait = data.get("items"), data.get("wait_seconds", 0)
    if not isinstance(items, list) or not all(type(one) is int for one in items):
        return "its items are no list of numbers"
    if type(wait) not in {int, float, type(None)}:
        return "its wait_seconds is no number"
    return "" if isinstance(data.get("drained"), bool) else "its drained is neither true nor false"
