"""An orchestrator in memory whose executions are divided into shards: legs lease from a queue.

It gives `lease_size` cases a call, in the order of the plan, and knows of each case which leg holds
it. `foul` lists what no leg may do: cases begun or decided that it did not hold, or before they
were announced.
"""

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from scripted_orchestrator import TERMINAL, ReplyError, Row, ScriptedOrchestrator

LEASE = "/automation/execution/case/lease"
LEFT, JOINED, WELL, BADLY, ABORTED, LOST = 2, 3, 4, 5, 6, 8


@dataclasses.dataclass
class Leg:
    index: int
    runner: str = ""
    status: int = LEFT
    slots: int = 0


class ShardedOrchestrator(ScriptedOrchestrator):
    def __init__(self, shards: int = 2) -> None:
        super().__init__()
        self.legs = [Leg(index) for index in range(1, shards + 1)]
        self.lease_size = 2
        #: seconds that a leg is told to wait where others hold cases that they have not begun.
        self.wait_seconds = 0.1
        #: leased, not begun and not ended: row id to runner.
        self.holder: dict[int, str] = {}
        self.leases: dict[str, list[int]] = {}
        self.foul: list[str] = []
        #: seconds without an answer after which a leg has to interrupt its test.
        self.fence: float | None = None
        #: rows that only have the mark of a lost leg, which its outcome heals.
        self.marked: set[int] = set()
        #: rows that a leg gets no permit for.
        self.taken_back: set[int] = set()

    def leg_of(self, body: Mapping[str, Any]) -> Leg:
        for leg in self.legs:
            if leg.runner and leg.runner == body.get("runnerId"):
                return leg
        raise ReplyError(409, 40010, "unknown runner")

    def lose(self, leg: Leg) -> None:
        """As when nothing was heard of it for too long."""
        with self._lock:
            leg.status = LOST
            for row in self.rows:
                if self.holder.get(row["executionCaseId"]) == leg.runner:
                    if row["status"] == 1:
                        row["status"] = 4
                        self.marked.add(row["executionCaseId"])
                    elif row["status"] == 0:
                        del self.holder[row["executionCaseId"]]

    def endpoints(self) -> Any:
        own = {
            LEASE: self._lease,
            "/automation/execution/heartbeat": lambda body: {
                "shard_status": self.leg_of(body).status
            },
        }
        return {**super().endpoints(), **own}

    def _pull(self, query: Mapping[str, Any]) -> dict[str, Any]:
        own = {"shardTotal": len(self.legs), "fenceSeconds": self.fence}
        return {**super()._pull(query), **own}

    def _start(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if self.status > 3:
            raise ReplyError(409, 40010, "already finished")
        if "slots" not in body:
            raise ReplyError(409, 40010, "this pytest-sisyphus knows no shards")
        wanted = body.get("shardIndex")
        free = [leg for leg in self.legs if leg.status in {LEFT, LOST, ABORTED}]
        leg = next((leg for leg in free if wanted in {None, leg.index}), None)
        if leg is None:
            raise ReplyError(409, 40010, "every leg has its runner")
        leg.runner, leg.status, leg.slots = body["runnerId"], JOINED, body["slots"]
        self.status = 3
        return {
            "shard_index": leg.index,
            "shard_total": len(self.legs),
            "shard_status": leg.status,
        }

    def _lease(self, body: Mapping[str, Any]) -> dict[str, Any]:
        leg = self.leg_of(body)
        if leg.status != JOINED:
            raise ReplyError(409, 40010, "this leg is lost")
        if body["leaseId"] not in self.leases:
            queued = [row for row in self.rows if self._is_queued(row)][: self.lease_size]
            self.holder.update((row["executionCaseId"], leg.runner) for row in queued)
            self.leases[body["leaseId"]] = [row["executionCaseId"] for row in queued]
        items = self.leases[body["leaseId"]]
        elsewhere = any(
            row["status"] == 0 and self.holder.get(row["executionCaseId"]) != leg.runner
            for row in self.rows
        )
        return {
            "items": items,
            "wait_seconds": self.wait_seconds if elsewhere and not items else 0,
            "drained": not items and not elsewhere,
            "done": sum(row["status"] in TERMINAL for row in self.rows),
            "total": len(self.rows),
            "shard_status": leg.status,
        }

    def _is_queued(self, row: Row) -> bool:
        return row["status"] == 0 and row["executionCaseId"] not in self.holder

    def _result(self, body: Mapping[str, Any]) -> dict[str, Any]:
        leg, rejected, taken = self.leg_of(body), [], []
        for result in body["results"]:
            key = result["executionCaseId"]
            is_ours = self.holder.get(key) == leg.runner
            if not is_ours:
                self.foul.append(f"leg {leg.index} does not hold {key}: {result['status']}")
            if (
                key in self.taken_back
                or not is_ours
                or (leg.status != JOINED and result["status"] == 1)
            ):
                rejected.append({"execution_case_id": key, "reason": "held by another leg"})
            else:
                taken.append(result)
        if leg.status != JOINED and not taken:
            raise ReplyError(409, 40010, "this leg is lost")
        for result in taken:
            row = self.row_of(result)
            if row["executionCaseId"] in self.marked:
                row["status"] = 1
                self.marked.discard(row["executionCaseId"])
            self._store(row, result)
        announced = [
            row["executionCaseId"]
            for row in self.rows
            if row["status"] == 1 and self.holder.get(row["executionCaseId"]) == leg.runner
        ]
        if len(announced) > 2 * leg.slots:
            self.foul.append(f"leg {leg.index} has announced {announced} at once")
        return {"rejected": rejected, "shard_status": leg.status}

    def row_of(self, result: Mapping[str, Any]) -> Row:
        return next(r for r in self.rows if r["executionCaseId"] == result["executionCaseId"])

    def _finish(self, body: Mapping[str, Any]) -> dict[str, Any]:
        leg = self.leg_of(body)
        mine = [row for row in self.rows if self.holder.get(row["executionCaseId"]) == leg.runner]
        missing = [row for row in mine if row["status"] not in TERMINAL]
        if missing and not body.get("final"):
            return {"missing": [{"execution_case_id": r["executionCaseId"]} for r in missing]}
        leg.status = WELL if all(row["status"] in {2, 5} for row in mine) else BADLY
        self._settle()
        return {"missing": [], "shard_status": leg.status}

    def _abort(self, body: Mapping[str, Any]) -> dict[str, Any]:
        leg = self.leg_of(body)
        self.lose(leg)
        leg.status = ABORTED
        return {"shard_status": leg.status}

    def _settle(self) -> None:
        is_over = all(row["status"] in TERMINAL for row in self.rows)
        if is_over and not any(leg.status == JOINED for leg in self.legs):
            well = all(row["status"] in {2, 5} for row in self.rows)
            self.status = WELL if well else BADLY


@contextlib.contextmanager
def sharded() -> Iterator[ShardedOrchestrator]:
    with ShardedOrchestrator() as orchestrator:
        yield orchestrator
