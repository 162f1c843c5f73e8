"""Results as they go to the orchestrator: bodies, and how many of them in one call."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pytest_sisyphus.values import exact_json

Body = Mapping[str, Any]

BATCH_RESULTS: Final = 1000
BATCH_BYTES: Final = 4 * 1024 * 1024 - 64 * 1024


def is_final(body: Body) -> bool:
    return bool(body["status"] != 1)


def without_exchanges(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "exchanges"}


def batch_of(outbox: Iterable[Body], limit: int) -> list[Body]:
    """The oldest results that fit into one call; at least one."""
    batch: list[Body] = []
    size = 0
    for body in outbox:
        size += len(exact_json.dumps(body)) + 2
        if batch and (size > BATCH_BYTES or len(batch) >= limit):
            break
        batch.append(body)
    return batch
