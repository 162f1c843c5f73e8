"""The internal endpoints, and what an answer of each must hold to count as the orchestrator's.

An envelope that says success is easily had: a proxy's page, another service, a cache. What nobody
else says is the execution's status in every answer, and the lists that a call asks for.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

PULL: Final = "/automation/execution/case/pull"
START: Final = "/automation/execution/start"
HEARTBEAT: Final = "/automation/execution/heartbeat"
RESULT: Final = "/automation/execution/case/result"
FINISH: Final = "/automation/execution/finish"
ABORT: Final = "/automation/execution/abort"
SYNC: Final = "/automation/case/sync"

Data = Mapping[str, Any]


def what_is_wrong(path: str, data: object) -> str:
    """With the data of an answer that says success; empty: nothing."""
    if not isinstance(data, Mapping):
        return "its data is no mapping"
    return _OF_ITS_OWN.get(path, _stands)(data)


def _stands(data: Data) -> str:
    return "" if _is_number(data.get("execution_status")) else "its execution_status is no number"


def _listed(name: str) -> Callable[[Data], str]:
    """The status, and rows under `name`, where there are any."""

    def check(data: Data) -> str:
        return _stands(data) or _rows(name, data.get(name, []))

    return check


def _pulled(data: Data) -> str:
    if not _is_number(data.get("executionId")):
        return "its executionId is no number"
    return _rows("items", data.get("items"))


def _synced(data: Data) -> str:
    return _rows("rejected", data.get("rejected"))


def _rows(name: str, value: object) -> str:
    is_right = isinstance(value, list) and all(isinstance(row, Mapping) for row in value)
    return "" if is_right else f"its {name} is no list of mappings"


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_OF_ITS_OWN: Final[Mapping[str, Callable[[Data], str]]] = {
    PULL: _pulled,
    RESULT: _listed("rejected"),
    FINISH: _listed("missing"),
    SYNC: _synced,
}
