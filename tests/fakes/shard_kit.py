"""Legs of an execution, as their runners call the service."""

from typing import Any

from service_kit import Service


class Leg:
    """One runner; `data` of each call that is taken, `refused` of one that is not."""

    def __init__(self, service: Service, execution: int, name: str) -> None:
        self._service = service
        self.execution = execution
        self.name = name
        self._leases = 0
        self.index = 0

    def call(self, path: str, **fields: Any) -> Any:
        """The response."""
        body = {"executionId": self.execution, "runnerId": self.name, **fields}
        return self._service.call(f"/execution/{path}", body)

    def data(self, path: str, **fields: Any) -> dict[str, Any]:
        response = self.call(path, **fields)
        assert response.status_code == 200, response.text
        return response.json()["data"]

    def refused(self, path: str, **fields: Any) -> str:
        """The message of a conflict."""
        response = self.call(path, **fields)
        assert response.status_code == 409, response.text
        assert response.json()["code"] == 40010
        return response.json()["msg"]

    def start(self, **fields: Any) -> "Leg":
        self.index = self.data("start", **{"slots": 1, **fields})["shard_index"]
        return self

    def lease(self, lease_id: str = "") -> list[int]:
        """The ids that a new lease gives."""
        return self.leased(lease_id)["items"]

    def leased(self, lease_id: str = "") -> dict[str, Any]:
        self._leases += 1
        return self.data("case/lease", leaseId=lease_id or f"{self.name}-{self._leases}")

    def say(self, *said: tuple[int, int], **fields: Any) -> dict[str, Any]:
        """`(row, status)` of each, in one call."""
        results = [{"executionCaseId": row, "status": status, **fields} for row, status in said]
        return self.data("case/result", results=results)

    def run(self, *rows: int, status: int = 2) -> None:
        """Announce each, then tell its outcome."""
        for row in rows:
            assert self.say((row, 1))["rejected"] == []
            assert self.say((row, status))["rejected"] == []

    def finish(self, **fields: Any) -> dict[str, Any]:
        return self.data("finish", **{"counts": {}, "final": True, **fields})


def in_legs(service: Service, cases: int, legs: int = 2, **fields: Any) -> int:
    """An execution of so many cases in so many legs."""
    return service.run_plan(*range(1, cases + 1), shards=legs, **fields)["id"]
