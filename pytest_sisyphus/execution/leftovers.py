"""What an earlier run of the same execution left in its spool: its outcomes stay, and are sent.

A test that took that run's pytest along is among them, as failed: run again, it would end this one
too, and no run would ever come to what is behind it.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .pulled import Execution
from .spool import LeftSpool, SpoolUnreadableError, is_in_use, read_spool


@dataclasses.dataclass(frozen=True, kw_only=True)
class Leftovers:
    #: by the case's row in the execution.
    results: Mapping[int, Mapping[str, Any]]
    #: files that hold nothing else.
    spools: tuple[Path, ...]

    def without(self, execution: Execution) -> Execution:
        cases = tuple(one for one in execution.cases if one.execution_case_id not in self.results)
        return dataclasses.replace(execution, cases=cases)

    def notes(self) -> Iterator[str]:
        if self.results:
            yield f"{len(self.results)} outcomes of an earlier run are taken from its spool"


def left_by_earlier_runs(folder: Path, execution: Execution) -> Leftovers:
    """Of its cases that have no outcome yet."""
    wanted = {case.execution_case_id for case in execution.cases}
    results: dict[int, Mapping[str, Any]] = {}
    spools = tuple(_spools(folder, execution))
    for spool in spools:
        for body in (*spool.results, *spool.taken_along):
            if body["executionCaseId"] in wanted:
                results.setdefault(body["executionCaseId"], body)
    whole = tuple(one.path for one in spools if not one.damaged_lines)
    return Leftovers(results=results, spools=whole)


def _spools(folder: Path, execution: Execution) -> Iterator[LeftSpool]:
    for path in sorted(folder.glob(f"{execution.id}-*.jsonl")):
        try:
            spool = None if is_in_use(path) else read_spool(path)
        except (OSError, SpoolUnreadableError):
            continue  # a replay will say what is wrong with it
        if spool is None or spool.execution_id != execution.id:
            continue
        if spool.execution_no == execution.number:
            yield spool
