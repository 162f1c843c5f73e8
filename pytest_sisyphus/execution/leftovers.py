"""What an earlier run of the same execution left in its spool: its outcomes stay, and are sent.

A test that was running when that pytest was killed is among them, as failed: run again, it might
kill this one too, and no run would ever come to the tests behind it.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pytest_sisyphus.execution.contract import Execution
from pytest_sisyphus.execution.spool import SpoolUnreadableError, is_in_use, read_spool
from pytest_sisyphus.i18n import tr
from pytest_sisyphus.values.record import record


@record
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
            yield tr(
                "{count} outcomes of an earlier run are taken from its spool",
                count=len(self.results),
            )


def read_leftovers(folder: Path, execution: Execution) -> Leftovers:
    """Results in spools of earlier runs, of the execution's cases that have no outcome yet."""
    wanted = {case.execution_case_id for case in execution.cases}
    results: dict[int, Mapping[str, Any]] = {}
    spools = []
    for path in sorted(folder.glob(f"{execution.id}-*.jsonl")):
        try:
            spool = None if is_in_use(path) else read_spool(path)
        except (OSError, SpoolUnreadableError):
            continue  # a replay will say what is wrong with it
        if spool is None or spool.execution_id != execution.id:
            continue
        if spool.execution_no != execution.number:
            continue
        for body in (*spool.results, *spool.in_flight):
            if body["executionCaseId"] in wanted:
                results.setdefault(body["executionCaseId"], body)
        if not spool.damaged_lines:
            spools.append(path)
    return Leftovers(results=results, spools=tuple(spools))
